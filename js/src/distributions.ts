/** The distributions panel: percentile bands over the steps, a small chart for each layer, under one cursor. */

import { EasedDomain, formatStep, stepDomain } from "./axes";
import { paintStep, paintTile, paintTitle, type Place, type Tile } from "./bands";
import { columnsOf, Headings, layTiles, TILE, type TilesLayout } from "./bandslayout";
import { calm, hide, make, setAttribute, setText } from "./dom";
import { groupLayers } from "./groups";
import { makeSuperseded } from "./header";
import { hasHistograms, layersOf, NO_LAYERS, shortenAll, type Layer, type Layers } from "./layers";
import { Memo, same } from "./memo";
import type { Capture, MakePanel, Panel, Scene } from "./model";
import { bandsOf, MEDIAN, NAMES } from "./quantiles";
import { endsOf } from "./range";
import { Reader, type Spot } from "./reader";
import { captureIndex, spanOf } from "./rebin";
import { sizeCanvas } from "./ridgeparts";
import { noneWords, SearchField, WhatToggle } from "./searchfield";
import { paintStepAxis, stepAt, stepX } from "./stepaxis";
import { Tooltip } from "./tooltip";
import { chooseAxis, valueText, type Axis, type AxisKind, type Span } from "./valueaxis";

const TALLEST = 592;
const KEYS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };

const TOGGLES = [["Whose value axis", "own", "shared"], ["Value axis", "linear", "symlog"]] as const;

const captureSpan = (capture: Capture): Span => {
  const bands = bandsOf(capture);
  return bands ? { low: bands[0], high: bands[8], typical: spanOf(capture).typical } : { low: 0, high: 0, typical: 0 };
};

function makeParts() {
  const title = make("span", { class: "ridges-title" });
  const step = make("b");
  const at = make("span", { class: "ridges-at" }, "at step ", step);
  const note = make("span", { class: "ridges-note" }, "median, min … max");
  const toggles = TOGGLES.map(([label, ...values]) => {
    const buttons = values.map((value) => make("button", { type: "button", value }, value));
    return make("span", { class: "toggle", role: "group", "aria-label": label }, ...buttons);
  });
  const search = new SearchField();
  const whats = new WhatToggle();
  const tools = make("span", { class: "ridges-tools" }, search.found, search.input, whats.element, ...toggles);
  const head = make("div", { class: "ridges-head" }, title, at, make("span", { class: "ridges-space" }), note, tools);
  const [base, overlay, foot] = [make("canvas"), make("canvas"), make("canvas", { class: "bands-foot", "aria-hidden": "true" })];
  const held = make("div", { class: "bands-held", "aria-hidden": "true" }, base, overlay);
  const headings = new Headings();
  const content = make("div", { class: "bands-content" }, held, headings.element);
  const tooltip = new Tooltip();
  const viewport = make("div", { class: "bands-viewport", tabindex: "0", role: "application", "aria-roledescription": "small charts" }, content);
  const none = make("p", { class: "ridges-none", hidden: "" });
  const body = make("div", { class: "bands-body" }, head, viewport, foot, none, tooltip.element);
  const empty = make("p", { class: "ridges-empty", hidden: "" }, "No histograms yet: ", make("code", {}, "run.log_histogram(…)"));
  const element = make("section", { class: "ridges bands" }, body, empty);
  return { element, body, empty, none, search, whats, headings, title, step, note, toggles, base, overlay, foot, held, content, viewport, tooltip };
}

class Distributions implements Panel {
  readonly element: HTMLElement;
  private readonly parts = makeParts();
  private readonly superseded: ReturnType<typeof makeSuperseded>;
  private readonly x = new EasedDomain();
  private readonly axes = new Map<string, { readonly key: string; readonly axis: Axis }>();
  private width = 0;
  private shared = false;
  private kind: AxisKind = "linear";
  private shown: Layers = NO_LAYERS;
  private tiles: readonly Place[] = [];
  private readonly laid = new Memo<TilesLayout>();
  private readonly folded = new Set<string>();
  private painted: readonly unknown[] = [];
  private pointed: readonly unknown[] = [];
  private active = -1;
  private readonly reader: Reader;

  constructor(private readonly scene: Scene, signal: AbortSignal) {
    const { element, note, viewport, search, toggles, whats, headings } = this.parts;
    this.element = element;
    this.superseded = makeSuperseded(scene, signal);
    note.after(this.superseded.element);
    search.listen(scene, signal);
    whats.listen(scene, signal);
    headings.listen((key) => {
      if (!this.folded.delete(key)) this.folded.add(key);
      this.active = -1;
      scene.request();
    }, signal);
    this.reader = new Reader(scene, viewport, this, signal);
    for (const toggle of toggles) toggle.addEventListener("click", (event) => this.turn((event.target as HTMLButtonElement).value), { signal });
  }

  resized(width: number): void {
    this.width = width;
  }

  private turn(value: string | undefined): void {
    if (value === "linear" || value === "symlog") this.kind = value;
    else if (value) this.shared = value === "shared";
    this.scene.request();
  }

  draw(): boolean {
    const { parts, scene } = this;
    this.superseded.draw();
    this.shown = layersOf(scene);
    const { all, total } = this.shown;
    const empty = !hasHistograms(scene);
    hide(empty, parts.body);
    hide(!empty, parts.empty);
    parts.search.draw(scene, all.length, total);
    parts.whats.draw(this.shown);
    hide(all.length === 0, parts.viewport, parts.foot);
    hide(all.length > 0, parts.none);
    if (!all.length) setText(parts.none, noneWords(scene, total));
    if (!all.length || this.width < 80) return false;
    this.arrange(all);
    const now = scene.now();
    const moving = this.x.moving(now);
    this.paintBase(moving);
    this.paintOver();
    return moving;
  }

  private arrange(all: readonly Layer[]): void {
    const { scene, width } = this;
    let [first, last] = [Infinity, -Infinity];
    for (const { series } of all) {
      const [low, high] = endsOf(series);
      [first, last] = [Math.min(first, low), Math.max(last, high)];
    }
    const growing = scene.stores.some(({ state }) => state === "live" || (state === "following" && this.x.target !== null));
    this.x.send(stepDomain(this.x.target, first, last, growing), scene.now(), calm());
    const x = this.x.at(scene.now());
    const { tiles, headings, height } = this.laid.of([all, width, ...x, scene.theme.font, ...this.folded], () => {
      const columns = columnsOf(width, all.length);
      const labels = this.labels(all, columns[1] - 96);
      return layTiles(groupLayers(all), this.folded, columns, x, new Map(all.map(({ key }, i) => [key, labels[i]])));
    });
    this.tiles = tiles;
    this.parts.headings.draw(headings);
    this.parts.content.style.height = `${height}px`;
    this.parts.viewport.style.height = `${Math.min(TALLEST, height)}px`;
  }

  private labels(all: readonly Layer[], room: number): readonly string[] {
    const names = all.map(({ label }) => label);
    const pen = this.parts.base.getContext("2d");
    if (!pen) return names;
    pen.font = `650 12px ${this.scene.theme.font}`;
    return shortenAll(names, (text) => pen.measureText(text).width <= room);
  }

  /** The value axis of a layer, or of all of them. */
  private axisOf(layer: Layer): Axis {
    const of = this.shared ? this.shown.all : [layer];
    const name = this.shared ? "" : layer.key;
    const key = [this.kind, ...of.map(({ series }) => series.version)].join();
    const before = this.axes.get(name);
    if (before?.key === key) return before.axis;
    const axis = chooseAxis(of.map(({ series }) => series.captures.map(captureSpan)), { kind: this.kind, bins: 2 }, before?.axis ?? null);
    this.axes.set(name, { key, axis });
    return axis;
  }

  private visible(): Tile[] {
    const { scrollTop, clientHeight } = this.parts.viewport;
    const seen = this.tiles.filter(({ top }) => top + TILE.height > scrollTop && top < scrollTop + clientHeight);
    return seen.map((tile) => ({ ...tile, axis: this.axisOf(tile.layer) }));
  }

  /** What changes with the data, the size and the place that is scrolled to. */
  private paintBase(moving: boolean): void {
    const { scene, width, parts: { base, viewport } } = this;
    const { scrollTop, clientHeight } = viewport;
    const versions = this.tiles.map(({ layer: { series } }) => series.version);
    const painted = [clientHeight, scrollTop, devicePixelRatio, this.shared, this.kind, scene.theme, this.tiles, ...versions];
    if (same(this.painted, painted) && !moving) return;
    [this.painted, this.pointed] = [painted, []];
    const pen = sizeCanvas(base, width, Math.max(1, clientHeight));
    if (!pen) return;
    pen.translate(0, -scrollTop);
    for (const tile of this.visible()) paintTile(pen, tile, scene.theme);
  }

  private captureAt(tile: Place, step: number | null): Capture | null {
    const { captures } = tile.layer.series;
    return captures[captureIndex(captures, step)] ?? null;
  }

  private paintOver(): void {
    const { scene, width, active, parts, reader: { hover } } = this;
    const { cursor, theme } = scene;
    const pointed = [cursor.step, hover?.row, hover?.step, active, scene.layer];
    if (same(this.pointed, pointed)) return;
    this.pointed = pointed;
    const { scrollTop, clientHeight } = parts.viewport;
    const pen = sizeCanvas(parts.overlay, width, Math.max(1, clientHeight));
    if (!pen) return;
    pen.translate(0, -scrollTop);
    for (const tile of this.visible()) {
      const read = hover?.step ?? cursor.step;
      const told = tile.layer.series.tag === scene.layer || this.tiles[hover?.row ?? active]?.layer === tile.layer;
      paintTitle(pen, tile, this.captureAt(tile, read), theme, told);
      if (hover) paintStep(pen, tile, hover.step, this.captureAt(tile, hover.step), theme, true);
      if (cursor.step !== null) paintStep(pen, tile, cursor.step, this.captureAt(tile, cursor.step), theme, false);
    }
    const foot = sizeCanvas(parts.foot, width, 20);
    if (foot) for (const tile of this.tiles) if (tile.top === this.tiles[0].top) paintStepAxis(foot, tile, 10, cursor.step, theme);
    this.say();
    this.showTooltip();
  }

  private say(): void {
    const { parts, scene, shown } = this;
    const at = scene.cursor.step ?? Math.max(...shown.all.map(({ series }) => series.captures.at(-1)!.step));
    setText(parts.title, shown.all.length === 1 ? shown.all[0].series.tag : shown.title);
    setText(parts.step, formatStep(this.reader.hover?.step ?? at));
    for (const button of parts.toggles.flatMap((each) => [...each.children])) {
      const { value } = button as HTMLButtonElement;
      setAttribute(button, "aria-pressed", String(value === this.kind || value === (this.shared ? "shared" : "own")));
    }
    hide(shown.all.length < 2, parts.toggles[0]);
    const tile = this.tiles[this.active];
    const bands = tile && bandsOf(this.captureAt(tile, scene.cursor.step)!);
    const layer = tile ? `${tile.layer.series.tag}: ${bands ? bands.map((value, i) => `${NAMES[i]} ${valueText(value)}`).join(", ") : "no finite values"}` : `${shown.all.length} layers`;
    this.reader.say(`Distributions at step ${formatStep(at)}, ${layer}`);
  }

  private showTooltip(): void {
    const { reader: { hover }, parts: { tooltip, viewport, body } } = this;
    const tile = hover && this.tiles[hover.row];
    const capture = tile && this.captureAt(tile, hover.step);
    if (!tile || !capture) return tooltip.hide();
    const color = this.scene.theme.depth(tile.layer.depth);
    const bands = bandsOf(capture) ?? [];
    const rows = bands.map((value, i) => ({ color: i === MEDIAN ? color : "transparent", label: NAMES[i] as string, value: valueText(value) })).reverse();
    if (capture.nonfinite) rows.push({ color: this.scene.theme.warning, label: "NaN/Inf", value: formatStep(capture.nonfinite) });
    const at = stepX(tile, capture.step);
    tooltip.show({ heading: `step ${formatStep(capture.step)}`, note: "", kind: "", rows }, at, at, this.width);
    const top = viewport.offsetTop + (tile.high + tile.low - tooltip.element.offsetHeight) / 2 - viewport.scrollTop;
    tooltip.element.style.top = `${Math.round(Math.max(0, Math.min(body.clientHeight - tooltip.element.offsetHeight, top)))}px`;
  }

  locate(event: PointerEvent): Spot | null {
    const box = this.parts.held.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top + this.parts.viewport.scrollTop];
    const row = this.tiles.findIndex(({ start, right, top }) => px >= start && px < right + TILE.gap && py >= top && py < top + TILE.height);
    const tile = this.tiles[row];
    if (!tile) return null;
    const wanted = stepAt(tile, px);
    const nearest = tile.layer.series.captures.reduce((best, each) => (Math.abs(each.step - wanted) < Math.abs(best.step - wanted) ? each : best));
    return { row, step: nearest.step };
  }

  choose({ row, step }: Spot, dragging: boolean): void {
    if (!dragging) this.activate(row);
    this.scene.cursor.set(step);
  }

  private activate(tile: number): void {
    this.active = Math.max(0, Math.min(this.tiles.length - 1, tile));
    this.scene.layer = this.tiles[this.active].layer.series.tag;
    const { top } = this.tiles[this.active];
    const { viewport } = this.parts;
    if (top < viewport.scrollTop) viewport.scrollTop = top;
    if (top + TILE.height > viewport.scrollTop + viewport.clientHeight) viewport.scrollTop = top + TILE.height - viewport.clientHeight;
    this.scene.request();
  }

  key(name: string): boolean {
    const { active, scene } = this;
    if (!this.tiles.length) return false;
    const vertical = { ArrowUp: -1, ArrowDown: 1 }[name];
    const by = KEYS[name];
    if (vertical) this.activate(active < 0 ? 0 : active + vertical);
    else if (name === "Escape") scene.cursor.set(null);
    else if (by) {
      const { captures } = this.tiles[Math.max(0, active)].layer.series;
      const to = captureIndex(captures, scene.cursor.step) + by;
      scene.cursor.set(captures[Math.max(0, Math.min(captures.length - 1, to))].step);
    }
    return Boolean(vertical || by) || name === "Escape";
  }
}

export const makeDistributions: MakePanel = (scene, signal) => new Distributions(scene, signal);
