/** How a number becomes a coordinate of an axis: as it is, or by its logarithm. Domains are in coordinates. */

import { ticks } from "d3-array";
import type { Domain } from "./axes";
import { grouped, powered, significant, trimmed } from "./numbers";

export const project = (value: number, log: boolean): number => (log ? (value > 0 ? Math.log10(value) : NaN) : value);
export const unproject = (coordinate: number, log: boolean): number => (log ? 10 ** coordinate : coordinate);
export const unprojected = ([low, high]: Domain, log: boolean): Domain => [unproject(low, log), unproject(high, log)];

/** What of a decade is a round number, from many to few. */
const ROUND = [[1, 2, 5], [1, 3], [1]];
const NICE = [1, 2, 5, 10];

/** The domain of positive values: round ends, and never empty. */
export function logDomain(low: number, high: number): Domain {
  if (!(low > 0 && high >= low)) return [-1, 0];
  const [first, last] = [Math.floor(Math.log10(low)), Math.floor(Math.log10(high))];
  const from = [...NICE].reverse().find((each) => each * 10 ** first <= low * (1 + 1e-9)) ?? 1;
  const to = NICE.find((each) => each * 10 ** last >= high * (1 - 1e-9)) ?? 10;
  const ends: Domain = [Math.log10(from) + first, Math.log10(to) + last];
  return ends[1] > ends[0] ? ends : [ends[0] - Math.log10(2), ends[1] + Math.log10(2)];
}

/** Round values within a domain of logarithms, about `count` of them: as d3-scale has them, or evenly where it spans little. */
export function logTicks([low, high]: Domain, count: number): number[] {
  const [first, last] = [Math.floor(low + 1e-9), Math.floor(high + 1e-9)];
  const inside = (value: number): boolean => Math.log10(value) >= low - 1e-9 && Math.log10(value) <= high + 1e-9;
  const decades = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  for (const round of last - first < 2 * count ? ROUND : []) {
    const found = decades.flatMap((decade) => round.map((each) => Number(`${each}e${decade}`))).filter(inside);
    if (found.length > count + 2) continue;
    return found.length > 2 ? found : ticks(10 ** low * (1 - 1e-9), 10 ** high * (1 + 1e-9), Math.max(2, count)).filter((value) => value > 0);
  }
  return ticks(first, last, Math.max(1, count)).filter(Number.isInteger).map((decade) => Number(`1e${decade}`)).filter(inside);
}

/** Formats a tick of a logarithmic axis: each by itself, as no digits are common to all. */
export function formatLogTick(value: number, percent: boolean): string {
  const shown = percent ? value * 100 : value;
  const plain = shown >= 1e-3 && shown < 1e5;
  const text = plain ? grouped(trimmed(significant(shown, shown < 1e3 ? 3 : 6))) : powered(shown, 2);
  return percent ? `${text}\u00a0%` : text;
}
