/**
 * How exact what is on screen is. A page holds first, smallest, largest and last of many rows; where fewer lie between two
 * steps than it could hold, or where it holds too few to draw, the kernel is asked for them.
 */

import { bisectLeft, bisectRight } from "d3-array";
import type { Scalars, Scene, Store } from "./model";

/** Points that a view asks for in all, and of one line at least and at most. */
const ROOM = 2 ** 19;
const LEAST = 512;
const MOST = 16_384;

/** A series on screen and the run that it is of. */
export interface Shown {
  readonly store: Store;
  readonly series: Scalars;
}

export interface Seen {
  /** Rows between the two steps, as far as a reduced copy can tell, and how many of them are held. As many: all that are. */
  readonly rows: number;
  readonly points: number;
}

type Steps = readonly [first: number, last: number];

const ALL: Steps = [-Infinity, Infinity];
const exact = (points: number): Seen => ({ rows: points, points });

export function seen(shown: Scalars, [first, last]: Steps = ALL): Seen {
  const series = shown.source ?? shown;
  const { steps, index, length, rows, monotone } = series;
  if (length === rows || looked(series, [first, last])) return exact(length);
  if (monotone && !series.restarts?.length) {
    const begin = bisectLeft(steps, first, 0, length);
    const end = bisectRight(steps, last, 0, length);
    const before = begin > 0 ? index[begin - 1] : -1;
    const after = end < length ? index[end] : index[length - 1] + 1;
    return { rows: after - before - 1, points: end - begin };
  }
  let [among, points] = [0, 0];
  for (let i = 0; i < length; i++) {
    if (steps[i] < first || steps[i] > last) continue;
    points++;
    among += (i + 1 < length ? index[i + 1] : rows) - index[i];
  }
  return { rows: Math.max(among, points + 1), points };
}

/** Whether the kernel sent every row between the two steps, and all that came since is there. */
function looked({ looks, index, length, rows }: Scalars, [first, last]: Steps): boolean {
  return looks?.some(({ exact, steps, of }) => {
    if (!exact || steps[0] > first || steps[1] < last) return false;
    return bisectLeft(index, of, 0, length) + rows - of === length;
  }) ?? false;
}

/** Whether the kernel may show more of a series between two steps to somebody with room for so many points. */
export function wanted(series: Scalars, steps: Steps, room: number): boolean {
  const { rows, points } = seen(series, steps);
  return points < rows && (rows <= room || 4 * points < room);
}

/** Asks for more of the lines on screen than is held of them. */
export function lookCloser(scene: Pick<Scene, "zoom" | "range">, lines: readonly Shown[]): void {
  const steps = scene.zoom ?? scene.range();
  if (!steps || lines.length === 0) return;
  const room = Math.max(LEAST, Math.min(MOST, Math.floor(ROOM / lines.length)));
  const lacking = new Map<Store, string[]>();
  for (const { store, series } of lines) {
    if (!store.closer || !wanted(series, steps, room)) continue;
    const tags = lacking.get(store);
    if (tags) tags.push(series.tag);
    else lacking.set(store, [series.tag]);
  }
  for (const [store, tags] of lacking) store.closer!(tags, steps, room);
}
