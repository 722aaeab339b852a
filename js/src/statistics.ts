/** Which statistics of layers a run has, of which layers, and their values: logged, or computed from histograms. */

import { filterOf, nameLayers } from "./layers";
import { seriesKey, type Capture, type Captures, type Scalars, type Scene, type Series, type Store } from "./model";
import type { Reading } from "./heat";
import { zeroShare } from "./rebin";
import { searchFor } from "./search";

/** In this order they are offered; the first that there is shows where the wanted one is missing. */
const KINDS = ["norm", "ratio", "zeros", "dead", "saturated", "nonfinite"];
const WHATS = ["gradients", "weights", "activations", "updates", "values"];

const rank = (statistic: string): number => {
  const [what, kind] = statistic.split("/");
  return KINDS.indexOf(kind) * WHATS.length + WHATS.indexOf(what);
};

const TITLES: Readonly<Record<string, (one: string) => string>> = {
  norm: (one) => `${one} norm`,
  ratio: (one) => `${one} to weight ratio`,
  zeros: (one) => `zeros in ${one}s`,
  dead: () => "dead units",
  saturated: () => "saturated units",
  nonfinite: (one) => `NaN and Inf in ${one}s`,
};

export function titleOf(statistic: string): string {
  const [what, kind] = statistic.split("/");
  return TITLES[kind]?.(what.slice(0, -1)) ?? statistic;
}

export function readingOf(statistic: string): Reading {
  const kind = statistic.split("/")[1];
  return kind === "nonfinite" ? "count" : kind === "norm" || kind === "ratio" ? "log" : "share";
}

/** What people call them who log by hand. */
const NAMED = /^(?:(weight)|(grad|gradient)|(activation|output))s?$/i;

/** What the histograms of a tag are of, and of which layer: by the first part of its path, else the last. */
export function histogramOf(tag: string): readonly [what: string, name: string] {
  const parts = tag.split("/");
  for (const at of [0, parts.length - 1]) {
    const found = NAMED.exec(parts[at]);
    const what = found && (found[1] ? "weights" : found[2] ? "gradients" : "activations");
    if (what && parts.length > 1) return [what, parts.toSpliced(at, 1).join("/")];
  }
  return tag.endsWith(".grad") ? ["gradients", tag.slice(0, -5)] : ["values", tag];
}

/** The statistic and the layer of a scalar of `nbviz/layers.py`. */
export function scalarOf(tag: string): readonly [statistic: string, name: string] {
  const [what, kind, ...name] = tag.split("/");
  return [`${what}/${kind}`, name.join("/")];
}

/** Sum of the squares of values spread evenly over their bins, of which one row's share is taken where rows were merged. */
export function normOf({ counts, edges, nonfinite, merged = 1 }: Capture): number {
  if (nonfinite > 0) return NaN;
  let [sum, largest] = [0, 0];
  for (const edge of edges) if (Number.isFinite(edge)) largest = Math.max(largest, Math.abs(edge));
  for (let i = 0; i < counts.length; i++) {
    if (!counts[i]) continue;
    const low = Math.max(-1, edges[i] / (largest || 1));
    const high = Math.min(1, edges[i + 1] / (largest || 1));
    sum += (counts[i] * (low * low + low * high + high * high)) / 3;
  }
  return largest * Math.sqrt(sum / merged);
}

/** What histograms can tell: all of it approximate but what is not finite. */
const COMPUTED: Readonly<Record<string, (capture: Capture) => number>> = {
  norm: (capture) => (zeroShare(capture) === 1 && !capture.nonfinite ? 0 : normOf(capture)),
  zeros: zeroShare,
  nonfinite: (capture) => capture.nonfinite,
};

/** One row of the map. */
export interface MapLayer {
  readonly key: string;
  readonly store: Store;
  readonly series: Series;
  readonly name: string;
  /** The tag of its histograms, which is what is chosen. */
  readonly tag: string;
  readonly label: string;
}

export interface MapLayers {
  readonly statistic: string;
  /** Every statistic there is. */
  readonly all: readonly string[];
  /** Those that the search finds, of `total`. */
  readonly layers: readonly MapLayer[];
  readonly total: number;
  readonly approximate: boolean;
}

interface Known {
  readonly store: Store;
  readonly series: Series;
  readonly name: string;
  readonly tag: string;
}

/** Whether a layer map has a use for a series. */
const isOfLayers = ({ tags }: Scene, { kind, tag, place }: Series): boolean =>
  (kind === "histogram" || place.panel === "layers") && (tags?.includes(tag) ?? true);

const tagOf = (statistic: string, name: string): string => `${statistic.split("/")[0].replace("updates", "weights")}/${name}`;

/** The layers by their statistic, in the order in which they first appear in the run, which is their depth. */
function find(scene: Scene): Map<string, Map<string, Known>> {
  const found = new Map<string, Map<string, Known>>();
  const add = (statistic: string, layer: Known): void => {
    let layers = found.get(statistic);
    if (!layers) found.set(statistic, (layers = new Map()));
    const key = `${scene.stores.indexOf(layer.store)} ${layer.name}`;
    const other = layers.get(key);
    const both = other ? [other, layer] : [layer];
    const of = (kind: Series["kind"]): Known | undefined => both.find(({ series }) => series.kind === kind);
    // What was logged is exact; the histograms of the same layer are what a click opens.
    layers.set(key, { ...(of("scalar") ?? both[0]), tag: (of("histogram") ?? both[0]).tag });
  };
  for (const store of scene.stores) {
    for (const series of store.series.values()) {
      if (!series.length || !isOfLayers(scene, series)) continue;
      const [what, name] = (series.kind === "scalar" ? scalarOf : histogramOf)(series.tag);
      if (series.kind === "scalar") add(what, { store, series, name, tag: tagOf(what, name) });
      else for (const kind of Object.keys(COMPUTED)) add(`${what}/${kind}`, { store, series, name, tag: series.tag });
    }
  }
  return found;
}

let named = { key: "", labels: [] as string[] };

/** The layers that have the wanted statistic; where none has, those of the first statistic that there is. */
export function mapLayers(scene: Scene): MapLayers {
  const found = find(scene);
  const all = [...found.keys()].sort((a, b) => rank(a) - rank(b));
  const wanted = String(scene.knobs.get("statistic"));
  const statistic = found.has(wanted) ? wanted : (all[0] ?? wanted);
  const there = [...(found.get(statistic)?.values() ?? [])];
  const several = new Set(there.map(({ store }) => store.run)).size > 1;
  const wants = searchFor(filterOf(scene)) ?? (() => true);
  const layers = there.filter(({ store, tag }) => wants(several ? `${store.run} ${tag}` : tag));
  const names = [...new Set(layers.map(({ name }) => name))];
  if (named.key !== names.join("\n")) named = { key: names.join("\n"), labels: nameLayers(names).labels };
  const { labels } = named;
  const order = new Map(names.map((name, i) => [name, i]));
  return {
    statistic, all, total: there.length,
    layers: layers.sort((a, b) => order.get(a.name)! - order.get(b.name)!).map((layer) => {
      const label = labels[order.get(layer.name)!];
      return { ...layer, key: seriesKey(layer.store, layer.series), label: several ? `${layer.store.run} ${label}` : label };
    }),
    approximate: layers.some(({ series }) => series.kind === "histogram"),
  };
}

/** Values by steps that never go back. */
export interface Points {
  readonly steps: Float64Array;
  readonly values: Float64Array;
  readonly length: number;
}

const sorted = ({ steps, values, length }: Points): Points => {
  const order = Array.from({ length }, (_, i) => i).sort((a, b) => steps[a] - steps[b] || a - b);
  return { steps: Float64Array.from(order, (i) => steps[i]), values: Float64Array.from(order, (i) => values[i]), length };
};

export const inOrder = (points: Points & { readonly monotone: boolean }): Points => (points.monotone ? points : sorted(points));

/** The points of superseded rows, without the breaks between one restart's and the next's. */
export function pastOf(past: Scalars): Points {
  const rows = Array.from({ length: past.length }, (_, i) => i).filter((i) => past.index[i] !== past.index[i + 1]);
  return sorted({ steps: Float64Array.from(rows, (i) => past.steps[i]), values: Float64Array.from(rows, (i) => past.values[i]), length: rows.length });
}

/** The statistic of captures in their own order. */
export interface Computed extends Points {
  readonly captures: Captures["captures"];
  readonly statistic: string;
  readonly monotone: boolean;
}

/** Computes the statistic of captures, of those that were there before not anew. */
export function compute(captures: Captures["captures"], statistic: string, before: Computed | null = null): Computed {
  const value = COMPUTED[statistic.split("/")[1]];
  const known = before?.statistic === statistic ? before : null;
  const steps = new Float64Array(captures.length);
  const values = new Float64Array(captures.length);
  let monotone = true;
  captures.forEach((capture, i) => {
    steps[i] = capture.step;
    if (i && steps[i] < steps[i - 1]) monotone = false;
    values[i] = known?.captures[i] === capture ? known.values[i] : value(capture);
  });
  return { steps, values, length: captures.length, monotone, captures, statistic };
}
