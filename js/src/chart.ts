import {
  EasedDomain, formatDuration, formatExact, formatStep, keepValueDomain, tickFormat, valueFormat, valueTicks, type Domain,
} from "./axes";
import { labelsOf, ROLES, type Group, type Line } from "./group";
import { Legend, type Best } from "./legend";
import { begin, DASH, labelFont, paintLines, paintPointers, toX, valueTickCount, type Plot, type Pointer, type Stroke } from "./line";
import type { Scene } from "./model";
import { Pad } from "./pad";
import { SmoothCache } from "./smooth";
import { rowAt, SurveyCache } from "./survey";
import type { TooltipRow } from "./tooltip";

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

/** How many times fewer rows than the densest line of the view make a line a seldom one. */
const SELDOM = 4;

const compact = (count: number): string => (count < 10 ? count.toFixed(1).replace(/\.0$/, "") : String(Math.round(count)));

/** One chart: its title line, two canvases (what changes with the data, what moves over it) and the pad that is pointed at. */
export class Chart {
  readonly element = document.createElement("section");
  group: Group = { chart: "", lines: [] };
  visible = true;
  size = { width: 0, height: 0 };
  readonly pad: Pad;
  private readonly legend: Legend;
  private readonly y = new EasedDomain();
  private readonly smooth = new SmoothCache();
  private readonly surveys = new SurveyCache();
  private readonly stop = new AbortController();
  private read = "";
  private reserved: Domain | null = null;
  private ready: { readonly target: Domain; readonly percent: boolean; readonly shown: readonly Stroke[] } | null = null;
  private drawn = "";
  private pointed = "";
  private theme: object | null = null;

  constructor(private readonly scene: Scene, private readonly shared: Shared, readonly name: string) {
    const { signal } = this.stop;
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
    const strokes = this.strokes();
    const shown = strokes.filter(({ line }) => !this.scene.hidden.has(line.key));
    const percent = this.isPercent(strokes);
    const surveys = shown.flatMap(({ survey, past }) => (past ? [survey, past.survey] : [survey]));
    const low = Math.min(...surveys.map((each) => each.low));
    const high = Math.max(...surveys.map((each) => each.high));
    this.y.send(keepValueDomain(this.y.target, low, high, percent), now, still || !this.visible);
    const target = this.y.target!;
    this.pad.series = shown.flatMap(({ line: { series }, past }) => (past ? [series, past.series] : [series]));
    const step = this.shared.hover?.step ?? this.scene.cursor.step;
    const read = [step, target, percent, ...strokes.map((stroke) => this.stamp(stroke)), ...this.scene.hidden].join("|");
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

  private strokes(): Stroke[] {
    const { scene, shared: { families, densest } } = this;
    const labels = labelsOf(this.group, families);
    return this.group.lines.map((line, i) => {
      const { key, series } = line;
      const { role } = series.place;
      const past = `${key} past`;
      // Smoothing is there for the noise of single batches. What is logged far more seldom than the rest, as
      // validation is, has been averaged already: smoothed as well it would trail behind by epochs.
      const seldom = series.rows * SELDOM <= densest;
      const weight = seldom ? 0 : Math.min(0.999, Math.max(0, scene.smoothing));
      return {
        line,
        label: labels[i],
        color: families > 1 ? scene.theme.family(line.family) : this.hue(line),
        dash: DASH[ROLES.indexOf(role)] ?? DASH[0],
        survey: this.surveys.get(key, series),
        shown: this.smooth.get(key, series, weight),
        past: series.past
          ? { series: series.past, survey: this.surveys.get(past, series.past), shown: this.smooth.get(past, series.past, weight) }
          : null,
      };
    });
  }

  /** Roles have hues of their own; several series of one role in one chart are told apart by more of them. */
  private hue({ key, series: { place } }: Line): string {
    const { theme } = this.scene;
    const same = this.group.lines.filter(({ series }) => series.place.role === place.role);
    return same.length === 1 ? theme.role(place.role) : theme.family(same.findIndex((line) => line.key === key));
  }

  private isPercent(strokes: readonly Stroke[]): boolean {
    const finite = strokes.filter(({ survey }) => survey.finite > 0);
    return strokes.every(({ line }) => line.series.place.unit === "percent")
      && finite.every(({ survey }) => survey.low >= 0 && survey.high <= 1);
  }

  private updateLegend(strokes: readonly Stroke[], step: number | null, y: Domain, percent: boolean): void {
    const { hidden } = this.scene;
    const text = valueFormat(y, percent);
    const items = strokes.map((stroke) => {
      const { line: { key, series }, label, color, dash, shown } = stroke;
      const row = step === null ? series.length - 1 : rowAt(series, step);
      const value = row < 0 ? "\u2013" : text(shown[row]);
      const note = row >= 0 && shown !== series.values ? `smoothed ${value}, logged ${formatExact(series.values[row], percent)}` : "";
      const finite = row < 0 || Number.isFinite(shown[row]);
      return { key, label, name: label || series.tag, color, dash, value, note, finite, hidden: hidden.has(key) };
    });
    const best = this.best(strokes, text);
    const width = Math.max(text(y[0]).length, text(y[1]).length) - (percent ? 0.9 : 0.4);
    this.legend.update({ items, best, badge: this.badge(strokes), width });
    const said = items.filter((item) => !item.hidden).map((item) => `${item.name} ${item.value}`).join(", ");
    const at = step === null ? "latest" : `at step ${formatStep(step)}`;
    this.pad.describe(`${this.name}, ${at}: ${said || "nothing shown"}.${best ? ` Best ${best.text} at step ${formatStep(best.step)}.` : ""}`);
  }

  /** The best finite value ever logged, of validation where there is such a series. */
  private best(strokes: readonly Stroke[], text: (value: number) => string): Best | null {
    const role = (["validation", "test", "train"] as const).find((each) =>
      strokes.some(({ line, survey }) => line.series.place.role === each && survey.finite > 0));
    let found: { value: number; step: number; whose: string } | null = null;
    for (const { line, survey } of strokes) {
      const { best, role: own } = line.series.place;
      if (own !== role || best === "" || survey.finite === 0) continue;
      const [value, step] = best === "min" ? [survey.low, survey.lowStep] : [survey.high, survey.highStep];
      const better = !found || (best === "min" ? value < found.value : value > found.value);
      if (better) found = { value, step, whose: this.shared.families > 1 ? line.store.family : "" };
    }
    return found && { text: text(found.value), step: found.step, whose: found.whose };
  }

  private badge(strokes: readonly Stroke[]): { text: string; title: string } | null {
    const reduced = strokes.map(({ line }) => line.series).filter(({ rows, length }) => rows > length && length > 0);
    if (reduced.length === 0) return null;
    const most = reduced.reduce((a, b) => (a.rows / a.length > b.rows / b.length ? a : b));
    const title = `${formatStep(most.rows)} rows drawn from ${formatStep(most.length)} kept: every minimum and maximum is there`;
    return { text: `1\u2009:\u2009${compact(most.rows / most.length)}`, title };
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

  /** Tells whether a line has to be drawn anew. */
  private stamp({ line: { key, series }, label, color, shown }: Stroke): string {
    return `${key} ${series.version} ${label} ${color} ${shown === series.values ? 0 : this.scene.smoothing}`;
  }

  private paintLayers(plot: Plot, target: Domain, shown: readonly Stroke[]): void {
    const { scene } = this;
    const { width, height, left, ratio, x, y } = plot;
    const key = [width, height, left, ratio, x, y, ...shown.map((stroke) => this.stamp(stroke))].join("|");
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
    const hover = this.shared.hover;
    if (!hover || hover.chart !== this.name || shown.length === 0) return this.pad.tooltip.hide();
    const points = shown.map((stroke) => ({ stroke, row: rowAt(stroke.line.series, hover.step) })).filter(({ row }) => row >= 0);
    const rows = points.map(({ stroke: { line: { series }, label, color }, row }): TooltipRow => {
      const at = series.steps[row] === hover.step ? "" : ` at ${formatStep(series.steps[row])}`;
      return { color, label: (label || series.tag) + at, value: formatExact(series.values[row], plot.percent) };
    });
    const read = points.reduce((wall, { stroke, row }) => Math.max(wall, stroke.line.series.walls[row]), -Infinity);
    for (const { line: { series: { tag } }, label, color, past } of shown) {
      const row = past ? rowAt(past.series, hover.step) : -1;
      if (row < 0 || past!.series.steps[row] !== hover.step) continue;
      rows.push({ color, label: `${label || tag}, superseded`, value: formatExact(past!.series.values[row], plot.percent) });
    }
    const begun = Math.min(...shown.map(({ line }) => line.series.walls[0]));
    const note = Number.isFinite(read - begun) ? `after ${formatDuration(read - begun)}` : "";
    const xs = [toX(plot, hover.step), ...points.map(({ stroke, row }) => toX(plot, stroke.line.series.steps[row]))];
    const left = Math.max(plot.left, Math.min(...xs));
    const kind = points.some(({ stroke }) => stroke.shown !== stroke.line.series.values) ? "as logged" : "";
    this.pad.tooltip.show({ heading: `step ${formatStep(hover.step)}`, note, kind, rows }, left, xs[0], plot.width);
  }
}
