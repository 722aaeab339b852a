/** The elements of the ridge panel around its canvas. */

import { hide, make } from "./dom";
import { MODES } from "./history";
import { SearchField, WhatToggle } from "./searchfield";
import { makeScales, makeToggle } from "./toggle";

let made = 0;

export type Parts = ReturnType<typeof makeParts>;

function makeHead() {
  const back = make("button", { class: "ridges-back", type: "button", title: "Back to all layers", "aria-label": "Back to all layers" }, "‹");
  const title = make("span", { class: "ridges-title" });
  const step = make("b");
  const at = make("span", { class: "ridges-at" }, "at step ", step);
  const warning = make("span", { class: "ridges-warning" });
  const note = make("span", { class: "ridges-note" });
  const search = new SearchField();
  const whats = new WhatToggle();
  const modes = makeToggle("modes", "Captures", MODES, { heatmap: "heat map" });
  const scales = makeScales("linear", "symlog", "density");
  const tools = make("span", { class: "ridges-tools" }, search.found, search.input, whats.element, modes.element, scales.element);
  const head = make("div", { class: "ridges-head" }, back, title, at, warning, make("span", { class: "ridges-space" }), note, tools);
  return { head, back, title, step, at, warning, note, search, whats, modes, scales, tools };
}

function makeSelected() {
  const words = make("span");
  const clear = make("button", { type: "button", title: "Clear the selection (Escape)", "aria-label": "Clear the selection" }, "×");
  return { selected: make("div", { class: "ridges-selected", hidden: "" }, words, clear), words, clear };
}

export function makeParts() {
  const head = makeHead();
  const selected = makeSelected();
  const option = make("span", { class: "only-heard", role: "option", id: `nbviz-ridge-${made++}`, "aria-selected": "true" });
  const canvas = make("canvas", { "aria-hidden": "true" });
  const content = make("div", { class: "ridges-content" }, canvas);
  const viewport = make("div", { class: "ridges-viewport", tabindex: "0" }, content, option);
  const axis = make("canvas", { class: "ridges-axis", "aria-hidden": "true" });
  const none = make("p", { class: "ridges-empty", hidden: "" });
  const tip = make("div", { class: "ridges-tip", hidden: "" });
  const body = make("div", { class: "ridges-body" }, head.head, viewport, axis, none, selected.selected, tip);
  const empty = make("p", { class: "ridges-empty", hidden: "" }, "No histograms yet: ", make("code", {}, "run.log_histogram(…)"));
  const element = make("section", { class: "ridges" }, body, empty);
  return { ...head, ...selected, element, body, empty, option, canvas, content, viewport, axis, none, tip };
}

export function sizeCanvas(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const [w, h] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  for (const [side, size] of [["width", `${width}px`], ["height", `${height}px`]] as const) if (canvas.style[side] !== size) canvas.style[side] = size;
  const pen = canvas.getContext("2d");
  if (!pen) return null;
  pen.setTransform(w / width, 0, 0, h / height, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.lineJoin = "round";
  return pen;
}

/** Shows the lines beside the point (`x`, `y`), never over it. */
export function placeTip({ tip, body }: Pick<Parts, "tip" | "body">, lines: readonly string[], x: number, y: number): void {
  const text = lines.join("\n");
  if (tip.dataset.text !== text) {
    tip.dataset.text = text;
    tip.replaceChildren(...lines.map((line, i) => make(i === 0 ? "b" : "span", {}, line)));
  }
  hide(false, tip);
  const [width, height] = [tip.offsetWidth, tip.offsetHeight];
  const right = x + 16 + width <= body.clientWidth;
  const left = right ? x + 16 : x - 16 - width >= 0 ? x - 16 - width : Math.max(0, Math.min(body.clientWidth - width, x - width / 2));
  const top = right || x - 16 - width >= 0 ? y - height / 2 : y - height - 18;
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(Math.max(0, top))}px)`;
}
