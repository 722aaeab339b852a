/** Which layers a ridge panel shows, in which order, and by which names. */

import { seriesKey, type Capture, type Captures, type Scene, type Store } from "./model";
import { captureIndex, zerosAreExact, zeroShare } from "./rebin";

export interface Layer {
  readonly key: string;
  readonly store: Store;
  readonly series: Captures;
  /** What of the tag tells it from the others. */
  readonly label: string;
  /** 0 for the first layer, 1 for the last. */
  readonly depth: number;
}

export interface Layers {
  readonly all: readonly Layer[];
  readonly title: string;
}

const isShown = (scene: Scene, tag: string): boolean => scene.tags === null || scene.tags.includes(tag);

function* capturesOf(scene: Scene): Generator<{ store: Store; series: Captures }> {
  for (const store of scene.stores) {
    for (const series of store.series.values()) {
      if (series.kind === "histogram" && series.captures.length > 0 && isShown(scene, series.tag)) yield { store, series };
    }
  }
}

/** Whether there is anything for a ridge panel to show. */
export const hasHistograms = (scene: Scene): boolean => !capturesOf(scene).next().done;

/** How many leading and trailing parts all have in common, at least one part of each left over. */
function commonParts(paths: readonly (readonly string[])[]): [number, number] {
  const first = paths[0];
  const shortest = Math.min(...paths.map((path) => path.length));
  let lead = 0;
  while (lead < shortest - 1 && paths.every((path) => path[lead] === first[lead])) lead++;
  let trail = 0;
  while (lead + trail < shortest - 1 && paths.every((path) => path.at(-1 - trail) === first.at(-1 - trail))) trail++;
  return [lead, trail];
}

/** The parts in which paths differ; a bare number keeps the word before it, as in `layers.3`. */
function distinct(paths: readonly string[], separator: string): string[] {
  const split = paths.map((path) => path.split(separator));
  const [lead, trail] = commonParts(split);
  const bare = split.some((path) => /^\d+$/.test(path[lead]));
  return split.map((path) => path.slice(Math.max(0, bare ? lead - 1 : lead), path.length - trail).join(separator));
}

/** Short labels for the tags, and a title from what their paths have in common. */
export function nameLayers(tags: readonly string[]): { labels: string[]; title: string } {
  if (tags.length < 2) return { labels: [...tags], title: tags[0] ?? "" };
  const split = tags.map((tag) => tag.split("/"));
  const [lead, trail] = commonParts(split);
  const common = [...split[0].slice(0, lead), ...split[0].slice(split[0].length - trail)].join("/");
  const labels = split.map((parts) => parts.slice(lead, parts.length - trail).join("/"));
  return { labels: distinct(labels, "."), title: common ? `${common} by layer` : "layers" };
}

/** The layers that are not switched off, by the order in which their tags first appear over the runs. */
export function layersOf(scene: Scene): Layers {
  const found = [...capturesOf(scene)];
  const tags = [...new Set(found.map(({ series }) => series.tag))];
  const runs = new Set(found.map(({ store }) => store.run)).size;
  const { labels, title } = nameLayers(tags);
  const all = found
    .map(({ store, series }) => ({ key: seriesKey(store, series), store, series, at: tags.indexOf(series.tag) }))
    .filter(({ key }) => !scene.hidden.has(key))
    .sort((a, b) => a.at - b.at)
    .map(({ key, store, series, at }) => ({
      key, store, series,
      label: runs > 1 ? `${store.run} ${labels[at]}` : labels[at],
      depth: tags.length > 1 ? at / (tags.length - 1) : 0,
    }));
  return { all, title };
}

/** One layer at the cursor: the capture shown is `captures[index]`. */
export interface Row {
  readonly layer: Layer;
  readonly index: number;
  readonly capture: Capture;
  readonly warning: string;
}

const warnings = new WeakMap<Capture, string>();

/** What of a capture is worth a look and cannot be seen in its shape; empty where there is nothing. */
export function warningOf(capture: Capture): string {
  let text = warnings.get(capture);
  if (text === undefined) {
    const zeros = zeroShare(capture);
    const parts = zeros >= 1 / 3 - 0.005 ? [`${Math.round(zeros * 100)} % ${zerosAreExact(capture) ? "=" : "≈"} 0`] : [];
    if (capture.nonfinite > 0) parts.unshift(`${compact(capture.nonfinite)} NaN/Inf`);
    warnings.set(capture, (text = parts.join(" · ").replace(/ %/g, "\u00a0%")));
  }
  return text;
}

const compact = (count: number): string =>
  count < 1e4 ? String(count) : new Intl.NumberFormat("en", { notation: "compact" }).format(count);

export function rowsAt(layers: readonly Layer[], step: number | null): Row[] {
  return layers.map((layer) => {
    const index = captureIndex(layer.series.captures, step);
    const capture = layer.series.captures[index];
    return { layer, index, capture, warning: warningOf(capture) };
  });
}

type Fits = (text: string) => boolean;

/** Parts go from the left of the path's middle, because its ends say most. */
function withoutMiddle(label: string, fits: Fits): string {
  const parts = label.split(/(?<=[/.])/);
  const kept = /^\d+\.?$/.test(parts[1] ?? "") ? 2 : 1;
  for (let gone = 1; kept + gone < parts.length; gone++) {
    const text = `${parts.slice(0, kept).join("")}…${parts.slice(kept + gone).join("")}`;
    if (fits(text)) return text;
  }
  return withoutLetters(label, fits);
}

/** Letters go from the middle. */
function withoutLetters(label: string, fits: Fits): string {
  for (let left = label.length - 1; left > 1; left--) {
    const head = Math.ceil(left / 2);
    const text = `${label.slice(0, head)}…${label.slice(label.length - left + head)}`;
    if (fits(text)) return text;
  }
  return "…";
}

function withoutStart(label: string, fits: Fits): string {
  for (let gone = 1; gone < label.length; gone++) if (fits(`…${label.slice(gone)}`)) return `…${label.slice(gone)}`;
  return "…";
}

const LONGEST = 200;

/** Shortens all labels to what fits, in the first way that still tells them apart. */
export function shortenAll(labels: readonly string[], fits: Fits): string[] {
  const ways = [withoutMiddle, withoutLetters, withoutStart];
  const distinctLabels = new Set(labels).size;
  // A tag of ten thousand letters would be measured ten thousand times.
  labels = labels.map((label) => (label.length > LONGEST ? `${label.slice(0, LONGEST / 2)}…${label.slice(-LONGEST / 2)}` : label));
  const tries = ways.map((way) => labels.map((label) => (fits(label) ? label : way(label, fits))));
  const best = Math.max(...tries.map((texts) => new Set(texts).size));
  return tries.find((texts) => new Set(texts).size === Math.min(best, distinctLabels)) ?? tries[0];
}
