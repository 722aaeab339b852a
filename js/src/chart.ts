import { formatStep, type Domain } from "./axes";
import { brief } from "./brief";
import type { Shown } from "./detail";
import { hide, make, setAttribute } from "./dom";
import { Coordinating, type Drawn } from "./drawn";
import { paintFade, paintGrid, paintSecond } from "./grid";
import type { Group } from "./group";
import { Legend, type Best, type LegendItem } from "./legend";
import { begin, labelFont, paintLines, plotOf, toX, toY, type Plot, type Stroke } from "./line";
import { marksOf, notesAt } from "./marks";
import type { Mark, Scene } from "./model";
import { placeOf } from "./nearest";
import { Pad } from "./pad";
import { PRINTED_RATIO } from "./printing";
import { paintPointers, type Pointer } from "./pointers";
import { unprojected } from "./projection";
import { badgeOf, legendOf, linesOf, readingsOf, sentenceOf } from "./readout";
import { labelRoom, SecondAxis } from "./second";
import { namesRuns } from "./runlegend";
import type { Gathered, Shared } from "./shared";
import { audible, voiceIn, type Voice } from "./sound";
import { isPercent, Strokes } from "./strokes";
import { rowAt } from "./survey";
import { tooltipOf } from "./tooltipwords";
import { Vertical } from "./vertical";

/** Lines that a title line names where there are many runs. */
const MOST_NAMED = 4;
/** Pixels within which a line is pointed at. */
const NEAR = 24;

/** One chart: its title line, two canvases (what changes with the data, what moves over it) and the pad that is pointed at. */
export class Chart {
  readonly element = document.createElement("section");
  /** What each run has at the step that is read, by its number. */
  readings: () => ReadonlyMap<number, string> = () => new Map();
  group: Group = { chart: "", lines: [] };
  visible = true;
  size = { width: 0, height: 0 };
  readonly pad: Pad;
  private readonly legend: Legend;
  private readonly raised = make("button", { class: "chart-top", type: "button", hidden: "" }, "\u2605");
  private readonly vertical: Vertical;
  private readonly second: SecondAxis;
  private readonly coordinating: Coordinating;
  private readonly strokes: Strokes;
  private readonly stop = new AbortController();
  private read = "";
  private reserved = "";
  private gathered: Gathered | null = null;
  private ready: { readonly target: Domain; readonly percent: boolean; readonly shown: readonly Drawn[] } | null = null;
  private painted = "";
  private pointed = "";
  private settled = "";
  private theme: object | null = null;

  constructor(private readonly scene: Scene, private readonly shared: Shared, readonly name: string, raise: () => void) {
    const { signal } = this.stop;
    this.strokes = new Strokes(scene);
    this.vertical = new Vertical(scene, name, shared.horizontal);
    this.second = new SecondAxis(scene, name, shared.horizontal);
    this.coordinating = new Coordinating(shared.horizontal);
    this.legend = new Legend(name, (key) => this.toggle(key), signal);
    this.pad = new Pad(scene, shared, name, signal);
    this.legend.element.querySelector(".legend-end")!.prepend(this.pad.note);
    audible.set(this.pad.element, () => this.voices());
    this.element.className = "chart";
    this.legend.element.append(this.raised);
    this.raised.addEventListener("click", raise, { signal });
    this.element.append(this.legend.element, this.pad.element);
  }

  remove(): void {
    this.stop.abort();
    this.element.remove();
  }

  private voices(): Voice[] {
    const { ready, pad: { plot } } = this;
    if (!ready || !plot) return [];
    return ready.shown.map(({ stroke, line: { x, y, series: { length } } }) => voiceIn(plotOf(plot, stroke), { x, y, length }));
  }

  /** A way to have the chart at the top, where there are others to come before. */
  offerTop(offered: boolean, isTop: boolean): void {
    hide(!offered, this.raised);
    setAttribute(this.raised, "aria-pressed", String(isTop));
    setAttribute(this.raised, "aria-label", `${this.name} at the top`);
    setAttribute(this.raised, "title", isTop ? "Back to its place" : "To the top");
  }

  /** The number of the run whose line is nearest to the pointer, null where none is near. */
  nearest(): number | null {
    const { hover } = this.shared;
    const { plot, all } = this.pad;
    if (!plot || hover?.chart !== this.name) return null;
    const [far, family] = all.reduce<[number, number | null]>(([least, found], { stroke, line }) => {
      const row = rowAt(line.series, hover.step);
      const distance = row < 0 ? Infinity : Math.abs(toY(plotOf(plot, stroke), line.y[row]) - hover.y);
      return distance < least ? [distance, stroke.line.family] : [least, found];
    }, [Infinity, null]);
    return far <= NEAR ? family : null;
  }

  get isDrawn(): boolean {
    return this.ready !== null;
  }

  /** The lines on screen. */
  get drawnLines(): readonly Shown[] {
    return this.ready?.shown.flatMap(({ stroke }) => linesOf(stroke)) ?? [];
  }

  private toggle(key: string): void {
    const { hidden } = this.scene;
    if (!hidden.delete(key)) hidden.add(key);
    this.scene.request();
  }

  private gather(): Gathered {
    const { scene, shared: { state, families, densest } } = this;
    if (this.gathered?.state === state) return this.gathered;
    const strokes = this.strokes.of(this.group, families, densest);
    const visible = strokes.filter(({ line }) => !scene.hidden.has(line.key));
    return {
      state,
      strokes,
      percent: isPercent(strokes.filter(({ line }) => !line.right)),
      shown: this.drawn(visible, this.vertical.logOf(), this.second.vertical.logOf()),
      marks: marksOf(this.group.lines),
      stamp: [...strokes.map((stroke) => this.strokes.stamp(stroke)), ...scene.hidden].join("|"),
      badge: badgeOf(visible.flatMap(linesOf), scene.zoom),
    };
  }

  /** Brings the title line up to date, and makes ready what `paint` draws. */
  update(): void {
    this.ready = null;
    const seen = this.visible || this.scene.printed === true;
    if (!seen && this.read !== "") return;
    const { now, still, hover } = this.shared;
    const { vertical, scene } = this;
    const { strokes, percent, shown, marks, stamp, badge } = (this.gathered = this.gather());
    vertical.update(shown.filter(({ stroke }) => !stroke.line.right), percent, stamp, now, still || !seen);
    this.second.update(strokes, shown, stamp, now, still || !seen);
    const target = vertical.domain.target!;
    this.pad.all = shown;
    const step = hover?.step ?? scene.cursor.step;
    this.pad.marks = marks.map(([at]) => at);
    const read = [step, badge?.text, badge?.title, scene.runs.many && [scene.runs.focus, scene.runs.listed("pinned")], target, percent, vertical.log, this.second.axis?.ends, stamp, marks].join("|");
    if (read !== this.read || this.theme !== scene.theme) this.updateLegend(strokes, step, unprojected(target, vertical.log), percent, marks);
    this.read = read;
    if (seen && this.size.width >= 80 && this.size.height >= 60) this.ready = { target, percent, shown };
  }

  /**
   * Draws what `update` made ready; true while it is easing. All charts update before the first paints, and paint before the
   * first settles, because setting a canvas's font makes the browser bring the styles of the page up to date first.
   */
  paint(): boolean {
    if (!this.ready) return false;
    const { target, percent, shown } = this.ready;
    const { now, horizontal } = this.shared;
    const { domain, log } = this.vertical;
    this.reserveLabels(target, percent);
    const plot: Plot = {
      ...this.size, left: this.shared.left, right: this.shared.right, ratio: this.scene.printed ? PRINTED_RATIO : Math.max(1, devicePixelRatio || 1), x: horizontal.domain.at(now), y: domain.at(now), percent,
      axis: horizontal.axis, logx: horizontal.log, logy: log, theme: this.scene.theme,
    };
    this.pad.plot = { ...plot, second: this.second.of(plot, now) };
    this.paintLayers(this.pad.plot, target, shown);
    return domain.moving(now) || this.second.moving(now) || horizontal.domain.moving(now);
  }

  /** Brings what stands around and over the canvases up to date. */
  settle(): void {
    const { plot } = this.pad;
    if (!this.ready || !plot) return;
    const { shown } = this.ready;
    this.pad.dress(this.vertical.said(shown), this.vertical.log);
    this.pad.element.style.setProperty("--gutter", `${plot.left - 4}px`);
    if (this.pointed === this.settled) return;
    this.settled = this.pointed;
    this.showTooltip(plot, shown);
  }

  /** Of many runs the title line names those pinned, the best and the one looked at; the legend of runs has the rest. */
  private isNamed({ line: { family, key } }: Stroke, best: Best | null): boolean {
    const { entries, focus } = this.scene.runs;
    return family === focus || key === best?.key || (entries[family]?.pinned ?? false);
  }

  private inOrder(strokes: readonly Stroke[], items: readonly LegendItem[]): readonly LegendItem[] {
    const { many, focus } = this.scene.runs;
    if (!many) return namesRuns(this.scene) ? brief(this.group.lines, items) : items;
    const looked = new Set(strokes.filter(({ line }) => line.family === focus).map(({ line }) => line.key));
    const [first, others] = [true, false].map((side) => items.filter(({ key }) => looked.has(key) === side));
    return [...first, ...others].slice(0, MOST_NAMED);
  }

  private drawn(strokes: readonly Stroke[], left: boolean, right: boolean): Drawn[] {
    const of = (side: boolean, log: boolean): Drawn[] =>
      this.coordinating.of(strokes.filter(({ line }) => line.right === side), log, (stroke) => this.strokes.stamp(stroke));
    return [...of(false, left), ...of(true, right)];
  }

  private updateLegend(strokes: readonly Stroke[], step: number | null, y: Domain, percent: boolean, marks: readonly Mark[]): void {
    const { runs, hidden } = this.scene;
    const axis = { ends: y, percent };
    const legend = legendOf(strokes, step, axis, this.second.axis, hidden, this.shared.families, {
      badge: this.gathered?.badge ?? null,
      named: (stroke, best) => !runs.many || this.isNamed(stroke, best),
      epoch: (store, at) => this.shared.horizontal.stepsAnEpoch(store, at),
    });
    this.readings = () => readingsOf(strokes, step, axis, this.second.axis);
    this.legend.element.classList.toggle("is-picked", runs.many);
    this.legend.update({ ...legend, items: this.inOrder(strokes, legend.items), passing: runs.many });
    this.pad.describe(sentenceOf(this.name, legend, step, step === null ? "" : notesAt(marks, step)));
  }

  private reserveLabels(target: Domain, percent: boolean): void {
    const context = this.pad.lines.getContext("2d");
    const reserved = `${target} ${this.second.axis?.ends}`;
    if (!context || reserved === this.reserved) return;
    this.reserved = reserved;
    context.font = labelFont(this.scene.theme);
    const left = labelRoom(context, target, this.size.height, percent, this.vertical.log);
    const right = this.second.room(context, this.size.height);
    if (left <= this.shared.left && right <= this.shared.right) return;
    this.shared.left = Math.max(left, this.shared.left);
    this.shared.right = Math.max(right, this.shared.right);
    this.scene.request();
  }

  private paintLayers(plot: Plot, target: Domain, shown: readonly Drawn[]): void {
    const { scene } = this;
    const { width, height, left, right, ratio, x, y, axis, logx, logy, second } = plot;
    const key = [width, height, left, right, ratio, x, y, axis, logx, logy, second?.plot.y, second?.plot.logy, this.gathered?.stamp].join("|");
    const fresh = key !== this.painted || this.theme !== scene.theme;
    if (fresh) {
      const context = begin(this.pad.lines, plot);
      if (context) {
        paintGrid(context, plot, target);
        if (second) paintSecond(context, second);
        paintLines(context, plot, shown);
      }
      this.painted = key;
      this.theme = scene.theme;
    }
    this.paintOver(plot, target, shown, fresh);
  }

  private paintOver(plot: Plot, target: Domain, shown: readonly Drawn[], fresh: boolean): void {
    const { focus } = this.scene.runs;
    const looked = focus === null ? [] : shown.filter(({ stroke }) => stroke.line.family === focus);
    const { hover, horizontal } = this.shared;
    const { step } = this.scene.cursor;
    const ends = shown.map(({ stroke: { line: { store, series } } }) => (store.state === "live" ? series.length - 1 : -1));
    const marks = this.pad.marks.map((mark) => placeOf(horizontal, shown, mark));
    const { band } = this.pad.gestures;
    const pointed = [focus, hover?.step, hover?.chart, hover?.y, step, ends, marks, band?.x, band?.y].join("|");
    if (!fresh && pointed === this.pointed) return;
    this.pointed = pointed;
    const context = begin(this.pad.overlay, plot);
    if (context && looked.length) {
      paintFade(context, plot, target);
      paintLines(context, plot, looked);
    }
    const cursor = step === null ? null : this.pointer(step, shown);
    this.pad.cursor = cursor && cursor.x;
    if (context) paintPointers(context, plot, shown, { cursor, hover: hover && this.pointer(hover.step, shown), ends, marks, band });
    this.settled = "";
  }

  private pointer(step: number, shown: readonly Drawn[]): Pointer {
    const { many, focus } = this.scene.runs;
    return {
      x: placeOf(this.shared.horizontal, shown, step),
      label: this.shared.horizontal.axis === "step" ? formatStep(step) : `step ${formatStep(step)}`,
      // Points on a hundred lines would hide them all.
      rows: shown.map(({ line, stroke }) => (many && stroke.line.family !== focus ? -1 : rowAt(line.series, step))),
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
