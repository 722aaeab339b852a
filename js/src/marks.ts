/** What was marked in the runs shown. */

import type { Line } from "./group";
import type { Mark, Scene, Store } from "./model";

const ofStores = (stores: Iterable<Store>): Mark[] =>
  [...new Set(stores)].flatMap(({ marks }) => marks ?? []).sort(([a], [b]) => a - b);

/** The marks of the runs whose lines a chart has, increasing. */
export const marksOf = (lines: readonly Line[]): Mark[] => ofStores(lines.map(({ store }) => store));
export const allMarks = ({ stores }: Pick<Scene, "stores">): Mark[] => ofStores(stores);

/** What was noted at a step. */
export const notesAt = (marks: readonly Mark[], step: number): string =>
  [...new Set(marks.filter(([at]) => at === step).map(([, note]) => note || "marked"))].join(" \u00b7 ");

/** The mark next to the cursor, which is at the latest step where it is nowhere. */
export const nextMark = (steps: readonly number[], cursor: number | null, forwards: boolean): number | undefined =>
  forwards
    ? cursor === null ? undefined : steps.find((step) => step > cursor)
    : steps.filter((step) => step < (cursor ?? Infinity)).pop();
