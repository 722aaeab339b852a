/** The ridgeline panel: all layers at the cursor's step, or one layer over all its captures. */

import { formatStep } from "./axes";
import type { Selection } from "./count";
import { hide, setText } from "./dom";
import { makeSuperseded } from "./header";
import { History } from "./history";
import { hasHistograms, type Layer } from "./layers";
import { same } from "./memo";
import type { MakePanel, Panel, Scene } from "./model";
import { baseline, type Frame } from "./outline";
import { RidgeInput } from "./ridgeinput";
import { makeParts, placeTip, sizeCanvas, type Parts } from "./ridgeparts";
import { RidgeState, type Known } from "./ridgestate";
import { drawAxis, drawRows, pastCaptures } from "./ridges";
import { reading, selectionWords, write } from "./ridgewords";
import { layerRow } from "./rows";
import { FOOT } from "./rowslayout";
import { noneWords } from "./searchfield";
import { watchSize } from "./sizes";
import { listenToToggle, press } from "./toggle";
import { wishOf } from "./valueaxis";

export { hasHistograms };

class Ridges implements Panel {
  readonly element: HTMLElement;
  private readonly parts: Parts;
  private readonly state: RidgeState;
  private readonly history = new History();
  private drawn: readonly unknown[] = [];
  private labelled: readonly unknown[] = [];
  private told: Selection | null = null;
  private readonly superseded: ReturnType<typeof makeSuperseded> | null = null;

  constructor(private readonly scene: Scene, signal: AbortSignal, private readonly hideWhenEmpty: boolean) {
    this.parts = makeParts();
    this.element = this.parts.element;
    this.state = new RidgeState(scene, this.parts.viewport, this.parts.canvas, hideWhenEmpty);
    if (!hideWhenEmpty) {
      this.superseded = makeSuperseded(scene, signal);
      this.parts.note.after(this.superseded.element);
    }
    this.listen(signal);
    new RidgeInput(this.state, signal);
  }

  draw(): boolean {
    const { parts, scene, state } = this;
    this.superseded?.draw();
    const empty = !hasHistograms(scene);
    hide(empty && this.hideWhenEmpty, this.element);
    hide(empty, parts.body);
    hide(!empty, parts.empty);
    if (empty || state.width === 0) return false;
    const layers = state.refresh();
    this.showControls();
    if (state.now && state.frame) this.paint(layers, state.now, state.frame);
    else this.showNothing();
    return false;
  }

  private paint(layers: readonly Layer[], now: Known, frame: Frame): void {
    const { scene, parts, state } = this;
    const read = this.tell(now, frame);
    const stamp = [scene.theme, ...state.stamp()];
    if (same(this.drawn, stamp)) return;
    this.drawn = stamp;
    hide(false, parts.viewport, parts.axis);
    hide(true, parts.none);
    if (state.open) this.paintHistory(state.open, now, frame);
    else this.paintRows(now, frame);
    this.paintAxis(now, frame);
    this.showSelection(layers);
    write(parts, {
      title: state.shown.title, rows: state.rows(), open: state.open, alone: state.shown.total === 1, active: state.focused,
      mode: state.mode(), peak: this.history.peak, read: state.byKey ? read.slice(1) : [],
    });
  }

  /** The labels below, which do not move with the cursor. */
  private paintAxis({ shapes, columns }: Known, frame: Frame): void {
    const { parts, scene } = this;
    const labelled = [scene.theme, shapes.axis, columns, frame.left, frame.right, frame.width, devicePixelRatio];
    if (same(this.labelled, labelled)) return;
    this.labelled = labelled;
    const pen = sizeCanvas(parts.axis, frame.width, 24);
    if (pen) drawAxis(pen, frame, shapes.axis, columns, scene.theme);
  }

  private showNothing(): void {
    const { parts, scene, state: { shown } } = this;
    this.drawn = [];
    hide(true, parts.viewport, parts.axis, parts.tip, parts.selected, parts.at, parts.back, parts.warning);
    hide(false, parts.none);
    setText(parts.title, shown.title);
    setText(parts.note, "");
    setText(parts.none, noneWords(scene, shown.total));
  }

  private showControls(): void {
    const { parts, scene, state } = this;
    parts.search.draw(scene, state.shown.all.length, state.shown.total, !state.open);
    parts.whats.draw(state.shown, !state.open);
    hide(state.open === null, parts.modes.element);
    press(parts.modes, state.mode());
    const wish = wishOf(scene.knobs.get("axis"));
    if (state.now) press(parts.scales, wish.name === "density" ? wish.name : state.now.shapes.axis.kind);
  }

  private showSelection(layers: readonly Layer[]): void {
    const { parts, state } = this;
    const selection = state.selection();
    const layer = selection && layers.find(({ series }) => series.tag === selection.tag);
    hide(!layer, parts.selected);
    if (!selection) this.told = null;
    if (!selection || !layer) return;
    const words = selectionWords(selection, layer);
    setText(parts.words, words);
    // Not while it is dragged, when it would be read out without end.
    if (selection !== this.scene.knobs.get("selection") || selection === this.told) return;
    this.told = selection;
    this.scene.say(`Selected: ${words}`);
  }

  private paintRows({ shapes, columns }: Known, frame: Frame): void {
    const { scene, state, parts: { viewport, content, canvas } } = this;
    viewport.style.height = `${frame.height}px`;
    content.style.height = `${Math.ceil(frame.bases!.at(-1)! + FOOT)}px`;
    const pen = sizeCanvas(canvas, frame.width, frame.height);
    if (!pen) return;
    const selection = state.selection();
    drawRows(pen, {
      rows: state.rows(), shapes, frame, columns, theme: scene.theme,
      scrolled: viewport.scrollTop,
      labels: state.layout.labels,
      indent: state.layout.indent,
      past: pastCaptures(state.rows().length),
      active: state.focused,
      hovered: state.place?.row ?? -1,
      bin: state.place?.bin ?? -1,
      brushed: ({ layer }) => (layer && layer.series.tag === selection?.tag ? selection.values : null),
    });
  }

  private paintHistory(open: Layer, { shapes, columns }: Known, frame: Frame): void {
    const { scene: { theme }, state, parts: { viewport, content, canvas } } = this;
    viewport.style.height = content.style.height = `${frame.height}px`;
    const pen = sizeCanvas(canvas, frame.width, frame.height);
    if (!pen) return;
    const selection = state.selection();
    this.history.draw(pen, {
      series: open.series, mode: state.mode(), shapes, frame, columns, theme, scale: devicePixelRatio,
      color: theme.depth(open.depth),
      index: state.captures().index,
      hovered: state.place?.row ?? -1,
      bin: state.place?.bin ?? -1,
      brushed: selection?.tag === open.series.tag ? selection : null,
    });
  }

  /** Says what is under the pointer, or where the keys read. */
  private tell({ shapes }: Known, frame: Frame): string[] {
    const { parts, state } = this;
    const { place, open } = state;
    const row = place && !place.beside ? (open ? layerRow(open, "", place.row) : state.rows()[place.row]) : null;
    hide(!place || !row, parts.tip);
    if (!place || !row) return [];
    const name = open ? `step ${formatStep(row.capture!.step)}` : row.name;
    const lines = reading(name, row.capture, shapes.axis, place.bin, place.column, shapes.common !== null);
    const bins = shapes.axis.edges.length - 1;
    const x = Number.isNaN(place.x) ? frame.left + ((place.bin + 0.5) * (frame.right - frame.left)) / bins : place.x;
    const base = baseline(frame, place.row) - (open ? 0 : state.viewport.scrollTop);
    placeTip(parts, lines, x, parts.viewport.offsetTop + Math.max(40, base - frame.rise / 2));
    return lines;
  }

  private listen(signal: AbortSignal): void {
    const { state, parts: { viewport, content, back, search, whats, modes, scales, clear } } = this;
    watchSize(content, (width) => {
      // While a search finds nothing there is no viewport to have a width.
      if (viewport.hidden) return;
      state.width = Math.floor(width);
      if (state.width > 0) this.scene.request();
    }, signal);
    viewport.addEventListener("scroll", () => this.scene.request(), { signal, passive: true });
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.target === search.input || !state.escape()) return;
      event.preventDefault();
      event.stopPropagation();
    }, { signal });
    back.addEventListener("click", () => state.show(null), { signal });
    clear.addEventListener("click", () => {
      state.clear();
      viewport.focus({ preventScroll: true });
    }, { signal });
    search.listen(this.scene, signal);
    whats.listen(this.scene, signal);
    listenToToggle(modes, (mode) => state.set("mode", mode), signal);
    listenToToggle(scales, (axis) => state.set("axis", axis), signal);
  }
}

/** The panel; it says so while there are no histograms. */
export const ridges: MakePanel = (scene, signal) => new Ridges(scene, signal, false);

/** The panel as a part of a larger view, which needs no room while there are no histograms. */
export const ridgesIfAny: MakePanel = (scene, signal) => new Ridges(scene, signal, true);
