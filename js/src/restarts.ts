/**
 * Which rows a restarted run logged anew. nbviz/restarts.py finds the restarts; a page keeps them beside the rows, and
 * shows the rows that are left, or all of them.
 */

import type { Capture, Captures, Scalars, Series, Stairs, Store } from "./model";
import { Points } from "./points";

/** Tells of rows, asked for in their order, whether a later restart superseded them. */
export function supersededBy(restarts: Stairs): (row: number, step: number) => boolean {
  let next = 0;
  return (row, step) => {
    while (next < restarts.length && restarts[next][0] <= row) next++;
    return next < restarts.length && step >= restarts[next][1];
  };
}

/** What either of two staircases supersedes: rows only ever become superseded, so it is the same whichever came first. */
export function together(a: Stairs, b: Stairs): Stairs {
  const kept: (readonly [number, number])[] = [];
  for (const stair of [...a, ...b].sort((p, q) => q[0] - p[0] || p[1] - q[1])) {
    if (!kept.length || stair[1] < kept[0][1]) kept.unshift(stair);
  }
  return String(kept) === String(a) ? a : kept;
}

/** A series without what restarts superseded, and with it; versions of their own tell the two apart. */
interface Parted {
  readonly version: number;
  readonly current: Series;
  readonly whole: Series;
  /** Filled anew with every version, in the same memory. */
  readonly rows?: readonly [Points, Points];
}

const parted = new WeakMap<Series, Parted>();
const superseded = new WeakSet<Capture>();

export const isSuperseded = (capture: Capture): boolean => superseded.has(capture);

/** The superseded rows that are to be shown make a series of their own. */
export const withPast = (series: Series): Series[] => (series.kind === "scalar" && series.past ? [series, series.past] : [series]);

function partScalars(series: Scalars, rows: readonly [Points, Points]): Parted {
  const { index, steps, walls, values, length, version } = series;
  const [current, past] = rows;
  const isPast = supersededBy(series.restarts!);
  for (const each of rows) each.clear();
  let [gone, last] = [0, -1];
  for (let i = 0; i < length; i++) {
    if (!isPast(index[i], steps[i])) {
      current.push(steps[i], walls[i], values[i], index[i]);
      continue;
    }
    gone += (i + 1 < length ? index[i + 1] : series.rows) - index[i];
    if (last >= 0 && (last < i - 1 || steps[i] < steps[last])) past.push(steps[i], walls[i], NaN, index[i]);
    past.push(steps[i], walls[i], values[i], index[i]);
    last = i;
  }
  const left = { ...series, ...current, source: series, rows: series.rows - gone, superseded: gone, version: 2 * version };
  const whole = { ...left, version: 2 * version + 1, past: { ...left, ...past } };
  return { version, current: left, whole: gone ? whole : left, rows };
}

function partCaptures(series: Captures): Parted {
  const { captures, version } = series;
  const isPast = supersededBy(series.restarts!);
  let gone = 0;
  const left = captures.filter((capture, i) => {
    if (!isPast(capture.row, capture.step)) return true;
    superseded.add(capture);
    gone += capture.row - (i ? captures[i - 1].row : -1);
    return false;
  });
  const all = { ...series, length: captures.length, superseded: gone, version: 2 * version + 1 };
  return { version, whole: all, current: { ...all, captures: left, length: left.length, rows: series.rows - gone, version: 2 * version } };
}

function part(series: Series): Parted {
  let known = parted.get(series);
  if (known?.version === series.version) return known;
  known = series.kind === "scalar" ? partScalars(series, known?.rows ?? [new Points(), new Points()]) : partCaptures(series);
  parted.set(series, known);
  return known;
}

/** The store as panels see it, with or without what restarts superseded; `refresh` goes before every frame. */
export function shownStore(store: Store): { readonly store: Store; readonly refresh: (whole: boolean) => void } {
  let { series } = store;
  const refresh = (whole: boolean): void => {
    series = store.series;
    const all = [...series];
    if (!all.some(([, { restarts }]) => restarts?.length)) return;
    series = new Map(all.map(([tag, each]) => [tag, each.restarts?.length ? part(each)[whole ? "whole" : "current"] : each]));
  };
  return { store: Object.create(store, { series: { get: () => series } }), refresh };
}
