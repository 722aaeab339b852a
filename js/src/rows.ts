/** The rows of a ridge panel: layers at the cursor, under the headings of their modules. */

import type { Group } from "./groups";
import type { Layer } from "./layers";
import type { Capture } from "./model";
import { captureIndex, finiteCount, rebin, zeroShare } from "./rebin";
import type { Axis } from "./valueaxis";

export interface Row {
  readonly key: string;
  readonly label: string;
  /** In full. */
  readonly name: string;
  readonly depth: number;
  /** null for a heading. */
  readonly layer: Layer | null;
  /** What a heading stands above, or for where it is folded. */
  readonly group: Group | null;
  readonly folded: boolean;
  /** The capture is the layer's `captures[index]`, or that of all layers of a folded heading together. */
  readonly index: number;
  readonly capture: Capture | null;
}

const warnings = new WeakMap<Capture, string>();

const compact = (count: number): string =>
  count < 1e4 ? String(count) : new Intl.NumberFormat("en", { notation: "compact" }).format(count);

const sharp = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });

/** A share as few digits say it: 33 %, 0.4 %, never 0 or 100 % for what is only nearly so. */
export function shareText(share: number): string {
  if (share > 0 && share < 1e-4) return "<\u00a00.01\u00a0%";
  const percent = share < 1 ? Math.min(100 * share, 99.9) : 100;
  return `${percent < 10 ? sharp.format(percent) : percent > 99 ? percent.toFixed(1).replace(".0", "") : Math.round(percent)}\u00a0%`;
}

export const nonfiniteText = (capture: Capture): string => compact(capture.nonfinite);

/** From this share on zeros are worth a look. */
export const MANY_ZEROS = 1 / 3 - 0.005;

/** What of a capture is worth a look and cannot be seen in its shape; empty where there is nothing. */
export function warningOf(capture: Capture): string {
  let text = warnings.get(capture);
  if (text === undefined) {
    const zeros = zeroShare(capture);
    const parts = zeros >= MANY_ZEROS ? [`${Math.round(zeros * 100)}\u00a0% ${capture.zeros ? "=" : "≈"} 0`] : [];
    if (capture.nonfinite > 0) parts.unshift(`${nonfiniteText(capture)} NaN/Inf`);
    warnings.set(capture, (text = parts.join(" · ")));
  }
  return text;
}

export function layerRow(layer: Layer, label: string, index: number): Row {
  const capture = layer.series.captures[index];
  const { key, depth, series: { tag } } = layer;
  return { key, label, name: tag, depth, layer, group: null, folded: false, index, capture };
}

/** Captures of folded headings, by the captures they are made of. */
const merged = new WeakMap<Axis, Map<string, Capture>>();
const KEPT = 2000;

/** All layers of a group as one capture, in the bins of the display. */
function mergedCapture(group: Group, indices: readonly number[], axis: Axis): Capture {
  let known = merged.get(axis);
  if (!known) merged.set(axis, (known = new Map()));
  const key = `${group.name} ${group.layers.map(({ series }, i) => `${series.version}.${indices[i]}`).join(" ")}`;
  const before = known.get(key);
  if (before) return before;
  const captures = group.layers.map(({ series }, i) => series.captures[indices[i]]);
  const masses = new Float64Array(axis.edges.length - 1);
  for (const each of captures) rebin(each.counts, each.edges, axis, masses);
  const sum = (of: (capture: Capture) => number): number => captures.reduce((total, each) => total + of(each), 0);
  const made = {
    ...captures[0], step: Math.max(...captures.map(({ step }) => step)), counts: Float32Array.from(masses), edges: axis.edges,
    total: sum(finiteCount), nonfinite: sum(({ nonfinite }) => nonfinite), zeros: sum(({ zeros }) => zeros),
  };
  if (known.size > KEPT) known.clear();
  known.set(key, made);
  return made;
}

export const headingKey = ({ name, layers }: Group): string => `${name}\n${layers[0].key}`;

function headingRow(group: Group, folded: boolean, indices: readonly number[], axis: Axis): Row {
  const capture = folded ? mergedCapture(group, indices, axis) : null;
  const [first, last] = [group.layers[0], group.layers[group.layers.length - 1]];
  return {
    key: headingKey(group), label: group.name, name: `${group.name}, ${group.layers.length} layers`,
    depth: (first.depth + last.depth) / 2, layer: null, group, folded, index: 0, capture,
  };
}

/** The rows at a step; `folded` has the keys of headings whose layers are out of sight. */
export function rowsOf(groups: readonly Group[], folded: ReadonlySet<string>, step: number | null, axis: Axis): Row[] {
  const rows: Row[] = [];
  let near = -1;
  for (const group of groups) {
    const indices = group.layers.map(({ series }) => (near = captureIndex(series.captures, step, near)));
    const heading = group.name ? headingRow(group, folded.has(headingKey(group)), indices, axis) : null;
    if (heading) rows.push(heading);
    if (!heading?.folded) group.layers.forEach((layer, i) => rows.push(layerRow(layer, group.labels[i], indices[i])));
  }
  return rows;
}
