/** Which layers a ridge panel shows, in which order, and by which names. */

import { ordered } from "./dom";
import { Memos } from "./memo";
import { seriesKey, type Captures, type Scene, type Store } from "./model";
import { searchFor } from "./search";

export interface Layer {
  readonly key: string;
  readonly store: Store;
  readonly series: Captures;
  /** What of the tag tells it from the others. */
  readonly label: string;
  /** In full, whatever the others are. */
  readonly name: string;
  /** 0 for the first layer, 1 for the last. */
  readonly depth: number;
}

export interface Layers {
  /** Those that the search finds. */
  readonly all: readonly Layer[];
  /** How many there are to be searched. */
  readonly total: number;
  readonly title: string;
  /** What is shown of them, one of `whats` or "all". */
  readonly what: string;
  /** Of which there are captures, where the tags say so. */
  readonly whats: readonly string[];
}

export const NO_LAYERS: Layers = { all: [], total: 0, title: "", what: "all", whats: [] };

export const WHATS = ["all", "weights", "gradients", "activations"];
/** More captured tensors are too many to be seen at once. */
export const MANY = 48;

const isShown = (scene: Scene, tag: string): boolean => scene.tags === null || scene.tags.includes(tag);

interface Captured {
  readonly store: Store;
  readonly series: Captures;
}

function* capturesOf(scene: Scene): Generator<Captured> {
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

/** Names and titles, found anew only when there are other tags. */
const named = new Map<string, ReturnType<typeof nameLayers>>();

function namesOf(tags: readonly string[]): ReturnType<typeof nameLayers> {
  const key = tags.join("\n");
  let names = named.get(key);
  if (!names) {
    if (named.size > 16) named.clear();
    named.set(key, (names = nameLayers(tags)));
  }
  return names;
}

/** What `watch` captures of a layer, each with a depth of its own. */
const CAPTURED = /^(weights|gradients|activations)\//;

/** 0 for the first tag of its kind, 1 for the last. */
function depthsOf(tags: readonly string[]): number[] {
  const kinds = tags.map((tag) => CAPTURED.exec(tag)?.[1] ?? "");
  const last = new Map<string, number>();
  const places = kinds.map((kind) => {
    last.set(kind, (last.get(kind) ?? -1) + 1);
    return last.get(kind)!;
  });
  return places.map((place, i) => place / (last.get(kinds[i]) || 1));
}

/** Which of the kinds that there are is shown; what was chosen elsewhere opens whatever is shown here. */
function whatOf(scene: Scene, kinds: readonly string[], whats: readonly string[]): string {
  const wanted = String(scene.knobs.get("what") ?? "all");
  if (wanted !== "auto") return whats.includes(wanted) ? wanted : "all";
  if (kinds.length <= MANY || whats.length < 2) return "all";
  const chosen = scene.layer === null ? undefined : CAPTURED.exec(scene.layer)?.[1];
  return chosen && whats.includes(chosen) ? chosen : whats.includes("gradients") ? "gradients" : whats[0];
}

/** The reader's search, empty where there is none. */
export const filterOf = (scene: Scene): string => String(scene.knobs.get("filter") ?? "");

/**
 * The layers that are not switched off and that the search finds, by the order in which their tags first appear over the
 * runs. A search that is no regular expression finds all.
 */
export function layersOf(scene: Scene): Layers {
  const switchedOn = [...capturesOf(scene)].filter(({ store, series }) => !scene.hidden.size || !scene.hidden.has(seriesKey(store, series)));
  const what = scene.knobs.get("what");
  return known.of(scene, [what, what === "auto" && scene.layer, filterOf(scene), ...switchedOn.flatMap(({ store, series }) => [store, series])], () => find(scene, switchedOn));
}

const known = new Memos<Scene, Layers>();

function find(scene: Scene, switchedOn: readonly Captured[]): Layers {
  const kinds = switchedOn.map(({ series }) => CAPTURED.exec(series.tag)?.[1] ?? "");
  const whats = WHATS.filter((each) => kinds.includes(each));
  const what = whatOf(scene, kinds, whats);
  const shown = switchedOn.filter((_, i) => what === "all" || kinds[i] === what);
  const several = new Set(shown.map(({ store }) => store.run)).size > 1;
  const wanted = searchFor(filterOf(scene)) ?? (() => true);
  const found = shown.filter(({ store, series }) => wanted(several ? `${store.run} ${series.tag}` : series.tag));
  const tags = [...new Set(found.map(({ series }) => series.tag))];
  const { labels, title } = namesOf(tags);
  const depths = depthsOf(tags);
  const places = new Map(tags.map((tag, i) => [tag, i]));
  const all = found
    .map((each) => ({ ...each, at: places.get(each.series.tag)! }))
    .sort((a, b) => a.at - b.at)
    .map(({ store, series, at }) => ({
      key: seriesKey(store, series), store, series, depth: depths[at],
      label: ordered(several ? `${store.run} ${labels[at]}` : labels[at]),
      name: ordered(several ? `${store.run} ${series.tag}` : series.tag),
    }));
  return { all, total: shown.length, title, what, whats };
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
