/** From a capture's own bins to the bins of the shared display axis. */

import { bisectLeft, bisector, bisectRight } from "d3-array";
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
 * a bin with an infinite edge at its finite one. They are added to `masses`.
 */
export function rebin(
  counts: ArrayLike<number>, edges: ArrayLike<number>, axis: Axis, masses: Float64Array = new Float64Array(axis.edges.length - 1),
): Float64Array {
  const bins = axis.edges.length - 1;
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
    masses[j - 1] += below - before;
    before = below;
  }
  while (i < n) passed += counts[i++];
  masses[bins - 1] += passed - before;
  return masses;
}

/** Bins this close to zero, as a share of the largest value there is, hold zeros; so do those below torch's first edge. */
const NEAR_ZERO = 1e-6;
const TINY = 1e-12;

/** What every use of a capture asks for, counted once. */
interface Tally {
  /** All finite values. */
  readonly total: number;
  readonly zeros: number;
  /** Bins [zeroFrom, zeroTo) hold nothing but zeros; none where the bins do not resolve zero or zeros were counted apart. */
  readonly zeroFrom: number;
  readonly zeroTo: number;
}

const tallies = new WeakMap<Capture, Tally>();

function tally(capture: Capture): Tally {
  const known = tallies.get(capture);
  if (known) return known;
  const { counts, edges, zeros: exact } = capture;
  let [total, zeros, first, last] = [exact, exact, counts.length, -1];
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] === 0) continue;
    total += counts[i];
    first = Math.min(first, i);
    last = i;
  }
  const largest = Math.max(0, ...[edges[first] ?? 0, edges[last + 1] ?? 0].map(Math.abs).filter(Number.isFinite));
  const limit = Math.max(NEAR_ZERO * largest, TINY);
  const zeroFrom = bisectLeft(edges, -limit);
  const zeroTo = exact > 0 ? zeroFrom : Math.max(zeroFrom, bisectRight(edges, limit) - 1);
  for (let i = zeroFrom; i < zeroTo; i++) zeros += counts[i];
  const made = { total, zeros, zeroFrom, zeroTo };
  tallies.set(capture, made);
  return made;
}

/** How many values are finite, in bins or zero. */
export const finiteCount = (capture: Capture): number => tally(capture).total;

/** How many values are zero: exactly where they were counted apart, otherwise as far as the bins can tell. */
export const zeroCount = (capture: Capture): number => tally(capture).zeros;

/** Share of the finite values that are zero, 0 to 1. */
export function zeroShare(capture: Capture): number {
  const { total, zeros } = tally(capture);
  return total > 0 ? zeros / total : 0;
}

/** The value that `rest` of the counts lie beyond, walking in from one end. */
function quantile({ counts, edges }: Capture, rest: number, fromLeft: boolean): number {
  const [step, end] = fromLeft ? [1, counts.length - 1] : [-1, 0];
  let i = fromLeft ? 0 : counts.length - 1;
  while (i !== end && (rest > counts[i] || counts[i] === 0)) {
    rest -= counts[i];
    i += step;
  }
  const [outer, inner] = fromLeft ? [edges[i], edges[i + 1]] : [edges[i + 1], edges[i]];
  if (!Number.isFinite(outer)) return inner;
  if (!Number.isFinite(inner)) return outer;
  return outer + (inner - outer) * Math.min(1, Math.max(0, rest / counts[i]));
}

/** The median magnitude, walking from both ends towards zero and leaving the zeros out. */
function typicalMagnitude(capture: Capture): number {
  const { counts, edges } = capture;
  const { total, zeros, zeroFrom, zeroTo } = tally(capture);
  let rest = (total - zeros) / 2;
  if (!(rest > 0)) return 0;
  let [left, right] = [0, counts.length - 1];
  while (left <= right) {
    const outer = Math.abs(edges[left]) > Math.abs(edges[right + 1]) ? left++ : right--;
    if (outer >= zeroFrom && outer < zeroTo) continue;
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
  const binned = tally(capture).total - capture.zeros;
  const tail = 0.0005 * binned;
  const span = binned > 0
    ? { low: quantile(capture, tail, true), high: quantile(capture, tail, false), typical: typicalMagnitude(capture) }
    : { low: 0, high: 0, typical: 0 };
  spans.set(capture, span);
  return span;
}

/** Lower than this a bin is empty to the eye. */
const EMPTY = 1e-4;

/** [1 2 1] / 4, with the ends kept in. */
function smooth(masses: Float64Array): Float64Array {
  const n = masses.length;
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) out[i] = (masses[i > 0 ? i - 1 : 0] + 2 * masses[i] + masses[i < n - 1 ? i + 1 : i]) / 4;
  return out;
}

/** The zeros would dwarf everything else: they are drawn no higher than the rest, and said in numbers beside the row. */
function addZeros(heights: Float32Array, height: number, axis: Axis): void {
  const middle = bisectRight(axis.edges, 0) - 1;
  if (middle < 0 || middle >= heights.length) return;
  const apex = Math.max(0, Math.min(height, 1 - heights[middle]));
  heights[middle] += apex;
  if (middle > 0) heights[middle - 1] = Math.min(1, heights[middle - 1] + apex / 2);
  if (middle < heights.length - 1) heights[middle + 1] = Math.min(1, heights[middle + 1] + apex / 2);
}

/** Values per display bin but for the zeros, smoothed a little. */
function massesOf(capture: Capture, axis: Axis): Float64Array {
  const { zeroFrom, zeroTo } = tally(capture);
  const rest = zeroTo > zeroFrom ? capture.counts.slice().fill(0, zeroFrom, zeroTo) : capture.counts;
  return smooth(rebin(rest, capture.edges, axis));
}

/** Shares of the finite values per display bin; zeros are in none. */
export function sharesOf(capture: Capture, axis: Axis): Float64Array {
  const { total } = tally(capture);
  return massesOf(capture, axis).map((mass) => (total > 0 ? mass / total : 0));
}

export function shapeOf(capture: Capture, axis: Axis): Shape {
  const { total, zeros: known, zeroFrom, zeroTo } = tally(capture);
  const zeros = zeroTo > zeroFrom ? known : 0;
  const masses = massesOf(capture, axis);
  let highest = 0;
  for (let i = 0; i < masses.length; i++) highest = Math.max(highest, masses[i]);
  const scale = highest > 0 ? highest : zeros || 1;
  const heights = new Float32Array(masses.length);
  for (let i = 0; i < masses.length; i++) heights[i] = masses[i] / scale;
  if (zeros > 0) addZeros(heights, zeros / 2 / scale, axis);
  let [first, last] = [0, heights.length - 1];
  while (last >= 0 && heights[last] <= EMPTY) last--;
  while (first <= last && heights[first] <= EMPTY) first++;
  return { heights, peak: total > 0 ? scale / total : 0, first: last < 0 ? -1 : first, last };
}

/**
 * The height that so many of the ridges stay below: a peak above it is cut, so that one spike does not flatten all others.
 * Captures of zeros only have no peak but those.
 */
export function commonPeak(captures: readonly Capture[], peakOf: (capture: Capture) => number, below: number): number {
  const peaks = Float64Array.from(captures.filter((capture) => zeroShare(capture) < 1), peakOf).sort();
  return peaks[Math.ceil(below * (peaks.length - 1))] || 1;
}

/** The shapes on one axis, each made once: scrubbing back and forth computes nothing anew. */
export class Shapes {
  private readonly made = new WeakMap<Capture, Shape>();

  /** With a `common` peak heights are densities on one scale; without one, every shape is as high as the others. */
  constructor(readonly axis: Axis, readonly common: number | null = null) {}

  /** With the captures of layers, heights are densities on a scale of their first, middle and last ones. */
  static on(axis: Axis, layers: readonly (readonly Capture[])[] | null, below = 0.75): Shapes {
    if (!layers) return new Shapes(axis);
    const some = layers.flatMap((captures) => [0, 0.5, 1].map((share) => captures[Math.round(share * (captures.length - 1))]));
    return new Shapes(axis, commonPeak(some, (capture) => shapeOf(capture, axis).peak, below));
  }

  scale(shape: Shape): number {
    return this.common === null ? 1 : shape.peak / this.common;
  }

  of(capture: Capture): Shape {
    let shape = this.made.get(capture);
    if (!shape) this.made.set(capture, (shape = shapeOf(capture, this.axis)));
    return shape;
  }
}

const byStep = bisector((capture: Capture) => capture.step);
const ordered = new WeakMap<readonly Capture[], boolean>();

function areOrdered(captures: readonly Capture[]): boolean {
  let known = ordered.get(captures);
  if (known === undefined) ordered.set(captures, (known = captures.every(({ step }, i) => i === 0 || captures[i - 1].step <= step)));
  return known;
}

/**
 * The last of the captures with the greatest step not past the cursor; the first when all are past it. Steps may go back.
 * Layers that are captured together have it in the same place: `near` is looked at first.
 */
export function captureIndex(captures: readonly Capture[], step: number | null, near = -1): number {
  if (step === null || !captures.length) return captures.length - 1;
  if (areOrdered(captures) && captures[near]?.step <= step && !(captures[near + 1]?.step <= step)) return near;
  if (areOrdered(captures)) return Math.max(0, byStep.right(captures, step) - 1);
  let found = 0;
  let best = -Infinity;
  for (let i = 0; i < captures.length; i++) {
    const at = captures[i].step;
    if (at <= step && at >= best) [found, best] = [i, at];
  }
  return found;
}
