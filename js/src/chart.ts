import { formatStep, type Domain } from "./axes";
import { Coordinating, type Drawn } from "./drawn";
import { paintGrid, valueAxis } from "./grid";
import type { Group } from "./group";
import type { Horizontal } from "./horizontal";
import { Legend } from "./legend";
import { begin, labelFont, paintLines, toX, type Plot, type Stroke } from "./line";
import { marksOf, notesAt } from "./marks";
import type { Mark, Scene } from "./model";
import { placeOf } from "./nearest";
import { Pad } from "./pad";
import { paintPointers, type Pointer } from "./pointers";
import { unprojected } from "./projection";
import { legendOf, sentenceOf } from "./readout";
import { audible, voiceIn, type Voice } from "./sound";
import { isPercent, Strokes } from "./strokes";
import { rowAt } from "./survey";
import { tooltipOf } from "./tooltipwords";
import { Vertical } from "./vertical";

/** What the charts of one view have in common: where the steps lie, and where the pointer is. */
export interface Shared {
  readonly horizontal: Horizontal;
  /** Room for the labels of the values, the same in all charts so that their steps line up. */
  left: number;
  hover: { readonly step: number; readonly chart: string; readonly y: number } | null;
  readonly families: number;
  /** Rows of the series that has most. */
  readonly densest: number;
  /** Milliseconds of this frame. */
  readonly now: number;
  readonly still: boolean;
}

/** One chart: its title line, two canvases (what changes with the data, what moves over it) and the pad that is pointed at. */
export class Chart {
  readonly element = document.createElement("section");
  group: Group = { chart: "", lines: [] };
  visible = true;
  size = { width: 0, height: 0 };
  readonly pad: Pad;
  private readonly legend: Legend;
  private readonly vertical: Vertical;
  private readonly coordinating: Coordinating;
  private readonly strokes: Strokes;
  private readonly stop = new AbortController();
  private read = "";
  private reserved: Domain | null = null;
  private ready: { readonly target: Domain; readonly percent: boolean; readonly shown: readonly Drawn[] } | null = null;
  private painted = "";
  private pointed = "";
  private theme: object | null = null;

  constructor(private readonly scene: Scene, private readonly shared: Shared, readonly name: string) {
    const { signal } = this.stop;
    this.strokes = new Strokes(scene);
    this.vertical = new Vertical(scene, name, shared.horizontal);
    this.coordinating = new Coordinating(shared.horizontal);
    this.legend = new Legend(name, (key) => this.toggle(key), signal);
    this.pad = new Pad(scene, shared, name, signal);
    this.legend.element.querySelector(".legend-end")!.prepend(this.pad.note);
    audible.set(this.pad.element, () => this.voices());
    this.element.className = "chart";
    this.element.append(this.legend.element, this.pad.element);
  }

  remove(): void {
    this.stop.abort();
    this.element.remove();
  }

  private voices(): Voice[] {
    const { ready, pad: { plot } } = this;
    if (!ready || !plot) return [];
    return ready.shown.map(({ line: { x, y, series: { length } } }) => voiceIn(plot, { x, y, length }));
  }

  private toggle(key: string): void {
    const { hidden } = this.scene;
    if (!hidden.delete(key)) hidden.add(key);
    this.scene.request();
  }

  /** Brings the title line up to date, and makes ready what `paint` draws. */
  update(): void {
    this.ready = null;
    if (!this.visible && this.read !== "") return;
    const { now, still, hover } = this.shared;
    const strokes = this.strokes.of(this.group, this.shared.families, this.shared.densest);
    const visible = strokes.filter(({ line }) => !this.scene.hidden.has(line.key));
    const percent = isPercent(strokes);
    const stamps = strokes.map((stroke) => this.strokes.stamp(stroke)).join("|");
    const { vertical, scene } = this;
    const shown = this.drawn(visible, vertical.logOf());
    vertical.update(shown, percent, [stamps, ...scene.hidden].join("|"), now, still || !this.visible);
    const target = vertical.domain.target!;
    this.pad.all = shown;
    const step = hover?.step ?? scene.cursor.step;
    const marks = marksOf(this.group.lines);
    this.pad.marks = marks.map(([at]) => at);
    const read = [step, target, percent, vertical.log, stamps, marks, ...scene.hidden].join("|");
    if (read !== this.read || this.theme !== scene.theme) this.updateLegend(strokes, step, unprojected(target, vertical.log), percent, marks);
    this.read = read;
    if (this.visible && this.size.width >= 80 && this.size.height >= 60) this.ready = { target, percent, shown };
  }

  /**
   * Draws what `update` made ready; true while it is easing. All charts update before the first paints, because setting a
   * canvas's font makes the browser bring the styles of the page up to date first.
   */
  paint(): boolean {
    if (!this.ready) return false;
    const { target, percent, shown } = this.ready;
    const { now, horizontal } = this.shared;
    const { domain, log } = this.vertical;
    this.reserveLabels(target, percent);
    const plot: Plot = {
      ...this.size, left: this.shared.left, ratio: Math.max(1, devicePixelRatio || 1), x: horizontal.domain.at(now), y: domain.at(now), percent,
      axis: horizontal.axis, logx: horizontal.log, logy: log, theme: this.scene.theme,
    };
    this.pad.plot = plot;
    this.pad.dress(this.vertical.said(shown), log);
    this.pad.element.style.setProperty("--gutter", `${plot.left - 4}px`);
    this.paintLayers(plot, target, shown);
    return domain.moving(now) || horizontal.domain.moving(now);
  }

  private drawn(strokes: readonly Stroke[], log: boolean): Drawn[] {
    return this.coordinating.of(strokes, log, (stroke) => this.strokes.stamp(stroke));
  }

  private updateLegend(strokes: readonly Stroke[], step: number | null, y: Domain, percent: boolean, marks: readonly Mark[]): void {
    const legend = legendOf(
      strokes, step, y, percent, this.scene.hidden, this.shared.families, (store, at) => this.shared.horizontal.stepsAnEpoch(store, at),
    );
    this.legend.update(legend);
    this.pad.describe(sentenceOf(this.name, legend, step, step === null ? "" : notesAt(marks, step)));
  }

  private reserveLabels(target: Domain, percent: boolean): void {
    const context = this.pad.lines.getContext("2d");
    if (!context || target === this.reserved) return;
    this.reserved = target;
    context.font = labelFont(this.scene.theme);
    const { values, text } = valueAxis(target, this.size.height, percent, this.vertical.log);
    const widest = Math.max(0, ...values.map((value) => context.measureText(text(value)).width));
    const needed = Math.ceil((widest + 14) / 8) * 8;
    if (needed <= this.shared.left) return;
    this.shared.left = needed;
    this.scene.request();
  }

  private paintLayers(plot: Plot, target: Domain, shown: readonly Drawn[]): void {
    const { scene } = this;
    const { width, height, left, ratio, x, y, axis, logx, logy } = plot;
    const key = [width, height, left, ratio, x, y, axis, logx, logy, ...shown.map(({ stroke }) => this.strokes.stamp(stroke))].join("|");
    const fresh = key !== this.painted || this.theme !== scene.theme;
    if (fresh) {
      const context = begin(this.pad.lines, plot);
      if (context) {
        paintGrid(context, plot, target);
        paintLines(context, plot, shown);
      }
      this.painted = key;
      this.theme = scene.theme;
    }
    this.paintOver(plot, shown, fresh);
  }

  private paintOver(plot: Plot, shown: readonly Drawn[], fresh: boolean): void {
    const { hover, horizontal } = this.shared;
    const { step } = this.scene.cursor;
    const ends = shown.map(({ stroke: { line: { store, series } } }) => (store.state === "live" ? series.length - 1 : -1));
    const marks = this.pad.marks.map((mark) => placeOf(horizontal, shown, mark));
    const { band } = this.pad.gestures;
    const pointed = [hover?.step, hover?.chart, hover?.y, step, ends, marks, band?.x, band?.y].join("|");
    if (!fresh && pointed === this.pointed) return;
    this.pointed = pointed;
    const context = begin(this.pad.overlay, plot);
    const cursor = step === null ? null : this.pointer(step, shown);
    this.pad.cursor = cursor && cursor.x;
    if (context) paintPointers(context, plot, shown, { cursor, hover: hover && this.pointer(hover.step, shown), ends, marks, band });
    this.showTooltip(plot, shown);
  }

  private pointer(step: number, shown: readonly Drawn[]): Pointer {
    return {
      x: placeOf(this.shared.horizontal, shown, step),
      label: this.shared.horizontal.axis === "step" ? formatStep(step) : `step ${formatStep(step)}`,
      rows: shown.map(({ line }) => rowAt(line.series, step)),
    };
  }

  private showTooltip(plot: Plot, shown: readonly Drawn[]): void {
    const { hover } = this.shared;
    if (!hover || hover.chart !== this.name || shown.length === 0) return this.pad.tooltip.hide();
    const { places, ...state } = tooltipOf(this.scene, this.shared.horizontal, shown, hover.step, hover.y, plot);
    const at = toX(plot, placeOf(this.shared.horizontal, shown, hover.step));
    const left = Math.max(plot.left, Math.min(at, ...places.map((place) => toX(plot, place)).filter(Number.isFinite)));
    this.pad.tooltip.show(state, left, at, plot.width);
  }
}
