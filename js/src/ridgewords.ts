/** What the ridge panel says: title line, tooltip, selection, and what a screen reader hears. */

import { formatStep } from "./axes";
import { countBelow, countBetween, heldBy, type Selection } from "./count";
import { hide, setAttribute, setText } from "./dom";
import type { Column } from "./gutter";
import type { Mode } from "./history";
import type { Layer } from "./layers";
import type { Capture } from "./model";
import { finiteCount, zeroCount } from "./rebin";
import type { Parts } from "./ridgeparts";
import { pastCaptures, trailStride } from "./ridges";
import { shareText, warningOf, type Row } from "./rows";
import { valueText, type Axis } from "./valueaxis";

/** What the panel shows, as far as words are made of it. */
export interface Told {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly open: Layer | null;
  readonly alone: boolean;
  readonly active: number;
  readonly mode: Mode;
  /** Share of the values at full tone. */
  readonly peak: number;
  /** What the keys read, if anything. */
  readonly read: readonly string[];
}

const countText = (count: number): string => (count >= 9.5 ? formatStep(Math.round(count)) : String(Number(count.toFixed(1))));

/** Digits enough to tell two neighbouring values apart. */
export function rangeText(from: number, to: number): [string, string] {
  const apart = Math.ceil(Math.log10(Math.max(Math.abs(from), Math.abs(to)) / (to - from)));
  const digits = Math.min(12, Math.max(3, 1 + (Number.isFinite(apart) ? apart : 0)));
  return [valueText(from, digits), valueText(to, digits)];
}

/** Range, count, share and quantile under the pointer. */
function binWords(capture: Capture, axis: Axis, bin: number, density: boolean): string[] {
  const last = axis.edges.length - 2;
  const [from, to] = [axis.edges[bin], axis.edges[bin + 1]];
  const [low, high] = rangeText(from, to);
  const range = bin === 0 ? `up to ${high}` : bin === last ? `${low} and more` : `${low} to ${high}`;
  const count = countBetween(capture, bin === 0 ? -Infinity : from, bin === last ? Infinity : to);
  const total = finiteCount(capture);
  const quantile = total > 0 ? `quantile ${(countBelow(capture, (from + to) / 2) / total).toFixed(3)}` : "no values";
  const words = [range, `${countText(count)} values · ${shareText(total > 0 ? count / total : 0)}`, quantile];
  return density ? [...words, `density ${valueText(total > 0 ? count / total / (to - from) : 0)}`] : words;
}

function columnWords(capture: Capture, { kind }: Column): string[] {
  const total = finiteCount(capture);
  if (kind === "nonfinite") return [`${countText(capture.nonfinite)} NaN or infinite`, `of ${countText(total + capture.nonfinite)} values`];
  const zeros = zeroCount(capture);
  return [`${countText(zeros)} ${capture.zeros ? "zeros" : "near zero"} · ${shareText(total > 0 ? zeros / total : 0)}`];
}

/** The name, and what lies at a bin of the axis or in a column beside it. */
export function reading(
  name: string, capture: Capture | null, axis: Axis, bin: number, column: Column | null, density: boolean,
): string[] {
  if (!capture) return [name];
  if (column) return [name, ...columnWords(capture, column)];
  return bin < 0 ? [name] : [name, ...binWords(capture, axis, bin, density)];
}

export function selectionWords(selection: Selection, layer: Layer): string {
  const { count, share } = heldBy(selection, layer.series);
  const [low, high] = rangeText(...selection.values);
  const [first, last] = selection.steps.map(formatStep);
  const steps = first === last ? `at step ${first}` : `at steps ${first} to ${last}`;
  return `${layer.label}: ${countText(count)} values · ${shareText(share)} from ${low} to ${high} ${steps}`;
}

function noteOf({ rows, open, mode, peak }: Told): string {
  if (open) {
    const { length } = open.series.captures;
    if (length === 1) return "one capture";
    const merged = open.series.rows > length ? ` of ${formatStep(open.series.rows)}, neighbours added up` : "";
    const count = `${formatStep(length)} captures${merged}`;
    const how = { offset: "newest in front", overlay: "newest strongest", heatmap: `full tone ${shareText(peak)} of the values` };
    return `${count}, ${how[mode]}`;
  }
  const row = rows.find(({ layer }) => layer);
  if (!row?.layer || row.index === 0) return "";
  const { captures } = row.layer.series;
  const back = pastCaptures(rows.length) * trailStride(captures.length);
  return `faint: since step ${formatStep(captures[Math.max(0, row.index - back)].step)}`;
}

/** The title line, and what a screen reader hears. */
export function write(parts: Parts, told: Told): void {
  const { title, rows, open, alone, active } = told;
  const step = Math.max(...rows.map(({ capture }) => capture?.step ?? -Infinity), -Infinity);
  const at = Number.isFinite(step) ? formatStep(step) : "";
  setText(parts.title, open ? open.name : title);
  setText(parts.step, at);
  hide(at === "", parts.at);
  hide(!open || alone, parts.back);
  const warning = open && rows[0]?.capture ? warningOf(rows[0].capture) : "";
  setText(parts.warning, warning);
  hide(warning === "", parts.warning);
  setText(parts.note, noteOf(told));
  const { viewport } = parts;
  const tree = rows.some(({ group }) => group);
  setAttribute(viewport, "role", open ? "slider" : tree ? "tree" : "listbox");
  setAttribute(viewport, "aria-label", open ? `${open.series.tag}: capture` : `${title} at step ${at}`);
  setAttribute(parts.option, "role", tree ? "treeitem" : "option");
  hide(open !== null || !rows[active], parts.option);
  if (open) describeSlider(viewport, open, step, told.read);
  else describeRow(parts, rows, active, told.read);
}

function describeSlider(viewport: HTMLElement, { series: { captures } }: Layer, step: number, read: readonly string[]): void {
  const steps = captures.map((capture) => capture.step);
  const text = [`step ${formatStep(step)}`, ...read].join(", ");
  const values = { min: Math.min(...steps), max: Math.max(...steps), now: step, text };
  for (const [name, value] of Object.entries(values)) setAttribute(viewport, `aria-value${name}`, String(value));
  setAttribute(viewport, "aria-orientation", "vertical");
  viewport.removeAttribute("aria-activedescendant");
}

function describeRow({ viewport, option }: Parts, rows: readonly Row[], active: number, read: readonly string[]): void {
  for (const name of ["min", "max", "now", "text"]) viewport.removeAttribute(`aria-value${name}`);
  viewport.removeAttribute("aria-orientation");
  const row = rows[active];
  if (!row) return viewport.removeAttribute("aria-activedescendant");
  setAttribute(viewport, "aria-activedescendant", option.id);
  setAttribute(option, "aria-posinset", String(active + 1));
  setAttribute(option, "aria-setsize", String(rows.length));
  if (row.group) setAttribute(option, "aria-expanded", String(!row.folded));
  else option.removeAttribute("aria-expanded");
  if (rows.some(({ group }) => group)) setAttribute(option, "aria-level", row.group ? "1" : "2");
  const step = row.capture ? `step ${formatStep(row.capture.step)}` : "";
  setText(option, [row.name, step, row.capture ? warningOf(row.capture) : "", ...read].filter(Boolean).join(", "));
}
