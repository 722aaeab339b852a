/** The elements of the layer map around its canvases, and what they say. */

import { formatExact, formatStep, notFinite } from "./axes";
import { hide, make, setAttribute, setText } from "./dom";
import { endText, heatColor, type Reading, type Scale } from "./heat";
import type { Theme } from "./model";
import { SearchField } from "./searchfield";
import { titleOf, type MapLayers } from "./statistics";
import { Tooltip } from "./tooltip";
import { valueText } from "./valueaxis";

export type MapParts = ReturnType<typeof makeParts>;

export function makeParts() {
  const step = make("b");
  const at = make("span", { class: "ridges-at" }, "at step ", step);
  const note = make("span", { class: "map-note" }, "≈ from histograms");
  note.title = "No such scalars were logged: computed from the bins of the histograms, so correct to within their width";
  const first = make("button", { class: "map-first", type: "button" });
  const low = make("span");
  const bar = make("span", { class: "map-bar" });
  const high = make("span");
  const zero = make("span", { class: "map-key is-zero" }, "zero");
  const broken = make("span", { class: "map-key is-broken" }, "NaN/Inf");
  const legend = make("span", { class: "map-legend", "aria-hidden": "true" }, zero, low, bar, high, broken);
  const search = new SearchField();
  const tools = make("span", { class: "ridges-tools" }, search.found, search.input);
  const none = make("p", { class: "ridges-none", hidden: "" });
  const select = make("select", { class: "ridges-title map-statistic", "aria-label": "Statistic" });
  const head = make("div", { class: "ridges-head" }, select, at, note, first, make("span", { class: "ridges-space" }), legend, tools);
  const cells = make("canvas");
  const overlay = make("canvas");
  const tooltip = new Tooltip();
  const pad = make("div", { class: "map-pad", tabindex: "0", role: "application", "aria-roledescription": "heat map" }, cells, overlay, tooltip.element);
  const body = make("div", {}, head, pad, none);
  const empty = make("p", { class: "ridges-empty", hidden: "" });
  const element = make("section", { class: "ridges map" }, body, empty);
  return { element, body, empty, search, none, step, at, note, first, low, bar, high, zero, broken, legend, select, head, cells, overlay, tooltip, pad };
}

export function cellText(reading: Reading, value: number): string {
  if (!Number.isFinite(value)) return notFinite(value);
  if (reading === "share") return formatExact(value, true).replace(/(\d\.\d)\d+/, "$1");
  return reading === "count" ? formatStep(Math.round(value)) : valueText(value, 2);
}

export function writeStatistics({ select }: MapParts, { all, statistic }: MapLayers): void {
  if (all.join() !== select.dataset.all) {
    select.dataset.all = all.join();
    select.replaceChildren(...all.map((value) => make("option", { value }, titleOf(value))));
  }
  if (select.value !== statistic) select.value = statistic;
}

/** The strip that says which colour is which value, and the marks of what is none. */
export function writeLegend(parts: MapParts, scale: Scale, theme: Theme, has: { readonly zero: boolean; readonly broken: boolean }): void {
  const stops = Array.from({ length: 9 }, (_, i) => `rgb(${heatColor(i / 8, theme.dark).join()})`);
  const counting = scale.reading === "count";
  parts.bar.style.background = counting ? stops[0] : `linear-gradient(to right, ${stops.join()})`;
  parts.bar.classList.toggle("is-one", counting);
  setText(parts.low, counting ? "" : endText(scale, scale.low));
  setText(parts.high, counting ? "none" : endText(scale, scale.high));
  hide(!has.zero, parts.zero);
  hide(!has.broken, parts.broken);
}

/** Where what is not finite appeared first: the first of so many layers at that step. */
export interface Broken {
  readonly row: number;
  readonly step: number;
  readonly layers: number;
}

export function writeFirst({ first }: MapParts, label: string | null, broken: Broken | null): string {
  hide(broken === null, first);
  if (!broken) return "";
  const words = `NaN/Inf from step ${formatStep(broken.step)}: ${label}${broken.layers > 1 ? ` and ${broken.layers - 1} more` : ""}`;
  setText(first, words);
  setAttribute(first, "title", "Go there");
  return words;
}

export function emptyWords(waiting: boolean): string {
  return waiting
    ? "Waiting for the first statistics or histograms of layers…"
    : "This run logged no statistics and no histograms of layers.";
}
