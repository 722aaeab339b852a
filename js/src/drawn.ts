/** The lines of a chart in coordinates of its axes, and what of them the axes have to hold. */

import { bisectLeft, bisectRight, quantile } from "d3-array";
import type { Domain } from "./axes";
import type { Horizontal } from "./horizontal";
import type { Stroke } from "./line";
import type { Scalars, Store } from "./model";
import { project } from "./projection";

/** Coordinates of some rows; a row without one is NaN in `y`. */
export interface Coordinates {
  readonly series: Scalars;
  readonly x: Float64Array;
  /** What the strong line shows. */
  readonly y: Float64Array;
  /** What was logged, which is the same unless the line is smoothed. */
  readonly raw: Float64Array;
  readonly sorted: boolean;
  /** Rows without a place on the horizontal axis, and those whose values are not positive where they have to be. */
  readonly missing: number;
  readonly unshown: number;
}

export interface Drawn {
  readonly stroke: Stroke;
  readonly line: Coordinates;
  readonly past: Coordinates | null;
  /** The edges of the band around a mean, low and high, or the runs behind it. */
  readonly edges: readonly [Coordinates, Coordinates] | null;
  readonly behind: readonly Coordinates[];
}

/** The share of values at either end that are outliers: the percentiles of TensorBoard. */
export const OUTLYING = 0.05;

interface Kept {
  readonly state: string;
  readonly made: Coordinates;
}

/** Coordinates of the lines of one chart, made anew only where a line or an axis changed. */
export class Coordinating {
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly horizontal: Horizontal) {}

  of(strokes: readonly Stroke[], log: boolean, stamp: (stroke: Stroke) => string): Drawn[] {
    return strokes.map((stroke) => {
      const { line: { key, store, series }, past, shown, band } = stroke;
      const state = stamp(stroke);
      const edge = (name: string, values: Float64Array): Coordinates =>
        this.coordinates(`${key} ${name}`, store, { ...series, values }, values, log, state);
      return {
        stroke,
        line: this.coordinates(key, store, series, shown, log, state),
        past: past && this.coordinates(`${key} past`, store, past.series, past.shown, log, state),
        edges: band && band.mode !== "runs" ? [edge("low", band.low), edge("high", band.high)] : null,
        behind: band?.mode === "runs"
          ? series.spread!.of.map((each, i) => this.coordinates(`${key} of ${i}`, each.store, each.series, each.series.values, log, state))
          : [],
      };
    });
  }

  private coordinates(key: string, store: Store, series: Scalars, shown: Float64Array, log: boolean, stamp: string): Coordinates {
    const places = this.horizontal.places({ key, store, series });
    if (!log && !places.missing) return { series, ...places, y: shown, raw: series.values, unshown: 0 };
    const state = [stamp, series.length, log, this.horizontal.axis, this.horizontal.log, places.missing, places.high].join("|");
    const kept = this.kept.get(key);
    if (kept?.state === state) return kept.made;
    const raw = projected(series.values, places.x, series.length, log);
    const y = shown === series.values ? raw : projected(shown, places.x, series.length, log);
    let unshown = 0;
    for (let row = 0; row < series.length; row++) if (log && series.values[row] <= 0) unshown++;
    const made = { series, ...places, y, raw, unshown };
    this.kept.set(key, { state, made });
    return made;
  }
}

function projected(values: Float64Array, x: Float64Array, length: number, log: boolean): Float64Array {
  const out = new Float64Array(length);
  for (let row = 0; row < length; row++) out[row] = Number.isNaN(x[row]) ? NaN : project(values[row], log);
  return out;
}

/** The rows within a domain, with one on either side to which the line goes on. */
export function rowsWithin({ x, sorted, series: { length } }: Coordinates, [from, to]: Domain): readonly [number, number] {
  if (!sorted) return [0, length];
  return [Math.max(0, bisectLeft(x, from, 0, length) - 1), Math.min(length, bisectRight(x, to, 0, length) + 1)];
}

function* columnsOf(all: readonly Drawn[]): Iterable<Coordinates> {
  for (const { line, past } of all) {
    yield line;
    if (past) yield past;
  }
}

function* withEdges(all: readonly Drawn[]): Iterable<Coordinates> {
  yield* columnsOf(all);
  for (const { edges, behind } of all) yield* edges ?? behind;
}

function visit(columns: Iterable<Coordinates>, [from, to]: Domain, see: (value: number) => void): void {
  for (const column of columns) {
    const [first, end] = rowsWithin(column, [from, to]);
    const { x, raw } = column;
    for (let row = first; row < end; row++) {
      if (x[row] >= from && x[row] <= to && raw[row] - raw[row] === 0) see(raw[row]);
    }
  }
}

/** The smallest and the largest coordinate of what was logged within a domain, low > high where there is nothing. */
export function extent(all: readonly Drawn[], within: Domain): Domain {
  let [low, high] = [Infinity, -Infinity];
  visit(withEdges(all), within, (value) => {
    if (value < low) low = value;
    if (value > high) high = value;
  });
  return [low, high];
}

/** The same without the outliers: from the 5th to the 95th percentile of the values of all lines together. */
export function innerExtent(all: readonly Drawn[], within: Domain): Domain {
  const values: number[] = [];
  visit(withEdges(all), within, (value) => values.push(value));
  if (values.length < 3) return extent(all, within);
  return [quantile(values, OUTLYING)!, quantile(values, 1 - OUTLYING)!];
}

/** Points within the one domain that lie outside of the other. */
export function countOutside(all: readonly Drawn[], within: Domain, [low, high]: Domain): number {
  let count = 0;
  visit(columnsOf(all), within, (value) => {
    if (value < low || value > high) count++;
  });
  return count;
}
