/** Which steps there are, and are going to be. */

import type { Series, Store } from "./model";
import { withPast } from "./restarts";

const known = new WeakMap<Series, { readonly version: number; readonly ends: readonly [number, number] }>();

/** The first and the last step of all series, superseded ones as well; null where there are none. */
export function stepRange(stores: readonly Store[]): readonly [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (const store of stores) {
    for (const series of store.series.values()) {
      for (const each of withPast(series)) {
        if (!each.length) continue;
        const [first, last] = endsOf(each);
        low = Math.min(low, first);
        high = Math.max(high, last);
      }
    }
  }
  return low <= high ? [low, high] : null;
}

/** Smallest and largest step of a series, found anew only when it has changed. */
export function endsOf(series: Series): readonly [number, number] {
  const before = known.get(series);
  if (before?.version === series.version) return before.ends;
  const ends: [number, number] = [Infinity, -Infinity];
  for (let i = 0; i < series.length; i++) {
    const step = series.kind === "scalar" ? series.steps[i] : series.captures[i].step;
    if (step < ends[0]) ends[0] = step;
    if (step > ends[1]) ends[1] = step;
  }
  known.set(series, { version: series.version, ends });
  return ends;
}

/** The steps that the runs shown are going to have, or would have had, where all that are not finished say so. */
export function plannedOf(stores: readonly Store[]): number | null {
  const planned = stores.filter(({ state }) => state !== "finished").map((store) => store.planned ?? null);
  return planned.length && !planned.includes(null) ? Math.max(...(planned as number[])) : null;
}
