/** How many values of captures lie where, zeros that were counted apart included. */

import type { Capture, Captures } from "./model";
import { finiteCount } from "./rebin";

/** What a reader has brushed: a range of values of one tag over a range of steps, both ends included. */
export interface Selection {
  readonly tag: string;
  readonly values: readonly [number, number];
  readonly steps: readonly [number, number];
}

const isRange = (value: unknown): value is [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every(Number.isFinite) && value[0] <= value[1];

export function isSelection(value: unknown): value is Selection {
  const { tag, values, steps } = (value ?? {}) as Partial<Selection>;
  return typeof tag === "string" && isRange(values) && isRange(steps);
}

/** Values in bins below `value`, those of a bin spread evenly over it; of a bin with an infinite edge, at the finite one. */
function binnedBelow({ counts, edges }: Capture, value: number): number {
  let below = 0;
  for (let i = 0; i < counts.length && edges[i] < value; i++) {
    const [low, high] = [edges[i], edges[i + 1]];
    if (high <= value || high === Infinity) below += counts[i];
    else if (low !== -Infinity) below += (counts[i] * (value - low)) / (high - low);
  }
  return below;
}

/** Values in bins from `low` to `high`. */
export const countBetween = (capture: Capture, low: number, high: number): number =>
  binnedBelow(capture, high) - binnedBelow(capture, low);

/** Finite values below `value`. */
export const countBelow = (capture: Capture, value: number): number =>
  binnedBelow(capture, value) + (value > 0 ? capture.zeros : 0);

export interface Held {
  readonly count: number;
  /** Of the finite values of the captures in the range of steps, 0 to 1. */
  readonly share: number;
  readonly captures: number;
}

/** What a selection holds of a layer. */
export function heldBy({ values: [low, high], steps }: Selection, { captures }: Captures): Held {
  let [count, total, seen] = [0, 0, 0];
  for (const capture of captures) {
    if (capture.step < steps[0] || capture.step > steps[1]) continue;
    const zeros = low <= 0 && high >= 0 ? capture.zeros : 0;
    count += countBetween(capture, low, high) + zeros;
    total += finiteCount(capture);
    seen++;
  }
  return { count, share: total > 0 ? count / total : 0, captures: seen };
}
