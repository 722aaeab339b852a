/** The elements of the ridge panel around its canvas, and what they say. */

import { formatStep } from "./axes";
import { make, setText } from "./dom";
import { pastCaptures } from "./ridges";
import type { Layer, Row } from "./layers";
import { rebin } from "./rebin";
import { valueText, type Axis } from "./valueaxis";

let made = 0;

export type Parts = ReturnType<typeof makeParts>;

export function makeParts() {
  const back = make("button", { class: "ridges-back", type: "button", title: "Back to all layers", "aria-label": "Back to all layers" }, "‹");
  const title = make("span", { class: "ridges-title" });
  const step = make("b");
  const at = make("span", { class: "ridges-at" }, "at step ", step);
  const warning = make("span", { class: "ridges-warning" });
  const scales = (["linear", "symlog"] as const).map((kind) => make("button", { type: "button", value: kind }, kind));
  const toggle = make("span", { class: "ridges-scales", role: "group", "aria-label": "Value axis" }, ...scales);
  const note = make("span", { class: "ridges-note" });
  const head = make("div", { class: "ridges-head" }, back, title, at, warning, make("span", { class: "ridges-space" }), note, toggle);
  const option = make("span", { class: "only-heard", role: "option", id: `nbviz-ridge-${made++}`, "aria-selected": "true" });
  const canvas = make("canvas", { "aria-hidden": "true" });
  const content = make("div", { class: "ridges-content" }, canvas);
  const viewport = make("div", { class: "ridges-viewport", tabindex: "0" }, content, option);
  const axis = make("canvas", { class: "ridges-axis", "aria-hidden": "true" });
  const tip = make("div", { class: "ridges-tip", hidden: "" });
  const body = make("div", { class: "ridges-body" }, head, viewport, axis, tip);
  const empty = make("p", { class: "ridges-empty", hidden: "" }, "No histograms yet: ", make("code", {}, "run.log_histogram(…)"));
  const element = make("section", { class: "ridges" }, body, empty);
  return { element, body, empty, back, title, step, at, warning, scales, note, option, canvas, content, viewport, axis, tip };
}

/** The title line, and what a screen reader hears. */
export function write(parts: Parts, title: string, rows: readonly Row[], open: Layer | null, alone: boolean, active: number): void {
  const step = Math.max(...rows.map((row) => row.capture.step), -Infinity);
  const at = Number.isFinite(step) ? formatStep(step) : "";
  setText(parts.title, open ? open.label : title);
  parts.title.title = open ? open.series.tag : "";
  setText(parts.step, at);
  parts.at.hidden = rows.length === 0;
  parts.back.hidden = !open || alone;
  setText(parts.warning, open && rows[0] ? rows[0].warning : "");
  parts.warning.hidden = parts.warning.textContent === "";
  const count = open?.series.captures.length ?? 0;
  const past = pastCaptures(rows.length);
  const behind = past === 1 ? "past capture faint" : `past ${past} captures faint`;
  const merged = open && open.series.rows > count ? ` of ${formatStep(open.series.rows)}, neighbours added up` : "";
  setText(parts.note, open ? `${formatStep(count)} captures${merged}, newest in front` : behind);
  const { viewport } = parts;
  viewport.setAttribute("role", open ? "slider" : "listbox");
  viewport.setAttribute("aria-label", open ? `${open.series.tag}: capture` : `${title} at step ${at}`);
  parts.option.hidden = open !== null || !rows[active];
  if (open) describeSlider(viewport, open, step);
  else describeRow(parts, rows, active);
}

function describeSlider(viewport: HTMLElement, { series: { captures } }: Layer, step: number): void {
  const values = { min: captures[0].step, max: captures[captures.length - 1].step, now: step, text: `step ${formatStep(step)}` };
  for (const [name, value] of Object.entries(values)) viewport.setAttribute(`aria-value${name}`, String(value));
  viewport.setAttribute("aria-orientation", "vertical");
  viewport.removeAttribute("aria-activedescendant");
}

function describeRow({ viewport, option }: Parts, rows: readonly Row[], active: number): void {
  for (const name of ["min", "max", "now", "text"]) viewport.removeAttribute(`aria-value${name}`);
  const row = rows[active];
  if (!row) return viewport.removeAttribute("aria-activedescendant");
  viewport.setAttribute("aria-activedescendant", option.id);
  option.setAttribute("aria-posinset", String(active + 1));
  option.setAttribute("aria-setsize", String(rows.length));
  setText(option, [row.layer.series.tag, `step ${formatStep(row.capture.step)}`, row.warning].filter(Boolean).join(", "));
}

export function sizeCanvas(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const [w, h] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  if (!pen) return null;
  pen.setTransform(w / width, 0, 0, h / height, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.lineJoin = "round";
  return pen;
}

/** A label and its range, count and share under the pointer; bin -1 where only the name is asked for. */
export function reading(row: Row, axis: Axis, bin: number): string[] {
  if (bin < 0) return [row.layer.series.tag];
  const masses = rebin(row.capture.counts, row.capture.edges, axis);
  const total = masses.reduce((a, b) => a + b, row.capture.zeros);
  const count = masses[bin];
  const share = total > 0 ? (100 * count) / total : 0;
  const [from, to] = [axis.edges[bin], axis.edges[bin + 1]];
  const digits = Math.max(3, 1 + Math.ceil(Math.log10(Math.max(Math.abs(from), Math.abs(to)) / (to - from))));
  const [low, high] = [valueText(from, digits), valueText(to, digits)];
  const range = bin === 0 ? `up to ${high}` : bin === masses.length - 1 ? `${low} and more` : `${low} to ${high}`;
  const number = count >= 9.5 ? formatStep(Math.round(count)) : String(Number(count.toFixed(1)));
  return [row.layer.series.tag, range, `${number} values · ${share.toFixed(share < 1 ? 2 : 1)}\u00a0%`];
}

/** Shows the lines beside the point (`x`, `y`), never over it. */
export function placeTip({ tip, body }: Parts, lines: readonly string[], x: number, y: number): void {
  const text = lines.join("\n");
  if (tip.dataset.text !== text) {
    tip.dataset.text = text;
    tip.replaceChildren(...lines.map((line, i) => make(i === 0 ? "b" : "span", {}, line)));
  }
  tip.hidden = false;
  const [width, height] = [tip.offsetWidth, tip.offsetHeight];
  const right = x + 16 + width <= body.clientWidth;
  const left = right ? x + 16 : x - 16 - width >= 0 ? x - 16 - width : Math.max(0, Math.min(body.clientWidth - width, x - width / 2));
  const top = right || x - 16 - width >= 0 ? y - height / 2 : y - height - 18;
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(Math.max(0, top))}px)`;
}
