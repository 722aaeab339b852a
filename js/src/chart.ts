import { EasedDomain, formatStep, keepValueDomain, tickFormat, valueTicks, type Domain } from "./axes";
import type { Group } from "./group";
import { Legend } from "./legend";
import { begin, labelFont, paintLines, paintPointers, toX, valueTickCount, type Plot, type Pointer, type Stroke } from "./line";
import type { Scene } from "./model";
import { Pad } from "./pad";
import { legendOf, sentenceOf, tooltipOf } from "./readout";
import { isPercent, Strokes } from "./strokes";
import { rowAt } from "./survey";

/** What the charts of one view have in common: where the steps lie, and where the pointer is. */
export interface Shared {
  readonly x: EasedDomain;
  /** Room for the labels of the values, the same in all charts so that their steps line up. */
  left: number;
  hover: { readonly step: number; readonly chart: string } | null;
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
  private readonly y = new EasedDomain();
  private readonly strokes: Strokes;
  private readonly stop = new AbortController();
  private read = "";
  private reserved: Domain | null = null;
  private ready: { readonly target: Domain; readonly percent: boolean; readonly shown: readonly Stroke[] } | null = null;
  private drawn = "";
  private pointed = "";
  private theme: object | null = null;

  constructor(private readonly scene: Scene, private readonly shared: Shared, readonly name: string) {
    const { signal } = this.stop;
    this.strokes = new Strokes(scene);
    this.legend = new Legend(name, (key) => this.toggle(key), signal);
    this.pad = new Pad(scene, shared, name, signal);
    this.element.className = "chart";
    this.element.append(this.legend.element, this.pad.element);
  }

  remove(): void {
    this.stop.abort();
    this.element.remove();
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
    const { now, still } = this.shared;
    const strokes = this.strokes.of(this.group, this.shared.families, this.shared.densest);
    const shown = strokes.filter(({ line }) => !this.scene.hidden.has(line.key));
    const percent = isPercent(strokes);
    const surveys = shown.flatMap(({ survey, past }) => (past ? [survey, past.survey] : [survey]));
    const low = Math.min(...surveys.map((each) => each.low));
    const high = Math.max(...surveys.map((each) => each.high));
    this.y.send(keepValueDomain(this.y.target, low, high, percent), now, still || !this.visible);
    const target = this.y.target!;
    this.pad.series = shown.flatMap(({ line: { series }, past }) => (past ? [series, past.series] : [series]));
    const step = this.shared.hover?.step ?? this.scene.cursor.step;
    const read = [step, target, percent, ...strokes.map((stroke) => this.strokes.stamp(stroke)), ...this.scene.hidden].join("|");
    if (read !== this.read || this.theme !== this.scene.theme) this.updateLegend(strokes, step, target, percent);
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
    const { now, x } = this.shared;
    this.reserveLabels(target, percent);
    const plot: Plot = {
      ...this.size, left: this.shared.left, ratio: Math.max(1, devicePixelRatio || 1), x: x.at(now), y: this.y.at(now), percent,
      theme: this.scene.theme,
    };
    this.pad.plot = plot;
    this.paintLayers(plot, target, shown);
    return this.y.moving(now) || x.moving(now);
  }

  private updateLegend(strokes: readonly Stroke[], step: number | null, y: Domain, percent: boolean): void {
    const legend = legendOf(strokes, step, y, percent, this.scene.hidden, this.shared.families);
    this.legend.update(legend);
    this.pad.describe(sentenceOf(this.name, legend, step));
  }

  private reserveLabels(target: Domain, percent: boolean): void {
    const context = this.pad.lines.getContext("2d");
    if (!context || target === this.reserved) return;
    this.reserved = target;
    const count = valueTickCount(this.size.height);
    const text = tickFormat(target, count, percent);
    context.font = labelFont(this.scene.theme);
    const widest = Math.max(...valueTicks(target, count, percent).map((value) => context.measureText(text(value)).width));
    const needed = Math.ceil((widest + 14) / 8) * 8;
    if (needed <= this.shared.left) return;
    this.shared.left = needed;
    this.scene.request();
  }

  private paintLayers(plot: Plot, target: Domain, shown: readonly Stroke[]): void {
    const { scene } = this;
    const { width, height, left, ratio, x, y } = plot;
    const key = [width, height, left, ratio, x, y, ...shown.map((stroke) => this.strokes.stamp(stroke))].join("|");
    const fresh = key !== this.drawn || this.theme !== scene.theme;
    if (fresh) {
      const context = begin(this.pad.lines, plot);
      if (context) paintLines(context, plot, target, shown);
      this.drawn = key;
      this.theme = scene.theme;
    }
    const hover = this.shared.hover;
    const ends = shown.map(({ line: { store, series } }) => (store.state === "live" ? series.length - 1 : -1));
    const pointed = [hover?.step, hover?.chart, scene.cursor.step, ends].join("|");
    if (!fresh && pointed === this.pointed) return;
    this.pointed = pointed;
    const context = begin(this.pad.overlay, plot);
    const cursor = scene.cursor.step === null ? null : this.pointer(scene.cursor.step, shown);
    if (context) paintPointers(context, plot, shown, cursor, hover && this.pointer(hover.step, shown), ends);
    this.showTooltip(plot, shown);
  }

  private pointer(step: number, shown: readonly Stroke[]): Pointer {
    return { step, label: formatStep(step), rows: shown.map(({ line }) => rowAt(line.series, step)) };
  }

  private showTooltip(plot: Plot, shown: readonly Stroke[]): void {
    const { hover } = this.shared;
    if (!hover || hover.chart !== this.name || shown.length === 0) return this.pad.tooltip.hide();
    const { steps, ...state } = tooltipOf(shown, hover.step, plot.percent);
    const at = toX(plot, hover.step);
    const left = Math.max(plot.left, Math.min(at, ...steps.map((step) => toX(plot, step))));
    this.pad.tooltip.show(state, left, at, plot.width);
  }
}
