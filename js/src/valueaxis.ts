/** The value axis that all ridges of a panel share: where it reaches, whether it is linear or symlog, its ticks. */

import { ticks as linearTicks } from "d3-array";
import { notFinite } from "./axes";
import { grouped, powered, significant } from "./numbers";

export type AxisKind = "linear" | "symlog";

/** Odd, so that zero lies in the middle of a bin where the axis reaches as far to both sides. */
export const BINS = 129;

/** What the knob `axis` asks for; a kind of null is chosen from the data. */
export function wishOf(knob: unknown): { readonly name: string; readonly kind: AxisKind | null } {
  const name = knob === "linear" || knob === "symlog" || knob === "density" ? knob : "auto";
  return { name, kind: name === "auto" ? null : name === "symlog" ? "symlog" : "linear" };
}

export interface Axis {
  readonly kind: AxisKind;
  readonly low: number;
  readonly high: number;
  /** Below this magnitude a symlog axis is nearly linear. */
  readonly threshold: number;
  /** Edges of the display bins as values, one more than there are bins, equally wide on the screen. */
  readonly edges: Float64Array;
}

/** What the choice of an axis needs to know of one capture. */
export interface Span {
  /** The central 99.9 % of the values. */
  readonly low: number;
  readonly high: number;
  /** Median magnitude of the values that are not zero; 0 where there is none. */
  readonly typical: number;
}

const bend = (kind: AxisKind, threshold: number, value: number): number =>
  kind === "linear" ? value : Math.sign(value) * Math.log1p(Math.abs(value) / threshold);

const unbend = (kind: AxisKind, threshold: number, bent: number): number =>
  kind === "linear" ? bent : Math.sign(bent) * Math.expm1(Math.abs(bent)) * threshold;

export function makeAxis(kind: AxisKind, low: number, high: number, threshold: number, bins: number): Axis {
  const from = bend(kind, threshold, low);
  const to = bend(kind, threshold, high);
  const edges = new Float64Array(bins + 1);
  for (let i = 0; i <= bins; i++) edges[i] = unbend(kind, threshold, from + ((to - from) * i) / bins);
  edges[0] = low;
  edges[bins] = high;
  return { kind, low, high, threshold, edges };
}

/** Where a value lies on the axis, 0 at its left end and 1 at its right. */
export function position(axis: Axis, value: number): number {
  const from = bend(axis.kind, axis.threshold, axis.low);
  const to = bend(axis.kind, axis.threshold, axis.high);
  return (bend(axis.kind, axis.threshold, value) - from) / (to - from);
}

const STEPS = { linear: [1, 1.5, 2, 3, 5, 7, 10], symlog: [1, 2, 5, 10] } as const;

/** The smallest round number that is not smaller, so that an axis grows in steps. */
function roundUp(value: number, kind: AxisKind): number {
  if (!(value > 0)) return 0;
  const decade = 10 ** Math.floor(Math.log10(value));
  const step = STEPS[kind].find((s) => s * decade >= value * (1 - 1e-9)) ?? 10;
  return Number((step * decade).toPrecision(3));
}

/** Past 50 captures, the widest 2 % of a layer's captures may run off the axis: one explosion must not flatten the rest. */
function reachOf(spans: readonly Span[]): [number, number] {
  const kept = Math.ceil(0.98 * (spans.length - 1));
  const lows = Float64Array.from(spans, (span) => -span.low).sort();
  const highs = Float64Array.from(spans, (span) => span.high).sort();
  return [-(lows[kept] ?? 0), highs[kept] ?? 0];
}

/** As far to both sides where the sides are alike, from zero where zero is near, otherwise around the values. */
function linearEnds(low: number, high: number): [number, number] {
  const far = roundUp(Math.max(-low, high), "linear");
  if (Math.min(-low, high) > Math.max(-low, high) / 4) return [-far, far];
  if (low < high / 2 && high > low / 2) return [0 - roundUp(-low, "linear"), roundUp(high, "linear")];
  const grain = roundUp(Math.max(high - low, 0.02 * Math.abs(high)) / 2, "linear") / 2;
  const ends = [Math.floor(low / grain - 0.25) * grain, Math.ceil(high / grain + 0.25) * grain];
  return [Number(ends[0].toPrecision(12)), Number(ends[1].toPrecision(12))];
}

function symlogEnds(low: number, high: number): [number, number] {
  const far = roundUp(Math.max(-low, high), "symlog");
  return [low < -far * 1e-3 ? -far : 0, high > far * 1e-3 ? far : 0];
}

export interface AxisWish {
  /** null: chosen from the data. */
  readonly kind: AxisKind | null;
  readonly bins: number;
}

/** Magnitudes two decades apart no longer read on one linear axis; half of that to fall back, so that it does not flip. */
const WIDE = 100;

function kindOf(wish: AxisKind | null, spread: number, previous: Axis | null): AxisKind {
  if (wish) return wish;
  const limit = previous?.kind === "symlog" ? WIDE / 2 : WIDE;
  return spread >= limit ? "symlog" : "linear";
}

/** A tenth of the smallest typical magnitude, as a power of ten and at most eight decades below the ends. */
function thresholdOf(smallest: number, far: number): number {
  const wanted = Math.max(smallest / 10, far * 1e-8, 1e-30);
  return Number(`1e${Math.floor(Math.log10(Math.min(wanted, far / 10)) + 1e-9)}`);
}

const fits = (old: Axis, low: number, high: number): boolean =>
  low >= old.low && high <= old.high && old.high - old.low <= 2.5 * (high - low);

/**
 * The axis for these captures, given per layer. The previous axis is kept, as the same object, while the data fit it and
 * fill a fair part of it: neither a picture nor a cache should change for a hair's breadth.
 *
 * Symlog is chosen where the ends are `WIDE` times the typical magnitude of the quietest tenth of the captures.
 */
export function chooseAxis(layers: readonly (readonly Span[])[], wish: AxisWish, previous: Axis | null): Axis {
  const reaches = layers.filter((spans) => spans.length > 0).map(reachOf);
  const low = Math.min(...reaches.map((reach) => reach[0]), Infinity);
  const high = Math.max(...reaches.map((reach) => reach[1]), -Infinity);
  const far = Math.max(-low, high);
  if (!(far > 0) || !Number.isFinite(far)) return makeAxis(wish.kind ?? "linear", -1, 1, 0.1, wish.bins);
  const typical = Float64Array.from(layers.flat().map((span) => span.typical).filter((value) => value > 0)).sort();
  const smallest = typical[Math.floor(0.1 * typical.length)] ?? far;
  const kind = kindOf(wish.kind, far / smallest, previous);
  const threshold = kind === "symlog" ? thresholdOf(smallest, far) : 1;
  const [from, to] = kind === "symlog" ? symlogEnds(low, high) : linearEnds(low, high);
  const same = previous?.kind === kind && previous.edges.length === wish.bins + 1;
  if (same && fits(previous, Math.max(low, from), Math.min(high, to)) && near(previous.threshold, threshold)) return previous;
  return makeAxis(kind, from, to, threshold, wish.bins);
}

const near = (a: number, b: number): boolean => a / b < 30 && b / a < 30;

const plain = (value: number): string => grouped(significant(value, 12));

/** A value to three digits or as many as are asked for: 0.05, −1.2, 12,000, 3.4×10⁻⁷. */
export function valueText(value: number, digits = 3): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (!Number.isFinite(value)) return notFinite(value);
  if (size >= 0.01 * (1 - 1e-9) && size < 1e5) return plain(Number(value.toPrecision(digits)));
  return powered(value, digits - 1);
}

/** Ticks no closer than `gap`, a share of the axis. */
export function axisTicks(axis: Axis, gap: number): number[] {
  if (axis.kind === "linear") return linearTicks(axis.low, axis.high, Math.max(2, Math.min(5, Math.floor(1 / gap))));
  const far = Math.max(-axis.low, axis.high);
  const top = Math.floor(Math.log10(far) + 1e-9);
  const zero = position(axis, 0);
  const at = (power: number): number => Math.abs(position(axis, axis.high > 0 ? 10 ** power : -(10 ** power)) - zero);
  const decade = at(top) - at(top - 1);
  const stride = Math.max(1, Math.ceil(gap / decade - 1e-9));
  const powers: number[] = [];
  for (let power = top; at(power) >= gap; power -= stride) powers.push(power);
  const values = powers.map((power) => Number((10 ** power).toPrecision(3)));
  const left = axis.low < 0 ? values.map((value) => -value) : [];
  return [...left, 0, ...(axis.high > 0 ? [...values].reverse() : [])];
}
