import { nice as niceEnds, tickStep, ticks } from "d3-array";
import { decimalsFor, digitsFor, fixed, grouped, prefixed, powered, scientific, significant, trimmed } from "./numbers";

export type Domain = readonly [number, number];

const EASE_MS = 150;
/** Beyond this a span no longer fits into a float64. */
const LARGEST = 8e307;
/** Room an axis takes beyond the data while it grows, so that it need not move with every row. */
const LADDER = [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The domain of the values: nice numbers, zero where it is near, and never empty. */
export function valueDomain(low: number, high: number, percent: boolean, count = 8): Domain {
  if (!(low <= high)) return [0, 1];
  low = Math.max(low, -LARGEST);
  high = Math.min(high, LARGEST);
  const span = high - low;
  if (span <= 1e-9 * Math.max(Math.abs(low), Math.abs(high))) {
    if (percent || high === 0) return [0, 1];
    return high > 0 ? [0, 2 * high] : [2 * low, 0];
  }
  if (low > 0 && low <= 0.3 * high) low = 0;
  if (high < 0 && high >= 0.3 * low) high = 0;
  const nice = niceEnds(low, high, count);
  return [nice[0], nice[1]];
}

/** Keeps `current` while the data fit into it and use at least half of it. */
export function keepValueDomain(
  current: Domain | null, low: number, high: number, percent: boolean, next = valueDomain(low, high, percent),
): Domain {
  if (!current || !(low <= high)) return current ?? next;
  const fits = low >= current[0] && high <= current[1];
  return fits && next[1] - next[0] > 0.5 * (current[1] - current[0]) ? current : next;
}

/** The next end on a ladder of round numbers with some room beyond `step`. */
export function roundUp(step: number, least = 10): number {
  if (!(step > 0)) return least;
  const decade = 10 ** Math.floor(Math.log10(step));
  const rung = LADDER.find((each) => each * decade >= step * 1.02) ?? 10;
  return Math.max(least, rung * decade);
}

/** The domain of the steps: to the last step exactly, or in jumps while more are coming. */
export function stepDomain(current: Domain | null, low: number, high: number, growing: boolean, least = 10): Domain {
  const start = low >= 0 && low <= 0.03 * high ? 0 : low;
  if (!growing || high < 0) return [start, high > start ? high : start + 1];
  if (current && current[0] === start && high <= current[1] && roundUp(high - start, least) >= 0.6 * (current[1] - start)) return current;
  return [start, start + roundUp(high - start, least)];
}

/** A domain that glides to where it is sent. */
export class EasedDomain {
  private from: Domain | null = null;
  private to: Domain | null = null;
  private since = 0;

  get target(): Domain | null {
    return this.to;
  }

  send(to: Domain, now: number, still: boolean): void {
    if (this.to && this.to[0] === to[0] && this.to[1] === to[1]) return;
    this.from = this.to && !still ? this.at(now) : to;
    this.to = to;
    this.since = now;
  }

  at(now: number): Domain {
    if (!this.to || !this.from) return [0, 1];
    const share = Math.min(1, Math.max(0, (now - this.since) / EASE_MS));
    if (share === 1) return this.to;
    const eased = 1 - (1 - share) ** 3;
    const between = (i: 0 | 1): number => this.from![i] + (this.to![i] - this.from![i]) * eased;
    return [between(0), between(1)];
  }

  moving(now: number): boolean {
    return this.from !== this.to && this.to !== null && now - this.since < EASE_MS;
  }
}

export const stepTicks = (domain: Domain, count: number): number[] =>
  ticks(domain[0], domain[1], Math.max(1, count)).filter(Number.isInteger);

/** A whole is divided into quarters, everything else as d3 does. */
export function valueTicks(domain: Domain, count: number, percent: boolean): number[] {
  if (percent && count >= 4 && domain[0] === 0 && domain[1] === 1) return [0, 0.25, 0.5, 0.75, 1];
  return ticks(domain[0], domain[1], count);
}

const PERCENT = "\u00a0%";

/** "1,799"; a step that is not whole (a run may log any number) keeps its digits. */
export function formatStep(step: number): string {
  return grouped(Number.isInteger(step) ? fixed(step, 0) : significant(step, 6));
}

/** With an SI prefix, and as many digits as tell ticks `apart` apart. */
function short(value: number, apart: number, largest: number): string {
  return trimmed(prefixed(value, Math.max(3, digitsFor(apart, largest))));
}

export function formatStepTick(step: number, largest: number, apart = largest / 8): string {
  return largest >= 1e7 ? short(step, apart, largest) : formatStep(step);
}

/** Formats the ticks of a value axis, all with the digits that their distance needs. */
export function tickFormat(domain: Domain, count: number, percent: boolean): (value: number) => string {
  const step = tickStep(domain[0], domain[1], count);
  const largest = Math.max(Math.abs(domain[0]), Math.abs(domain[1]));
  if (percent) {
    return (value) => fixed(value * 100, decimalsFor(step * 100)) + PERCENT;
  }
  if (largest >= 1e5 && largest < 1e15) return (value) => short(value, step, largest);
  if (largest >= 1e15 || largest < 1e-3) {
    const decimals = Math.max(2, digitsFor(step, largest) - 1);
    return (value) => powered(value, decimals);
  }
  return (value) => grouped(fixed(value, decimalsFor(step)));
}

export function notFinite(value: number): string {
  return Number.isNaN(value) ? "NaN" : value > 0 ? "\u221e" : "\u2212\u221e";
}

/** Formats a value beside a chart: as many decimals as tell apart a thousandth of the axis, so that widths stay. */
export function valueFormat(domain: Domain, percent: boolean): (value: number) => string {
  const largest = Math.max(Math.abs(domain[0]), Math.abs(domain[1]));
  const decimals = Math.min(6, Math.max(0, Math.round(3 - Math.log10(largest))));
  const shown = largest < 10 ? Math.max(3, decimals) : decimals;
  const small = percent ? 0 : 0.5 * 10 ** -decimals;
  return (value) => {
    if (!Number.isFinite(value)) return notFinite(value);
    if (percent) return fixed(value * 100, 1) + PERCENT;
    if (largest >= 1e6 && largest < 1e15) return prefixed(value, 3);
    const size = Math.abs(value);
    return largest < 1e-3 || largest >= 1e15 || (size < small && size > 0) ? scientific(value, 2) : grouped(fixed(value, shown));
  };
}

/** The six digits that a float32 holds in any case, for the reader who asks about one point. */
export function formatExact(value: number, percent: boolean): string {
  if (!Number.isFinite(value)) return notFinite(value);
  if (percent) return significant(value * 100, 5) + PERCENT;
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e9) ? powered(value, 5) : grouped(significant(value, 6));
}

/** "8.4 s", "3 min 20 s", "1 h 04 min". */
export function formatDuration(seconds: number): string {
  if (!(seconds >= 0)) return "";
  if (seconds < 60) return `${seconds.toFixed(1)}\u00a0s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}\u00a0min ${String(Math.floor(seconds % 60)).padStart(2, "0")}\u00a0s`;
  return `${formatStep(Math.floor(minutes / 60))}\u00a0h ${String(minutes % 60).padStart(2, "0")}\u00a0min`;
}

/** "612 steps/s", or "5.2 s/step" where a step takes longer than a second. */
export function formatRate(stepsPerSecond: number): string {
  if (!(stepsPerSecond > 0) || !Number.isFinite(stepsPerSecond)) return "";
  if (stepsPerSecond < 1) return `${formatDuration(1 / stepsPerSecond)}/step`;
  return `${stepsPerSecond < 10 ? stepsPerSecond.toFixed(1) : grouped(String(Number(stepsPerSecond.toPrecision(3))))}\u00a0steps/s`;
}
