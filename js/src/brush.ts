/** What a drag over a ridge panel selects. */

import type { Selection } from "./count";
import type { Captures } from "./model";
import type { Place } from "./ridgeinput";
import type { Axis } from "./valueaxis";

/** A drag that stays within this along one axis means all of it. */
const STRAIGHT = 8;

/** The ends of all bins that are finite. */
function endsOf({ captures }: Captures): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const { edges } of captures) {
    for (const edge of [edges[0], edges[1]]) if (Number.isFinite(edge)) low = Math.min(low, edge);
    for (const edge of [edges[edges.length - 1], edges[edges.length - 2]]) if (Number.isFinite(edge)) high = Math.max(high, edge);
  }
  return low <= high ? [low, high] : [0, 0];
}

/** From bin to bin, both included; the bins at the ends of an axis hold what lies beyond it. */
function valuesBetween(series: Captures, axis: Axis, from: number, to: number): [number, number] {
  const [first, last] = [Math.min(from, to), Math.max(from, to)];
  const ends = endsOf(series);
  const low = first <= 0 ? Math.min(ends[0], axis.edges[0]) : axis.edges[first];
  const high = last >= axis.edges.length - 2 ? Math.max(ends[1], axis.edges[last + 1]) : axis.edges[last + 1];
  return [low, high];
}

const along = (from: number, to: number, differ: boolean): boolean => (Number.isNaN(from) ? differ : Math.abs(to - from) >= STRAIGHT);

/** Of a layer's history; captures without places of their own (overlay) leave only values to be brushed. */
export function brushHistory(series: Captures, axis: Axis, from: Place, to: Place, flat: boolean): Selection {
  const { tag, captures } = series;
  const across = flat || along(from.x, to.x, from.bin !== to.bin);
  const down = !flat && along(from.y, to.y, from.row !== to.row);
  const rows = down ? [Math.min(from.row, to.row), Math.max(from.row, to.row)] : [0, captures.length - 1];
  const steps = captures.slice(rows[0], rows[1] + 1).map(({ step }) => step);
  return {
    tag,
    values: across ? valuesBetween(series, axis, from.bin, to.bin) : endsOf(series),
    steps: [Math.min(...steps), Math.max(...steps)],
  };
}

/** Of a layer at one step. */
export const brushRow = (series: Captures, axis: Axis, step: number, from: Place, to: Place): Selection =>
  ({ tag: series.tag, values: valuesBetween(series, axis, from.bin, to.bin), steps: [step, step] });
