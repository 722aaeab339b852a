/** Which layers a ridge panel shows, in which order, and by which names. */

import { seriesKey, type Capture, type Captures, type Scene, type Store } from "./model";
import { captureIndex, zeroShare } from "./rebin";

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

/** Leading, then trailing parts (between slashes) that all tags have in common, one part of each tag left over. */
function commonParts(tags: readonly string[]): [number, number] {
  const parts = tags.map((tag) => tag.split("/"));
  const shortest = Math.min(...parts.map((each) => each.length));
  const first = parts[0] ?? [];
  let lead = 0;
  while (lead < shortest - 1 && parts.every((each) => each[lead] === first[lead])) lead++;
  let trail = 0;
  while (lead + trail < shortest - 1 && parts.every((each) => each.at(-1 - trail) === first.at(-1 - trail))) trail++;
  return [lead, trail];
}

function name(tags: readonly string[]): { labels: string[]; title: string } {
  if (tags.length < 2) return { labels: [...tags], title: tags[0] ?? "" };
  const [lead, trail] = commonParts(tags);
  const split = tags.map((tag) => tag.split("/"));
  const first = split[0];
  const common = [...first.slice(0, lead), ...first.slice(first.length - trail)].join("/");
  return {
    labels: split.map((parts) => parts.slice(lead, parts.length - trail).join("/")),
    title: common ? `${common} by layer` : "layers",
  };
}

/** The layers that are not switched off, by the order in which their tags first appear over the runs. */
export function layersOf(scene: Scene): Layers {
  const found = [...capturesOf(scene)];
  const tags = [...new Set(found.map(({ series }) => series.tag))];
  const runs = new Set(found.map(({ store }) => store.run)).size;
  const { labels, title } = name(tags);
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
    const parts = zeros >= 1 / 3 - 0.005 ? [`${Math.round(zeros * 100)} % ≈ 0`] : [];
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

/** Shortens a tag to what `fits`: parts in the middle go first, from the left, because its end says most. */
export function shorten(label: string, fits: (text: string) => boolean): string {
  if (fits(label)) return label;
  const parts = label.split(/(?<=[/.])/);
  for (let gone = 1; gone < parts.length - 1; gone++) {
    const text = `${parts[0]}…${parts.slice(gone + 1).join("")}`;
    if (fits(text)) return text;
  }
  for (let gone = parts.length > 1 ? parts[0].length : 1; gone < label.length; gone++) {
    const text = `…${label.slice(gone)}`;
    if (fits(text)) return text;
  }
  return "…";
}
