/** What a ridge panel shows and what its reader has done to it: no drawing, no words. */

import { brushHistory, brushRow } from "./brush";
import { isSelection, type Selection } from "./count";
import { columnsFor, gutterWidth, type Column } from "./gutter";
import { groupLayers, type Group } from "./groups";
import { captureNear, historyFrame, MODES, type Mode } from "./history";
import { filterOf, layersOf, MANY, NO_LAYERS, type Layer, type Layers } from "./layers";
import { Memo } from "./memo";
import type { Scene } from "./model";
import { baseline, type Frame } from "./outline";
import { captureIndex, Shapes, spanOf } from "./rebin";
import type { Place, Target } from "./ridgeinput";
import { headingKey, layerRow, rowsOf, type Row } from "./rows";
import { FOOT, rowAt, RowsLayout } from "./rowslayout";
import { BINS, chooseAxis, wishOf } from "./valueaxis";

/** Of one layer's history, unless it opens in the place of rows and is as high as they were. */
const HISTORY_HEIGHT = 420;

/** What is learnt of layers once, and holds until one of them changes. */
export interface Known {
  readonly shapes: Shapes;
  readonly columns: readonly Column[];
  readonly groups: readonly Group[];
}

function learn(layers: readonly Layer[], grouped: boolean, wished: unknown, before: Known | undefined): Known {
  const { name, kind } = wishOf(wished);
  const spans = layers.map((layer) => layer.series.captures.map(spanOf));
  const axis = chooseAxis(spans, { kind, bins: BINS }, before?.shapes.axis ?? null);
  const density = name === "density";
  const same = before && axis === before.shapes.axis && !density && before.shapes.common === null;
  const shapes = same ? before.shapes : Shapes.on(axis, density ? layers.map(({ series }) => series.captures) : null);
  return { shapes, columns: columnsFor(layers), groups: grouped ? groupLayers(layers) : [] };
}

export class RidgeState implements Target {
  width = 0;
  focused = -1;
  place: Place | null = null;
  byKey = false;
  frame: Frame | null = null;
  now: Known | null = null;
  layout = new RowsLayout();
  shown: Layers = NO_LAYERS;
  open: Layer | null = null;
  private opened: string | null = null;
  private historyHeight = HISTORY_HEIGHT;
  private draft: Selection | null = null;
  /** Headings that were folded, or unfolded where all are folded at first. */
  private readonly turned = new Set<string>();
  private filter = "";
  private shownRows: readonly Row[] = [];
  private readonly known = new Map<string, Memo<Known>>();

  constructor(
    private readonly scene: Scene, readonly viewport: HTMLElement, private readonly canvas: HTMLElement, private readonly part: boolean,
  ) {}

  /** Brings all up to date with the scene; the layers that are shown. */
  refresh(): readonly Layer[] {
    const { scene } = this;
    this.shown = layersOf(scene);
    const { all, total } = this.shown;
    // Several runs may have the layer that was chosen, here or in another panel.
    const chosen = all.filter(({ series }) => series.tag === scene.layer);
    this.open = (total === 1 ? all[0] : chosen.find(({ key }) => key === this.opened)) ?? chosen[0] ?? null;
    if (filterOf(scene) !== this.filter) {
      this.filter = filterOf(scene);
      // What is searched for should not hide under a heading.
      this.turned.clear();
      this.focused = -1;
    }
    const layers = this.open ? [this.open] : all;
    this.frame = this.now = null;
    this.shownRows = [];
    if (!layers.length || !this.width) return layers;
    const name = this.open?.key ?? "";
    const axis = scene.knobs.get("axis");
    let known = this.known.get(name);
    if (!known) this.known.set(name, (known = new Memo()));
    this.now = known.of([axis, ...layers.map(({ series }) => series), ...layers.map(({ series }) => series.version)], (before) => learn(layers, !this.open, axis, before));
    this.arrange(this.now);
    return layers;
  }

  private arrange({ shapes, groups, columns }: Known): void {
    const { open, width, scene: { cursor: { step }, theme } } = this;
    if (open) {
      const { captures } = open.series;
      this.shownRows = [layerRow(open, open.label, captureIndex(captures, step))];
      this.frame = historyFrame(this.mode(), width, this.historyHeight, captures.length, gutterWidth(columns));
    } else {
      this.shownRows = rowsOf(groups, this.foldedOf(groups), step, shapes.axis);
      this.frame = this.layout.frame(this.shownRows, columns, width, theme.font);
    }
  }

  /** As a part of a larger view, many layers are folded until somebody looks for one. */
  private foldedOf(groups: readonly Group[]): ReadonlySet<string> {
    if (!this.part || this.filter || this.shown.all.length <= MANY) return this.turned;
    return new Set(groups.map(headingKey).filter((key) => !this.turned.has(key)));
  }

  mode(): Mode {
    const mode = this.scene.knobs.get("mode") as Mode;
    return MODES.includes(mode) ? mode : "offset";
  }

  selection(): Selection | null {
    const kept = this.scene.knobs.get("selection");
    return this.draft ?? (isSelection(kept) ? kept : null);
  }

  /** Everything the picture depends on but the theme. */
  stamp(): unknown[] {
    const { place, now, shown, open, frame } = this;
    return [now, this.width, frame?.height, devicePixelRatio, this.viewport.scrollTop, this.focused, place?.row, place?.bin,
      place?.column?.kind, this.byKey, open?.key, this.mode(), shown.title, shown.total, JSON.stringify(this.selection()),
      ...this.shownRows.flatMap((row) => [row.index, row.folded])];
  }

  set(knob: string, value: unknown): void {
    this.scene.knobs.set(knob, value);
    this.scene.keep?.(knob);
    this.scene.request();
  }

  // What the pointer and the keys do

  isOpen(): boolean {
    return this.open !== null;
  }

  rows(): readonly Row[] {
    return this.shownRows;
  }

  captures(): { count: number; index: number } {
    return { count: this.open?.series.captures.length ?? 0, index: this.shownRows[0]?.index ?? 0 };
  }

  bins(): number {
    return (this.now?.shapes.axis.edges.length ?? 1) - 1;
  }

  active(): number {
    return this.focused;
  }

  locate(event: MouseEvent, held: Place | null): Place | null {
    const { frame, now, open } = this;
    if (!frame || !now) return null;
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const bins = this.bins();
    const bin = Math.floor(((x - frame.left) / (frame.right - frame.left)) * bins);
    const within = bin >= 0 && bin < bins;
    const column = now.columns.find(({ left, width }) => x >= frame.right + left - 6 && x < frame.right + left + width) ?? null;
    if (!open) {
      const row = held?.row ?? rowAt(frame, y + this.viewport.scrollTop);
      if (row < 0) return null;
      return { row, bin: held ? Math.min(bins - 1, Math.max(0, bin)) : within ? bin : -1, column, beside: false, x, y };
    }
    const { captures } = open.series;
    const near = captureNear(frame, this.mode(), captures.length, y);
    const row = near < 0 ? (this.shownRows[0]?.index ?? 0) : near;
    const beside = held ? held.beside : !within && !column && x > frame.right;
    return { row, bin: held ? Math.min(bins - 1, Math.max(0, bin)) : within ? bin : -1, column, beside, x, y };
  }

  read(place: Place | null, byKey: boolean): void {
    [this.place, this.byKey] = [place, byKey && place !== null];
    this.scene.request();
  }

  /** Moves the cursor to a capture of the layer that is open. */
  seek(index: number): void {
    const capture = this.open?.series.captures[index];
    if (capture) this.scene.cursor.set(capture.step);
  }

  activate(row: number): void {
    this.focused = row;
    const { frame, viewport } = this;
    if (frame && row >= 0 && !this.open) {
      const [top, bottom] = [baseline(frame, row) - frame.pitch - frame.rise / 2, baseline(frame, row) + FOOT];
      if (top < viewport.scrollTop) viewport.scrollTop = top;
      if (bottom > viewport.scrollTop + frame.height) viewport.scrollTop = bottom - frame.height;
    }
    this.scene.request();
  }

  toggle({ key }: Row): void {
    if (!this.turned.delete(key)) this.turned.add(key);
    this.scene.request();
  }

  openRow({ layer }: Row): void {
    if (layer) this.show(layer);
  }

  /** Opens a layer, or closes it. */
  show(layer: Layer | null): void {
    [this.opened, this.place, this.byKey] = [layer?.key ?? null, null, false];
    if (layer && this.frame) this.historyHeight = Math.max(HISTORY_HEIGHT * 0.75, this.frame.height);
    if (!layer) this.viewport.focus({ preventScroll: true });
    this.scene.layer = layer?.series.tag ?? null;
    this.scene.request();
  }

  brush(from: Place, to: Place, done: boolean): void {
    const { open, now } = this;
    const row = this.shownRows[from.row];
    if (!now) return;
    const { axis } = now.shapes;
    const made = open
      ? brushHistory(open.series, axis, from, to, this.mode() === "overlay")
      : row?.layer && row.capture && brushRow(row.layer.series, axis, row.capture.step, from, to);
    if (!made) return;
    this.draft = done ? null : made;
    if (done) this.set("selection", made);
    this.scene.request();
  }

  escape(): boolean {
    const closes = this.open !== null && this.shown.total > 1;
    if (this.selection()) this.clear();
    else if (closes) this.show(null);
    else return false;
    return true;
  }

  clear(): void {
    this.draft = null;
    this.set("selection", null);
  }
}
