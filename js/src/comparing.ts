/** What a comparison shows: two sides of a layer, and their distance over the steps. */

import { wasserstein } from "./distance";
import type { Capture, Captures, Scalars, Scene, Store } from "./model";
import { captureIndex } from "./rebin";

export interface Side {
  readonly store: Store;
  readonly series: Captures;
  readonly label: string;
  /** The step it is held at, null where it goes with the cursor. */
  readonly held: number | null;
  readonly capture: Capture;
}

export type Pair<T> = readonly [T, T];

function histograms(store: Store): Captures[] {
  return [...store.series.values()].filter((series): series is Captures => series.kind === "histogram" && series.captures.length > 0);
}

/** The tags that both sides have, in their order. */
export function comparable({ stores, tags }: Pick<Scene, "stores" | "tags">): string[] {
  const rest = stores.slice(1).map((store) => new Set(histograms(store).map(({ tag }) => tag)));
  const shared = stores.length ? histograms(stores[0]).map(({ tag }) => tag) : [];
  return shared.filter((tag) => rest.every((each) => each.has(tag)) && (tags?.includes(tag) ?? true));
}

const isStep = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** Of one run the first side is held, at its first capture unless another step was chosen. */
export function sidesOf(scene: Pick<Scene, "stores" | "cursor" | "knobs">, tag: string): Pair<Side> | null {
  const { stores, cursor, knobs } = scene;
  const several = stores.length > 1;
  const wished = (knobs.get("steps") ?? []) as readonly unknown[];
  const sides = [stores[0], stores[1] ?? stores[0]].map((store, i): Side | null => {
    const series = store?.series.get(tag);
    if (series?.kind !== "histogram" || !series.captures.length) return null;
    const first = several || i === 1 ? null : series.captures[0].step;
    const held = isStep(wished[i]) ? wished[i] : first;
    const capture = series.captures[captureIndex(series.captures, held ?? cursor.step)];
    return { store, series, label: several ? store.run : "", held, capture };
  });
  return sides[0] && sides[1] ? [sides[0], sides[1]] : null;
}

/** Of a side that is held, its capture at that step; of two that are held, the second moves all the same. */
function pathOf(sides: Pair<Side>): { steps: number[]; at: (side: number, step: number) => Capture } {
  const fixed = sides.map(({ held }, i) => held !== null && !(i === 1 && sides[0].held !== null));
  const steps = sides.flatMap(({ series }, i) => (fixed[i] ? [] : series.captures.map(({ step }) => step)));
  const at = (i: number, step: number): Capture => {
    const { series: { captures }, capture } = sides[i];
    return fixed[i] ? capture : captures[captureIndex(captures, step)];
  };
  return { steps: [...new Set(steps)].sort((a, b) => a - b), at };
}

/** The distance at every step of a capture, as a series that a chart can show. */
export function distanceOver(sides: Pair<Side>, name: string, version: number): Scalars {
  const { steps, at } = pathOf(sides);
  const length = steps.length;
  const walls = steps.map((step) => at(1, step).wall);
  return {
    kind: "scalar", tag: name, place: { chart: name, role: "train", unit: "", best: "", panel: "charts" }, generation: 0, rows: length, length, version,
    steps: Float64Array.from(steps), walls: Float64Array.from(walls), index: Float64Array.from(steps, (_, i) => i), monotone: true,
    values: Float64Array.from(steps, (step) => wasserstein(at(0, step), at(1, step))),
  };
}

/** What a distance over the steps depends on. */
export const pathKey = (sides: Pair<Side>): string =>
  sides.map(({ series, held }) => `${series.tag} ${series.version} ${held}`).join("\n");
