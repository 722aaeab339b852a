/** From a capture's own bins to the bins of the shared display axis. */

import type { Capture } from "./model";
import type { Axis, Span } from "./valueaxis";

/** How one capture is drawn on one axis. */
export interface Shape {
  /** 0 to 1 per display bin, 1 at the highest that is not the peak of zeros. */
  readonly heights: Float32Array;
  /** Share of the values in the highest bin, by which shapes of one layer are compared. */
  readonly peak: number;
  /** Bins outside [first, last] are empty. */
  readonly first: number;
  readonly last: number;
}

/**
 * Counts per display bin, by interpolating the cumulative counts linearly in the value, as though a bin's values were
 * spread evenly over it. The total is kept: what lies beyond an end of the axis is counted in the bin at that end, and
 * a bin with an infinite edge at its finite one.
 */
export function rebin(counts: ArrayLike<number>, edges: ArrayLike<number>, axis: Axis): Float64Array {
  const bins = axis.edges.length - 1;
  const masses = new Float64Array(bins);
  const n = counts.length;
  let i = 0;
  let passed = 0;
  let before = 0;
  for (let j = 1; j < bins; j++) {
    const at = axis.edges[j];
    while (i < n && edges[i + 1] <= at) passed += counts[i++];
    let below = passed;
    if (i < n && at > edges[i]) {
      const share = (at - edges[i]) / (edges[i + 1] - edges[i]);
      if (share > 0 && share < 1) below += counts[i] * share;
    }
    masses[j - 1] = below - before;
    before = below;
  }
  while (i < n) passed += counts[i++];
  masses[bins - 1] = passed - before;
  return masses;
}

/** Values this close to zero are the zeros of the row's end: a millionth of the largest edge, or what torch's first bin holds. */
function zeroLimit(edges: Float64Array): number {
  const ends = [edges[0] ?? 0, edges[edges.length - 1] ?? 0].map(Math.abs).filter(Number.isFinite);
  return Math.max(1e-6 * Math.max(0, ...ends), 1e-12);
}

/** Indices [from, to) of the bins that hold nothing but zeros; empty where the bins do not resolve zero. */
export function zeroBins({ edges }: Capture): [number, number] {
  const limit = zeroLimit(edges);
  let from = 0;
  while (from < edges.length && edges[from] < -limit) from++;
  let to = from;
  while (to + 1 < edges.length && edges[to + 1] <= limit) to++;
  return [from, to];
}

const sum = (counts: ArrayLike<number>, from = 0, to = counts.length): number => {
  let total = 0;
  for (let i = from; i < to; i++) total += counts[i];
  return total;
};

/** Share of the values that are zero as far as the bins can tell, 0 to 1. */
export function zeroShare(capture: Capture): number {
  const total = sum(capture.counts);
  return total > 0 ? sum(capture.counts, ...zeroBins(capture)) / total : 0;
}

function quantile(capture: Capture, total: number, share: number): number {
  const { counts, edges } = capture;
  let rest = total * share;
  let i = 0;
  while (i < counts.length - 1 && (rest > counts[i] || counts[i] === 0)) rest -= counts[i++];
  const [from, to] = [edges[i], edges[i + 1]];
  if (!Number.isFinite(from)) return to;
  if (!Number.isFinite(to)) return from;
  return from + (to - from) * Math.min(1, Math.max(0, rest / counts[i]));
}

/** The median magnitude, walking from both ends towards zero and leaving the zeros out. */
function typicalMagnitude(capture: Capture, total: number): number {
  const { counts, edges } = capture;
  const [from, to] = zeroBins(capture);
  let rest = (total - sum(counts, from, to)) / 2;
  if (!(rest > 0)) return 0;
  let [left, right] = [0, counts.length - 1];
  while (left <= right) {
    const outer = Math.abs(edges[left]) > Math.abs(edges[right + 1]) ? left++ : right--;
    if (outer >= from && outer < to) continue;
    rest -= counts[outer];
    const middle = Math.abs(edges[outer] + edges[outer + 1]) / 2;
    if (rest <= 0 && Number.isFinite(middle)) return middle || Math.abs(edges[outer]) / 2;
  }
  return 0;
}

const spans = new WeakMap<Capture, Span>();

export function spanOf(capture: Capture): Span {
  const known = spans.get(capture);
  if (known) return known;
  const total = sum(capture.counts);
  const span = total > 0
    ? {
        low: quantile(capture, total, 0.0005),
        high: quantile(capture, total, 0.9995),
        typical: typicalMagnitude(capture, total),
      }
    : { low: 0, high: 0, typical: 0 };
  spans.set(capture, span);
  return span;
}

/** [1 2 1] / 4, with the ends kept in. */
function smooth(masses: Float64Array): Float64Array {
  const n = masses.length;
  return masses.map((mass, i) => (masses[Math.max(0, i - 1)] + 2 * mass + masses[Math.min(n - 1, i + 1)]) / 4);
}

/** The zeros would dwarf everything else: they are drawn no higher than the rest, and said in numbers beside the row. */
function addZeros(heights: Float32Array, height: number, axis: Axis): void {
  const right = axis.edges.findIndex((edge) => edge > 0);
  if (right < 1) return;
  const apex = Math.max(0, Math.min(height, 1 - heights[right - 1]));
  const shares = [[right - 2, 0.5], [right - 1, 1], [right, 0.5]] as const;
  for (const [i, share] of shares) if (i >= 0 && i < heights.length) heights[i] += apex * share;
}

export function shapeOf(capture: Capture, axis: Axis): Shape {
  const [from, to] = zeroBins(capture);
  const zeros = sum(capture.counts, from, to);
  const total = sum(capture.counts);
  const rest = zeros > 0 ? capture.counts.map((count, i) => (i >= from && i < to ? 0 : count)) : capture.counts;
  const masses = smooth(rebin(rest, capture.edges, axis));
  const highest = masses.reduce((a, b) => Math.max(a, b), 0);
  const scale = highest > 0 ? highest : zeros || 1;
  const heights = Float32Array.from(masses, (mass) => mass / scale);
  if (zeros > 0) addZeros(heights, zeros / 2 / scale, axis);
  const isThere = (height: number): boolean => height > 1e-4;
  return {
    heights,
    peak: total > 0 ? scale / total : 0,
    first: heights.findIndex(isThere),
    last: heights.length - 1 - heights.slice().reverse().findIndex(isThere),
  };
}

/** The shapes on one axis, each made once: scrubbing back and forth computes nothing anew. */
export class Shapes {
  private readonly made = new WeakMap<Capture, Shape>();

  constructor(readonly axis: Axis) {}

  of(capture: Capture): Shape {
    let shape = this.made.get(capture);
    if (!shape) this.made.set(capture, (shape = shapeOf(capture, this.axis)));
    return shape;
  }
}

/** The last of the captures with the greatest step not past the cursor; the first when all are past it. Steps may go back. */
export function captureIndex(captures: readonly Capture[], step: number | null): number {
  if (step === null) return captures.length - 1;
  let found = -1;
  let best = -Infinity;
  for (let i = 0; i < captures.length; i++) {
    const at = captures[i].step;
    if (at <= step && at >= best) [found, best] = [i, at];
  }
  return Math.max(found, captures.length > 0 ? 0 : -1);
}
