/** A view: panels over the same runs, drawn in one animation frame. */

import { makeCharts } from "./charts";
import { make } from "./dom";
import { Frames } from "./frame";
import { makeHeader } from "./header";
import layoutStyle from "./layout.css";
import type { Cursor, MakePanel, Panel, Scene, Store } from "./model";
import { ridges, ridgesIfAny } from "./ridge";
import ridgeStyle from "./ridge.css";
import { makeScrubber } from "./scrubber";
import { applyTheme, themeOf, watchTheme } from "./theme";
import viewStyle from "./view.css";

export interface Options {
  readonly stores: readonly Store[];
  readonly cursor: Cursor;
  readonly panels: readonly string[];
  readonly title: string;
  readonly smoothing: number;
  readonly tags: readonly string[] | null;
}

const PANELS: Readonly<Record<string, MakePanel>> = {
  header: makeHeader,
  charts: makeCharts,
  ridges: ridgesIfAny,
  scrubber: makeScrubber,
};

/** Builds the view inside `host`, in a shadow root so that the notebook's styles and ours leave each other alone. */
export function showView(host: HTMLElement, options: Options, signal: AbortSignal): Scene {
  const layout = make("div", { class: "layout" });
  const root = make("div", { class: "nbviz" }, layout);
  const shadow = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  shadow.replaceChildren(make("style", {}, viewStyle, ridgeStyle, layoutStyle), root);
  signal.addEventListener("abort", () => shadow.replaceChildren());

  let panels: Panel[] = [];
  let theme = themeOf(host);
  let now = performance.now();
  const frames = new Frames((moment) => {
    now = moment;
    return panels.map((panel) => panel.draw()).includes(true);
  }, signal);
  const scene: Scene = {
    ...options,
    hidden: new Set(),
    get theme() {
      return theme;
    },
    range: () => stepRange(options.stores),
    now: () => now,
    request: () => frames.request(),
  };

  const alone = options.panels.length === 1;
  panels = options.panels
    .filter((name) => name in PANELS)
    .map((name) => (alone && name === "ridges" ? ridges : PANELS[name])(scene, signal));
  layout.append(...panels.map((panel) => panel.element));
  applyTheme(root, theme);
  watchTheme(host, (changed) => {
    theme = changed;
    applyTheme(root, theme);
    scene.request();
  }, signal);
  for (const store of options.stores) store.subscribe(() => scene.request(), signal);
  options.cursor.subscribe(() => scene.request(), signal);
  scene.request();
  return scene;
}

function stepRange(stores: readonly Store[]): readonly [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (const store of stores) {
    for (const series of store.series.values()) {
      if (!series.length) continue;
      const [first, last] = series.kind === "scalar" ? ends(series.steps, series.length, series.monotone) : captureEnds(series.captures);
      low = Math.min(low, first);
      high = Math.max(high, last);
    }
  }
  return low <= high ? [low, high] : null;
}

function ends(steps: Float64Array, length: number, monotone: boolean): readonly [number, number] {
  if (monotone) return [steps[0], steps[length - 1]];
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < length; i++) {
    if (steps[i] < low) low = steps[i];
    if (steps[i] > high) high = steps[i];
  }
  return [low, high];
}

function captureEnds(captures: readonly { readonly step: number }[]): readonly [number, number] {
  return ends(Float64Array.from(captures, (capture) => capture.step), captures.length, false);
}
