/** A view: panels over the same runs, drawn in one animation frame. */

import { makeCharts } from "./charts";
import { compare } from "./compare";
import { makeDistributions } from "./distributions";
import type { Shared } from "./cursor";
import { make } from "./dom";
import { Frames } from "./frame";
import { makeHeader, titleOf } from "./header";
import accessStyle from "./access.css";
import { Hearing } from "./hearing";
import layerStyle from "./layermap.css";
import layoutStyle from "./layout.css";
import { makeLayerMap } from "./layermap";
import type { Cursor, MakePanel, Panel, Scene, Store, Theme } from "./model";
import { watchPrinting } from "./printing";
import printStyle from "./print.css";
import { stepRange } from "./range";
import { choose, zoomOf } from "./reading";
import { shownStore } from "./restarts";
import { ridges, ridgesIfAny } from "./ridge";
import ridgeStyle from "./ridge.css";
import { Runs } from "./runs";
import runsStyle from "./runs.css";
import { makeScrubber } from "./scrubber";
import { measureWithin } from "./sizes";
import { applyTheme, themeOf, watchTheme } from "./theme";
import viewStyle from "./view.css";

export interface Options {
  readonly stores: readonly Store[];
  readonly cursor: Cursor;
  readonly panels: readonly string[];
  readonly title: string;
  readonly smoothing: number;
  readonly superseded: boolean;
  readonly speech: boolean;
  readonly layer: Shared<string>;
  readonly tags: readonly string[] | null;
  readonly knobs: Map<string, unknown>;
}

const PANELS: Readonly<Record<string, MakePanel>> = {
  header: makeHeader,
  charts: makeCharts,
  ridges: ridgesIfAny,
  map: makeLayerMap,
  distributions: makeDistributions,
  scrubber: makeScrubber,
  compare,
};

/** Builds the view inside `host`, in a shadow root so that the notebook's styles and ours leave each other alone. */
export function showView(host: HTMLElement, options: Options, signal: AbortSignal): Scene {
  const layout = make("div", { class: "layout" });
  const root = make("div", { class: "nbviz" }, layout);
  const shadow = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  // A sheet and no element: an exported page takes no style element but its own.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync([viewStyle, runsStyle, ridgeStyle, layerStyle, layoutStyle, accessStyle, printStyle].join(""));
  shadow.adoptedStyleSheets = [sheet];
  shadow.replaceChildren(root);
  signal.addEventListener("abort", () => shadow.replaceChildren());

  let panels: Panel[] = [];
  let theme = themeOf(host);
  let now = performance.now();
  let changes = 0;
  const { layer } = options;
  const shown = options.stores.map(shownStore);
  const runs = new Runs(shown.map(({ store }) => store), options.knobs);
  let refreshed = "";
  const refresh = (): void => {
    const state = `${changes} ${scene.superseded}`;
    if (state !== refreshed) shown.forEach((each) => each.refresh(scene.superseded));
    refreshed = state;
    runs.refresh();
  };
  const draw = (moment: number): boolean => {
    now = moment;
    refresh();
    const easing = panels.map((panel) => panel.draw()).includes(true);
    // A class, for a browser finds a style with `:has()` and `:not()` anew for all in it whenever anything is inserted.
    layout.classList.toggle("is-shared", Boolean(layout.querySelector(":scope > .charts ~ .ridges:not([hidden])")));
    hearing.follow();
    return easing;
  };
  const frames = new Frames(draw, signal);
  let printed = false;
  let ranged: { readonly of: string; readonly stores: readonly Store[]; readonly range: ReturnType<typeof stepRange> } | null = null;
  const scene: Scene = {
    ...options,
    runs,
    get stores() {
      return runs.shown;
    },
    hidden: new Set(),
    get changes() {
      return changes;
    },
    get zoom() {
      return zoomOf(options.knobs.get("zoom"));
    },
    set zoom(steps) {
      choose(scene, "zoom", steps);
    },
    get theme() {
      return theme;
    },
    get printed() {
      return printed;
    },
    get layer() {
      return layer.value;
    },
    set layer(tag) {
      layer.set(tag);
    },
    range: () => {
      const { stores } = scene;
      if (ranged?.of !== refreshed || ranged.stores !== stores) ranged = { of: refreshed, stores, range: stepRange(stores) };
      return ranged.range;
    },
    now: () => now,
    say: (words) => hearing.say(words),
    request: () => frames.request(),
  };

  refresh();
  const alone = options.panels.length === 1;
  // Who goes from heading to heading finds every view.
  if (!options.panels.includes("header")) root.prepend(make("h2", { class: "only-heard" }, titleOf(scene)));
  panels = options.panels
    .filter((name) => name in PANELS)
    .map((name) => (alone && name === "ridges" ? ridges : PANELS[name])(scene, signal));
  layout.append(...panels.map((panel) => panel.element));
  const hearing = new Hearing(scene, root, signal);
  applyTheme(root, theme);
  const dress = (changed: Theme): void => {
    theme = changed;
    applyTheme(root, theme);
  };
  watchTheme(host, (changed) => {
    dress(printed ? themeOf(host, true) : changed);
    scene.request();
  }, signal);
  // Scrolled away, collapsed, or in a tab of the notebook that is not in front; the browser itself sees to hidden pages.
  const sight = new IntersectionObserver((entries) => frames.show(entries[entries.length - 1].isIntersecting), { rootMargin: "160px" });
  sight.observe(root);
  signal.addEventListener("abort", () => sight.disconnect());
  watchPrinting(root, (on) => {
    printed = on;
    dress(themeOf(host, on));
    measureWithin(root);
    draw(performance.now());
  }, signal);
  const changed = (): void => {
    changes++;
    scene.request();
  };
  for (const store of options.stores) store.subscribe(changed, signal);
  for (const shared of [options.cursor, layer]) shared.subscribe(() => scene.request(), signal);
  scene.request();
  return scene;
}
