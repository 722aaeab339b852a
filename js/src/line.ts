import { formatStepTick, stepTicks, tickFormat, valueTicks, type Domain } from "./axes";
import { Columns, decimate } from "./decimate";
import type { Scalars, Theme } from "./model";
import type { Line } from "./group";
import type { Survey } from "./survey";

/** One line ready to be drawn. */
export interface Stroke {
  readonly line: Line;
  readonly label: string;
  readonly color: string;
  readonly dash: readonly number[];
  readonly survey: Survey;
  /** What the strong line shows: the values as logged, or smoothed. */
  readonly shown: Float64Array;
  /** The same of the rows that a restart superseded, where they are shown. */
  readonly past: { readonly series: Scalars; readonly survey: Survey; readonly shown: Float64Array } | null;
}

/** Where a chart is drawn, in CSS pixels. */
export interface Plot {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly ratio: number;
  readonly x: Domain;
  readonly y: Domain;
  readonly percent: boolean;
  readonly theme: Theme;
}

export const TOP = 10;
export const RIGHT = 12;
export const BOTTOM = 26;
export const DASH: readonly (readonly number[])[] = [[], [6, 4], [1.5, 4]];
const LABEL_SIZE = 11.5;
/** Half of what a step's label may take. */
const LABEL_ROOM = 28;
/** Of what was logged, behind what is smoothed of it; of what a restart superseded. */
const FAINT = { raw: { light: 0.22, dark: 0.26 }, past: { light: 0.45, dark: 0.5 } };
const columns = new Columns();

export const labelFont = (theme: Theme, weight = 400): string => `${weight} ${LABEL_SIZE}px ${theme.font}`;
export const bottomOf = (plot: Plot): number => plot.height - BOTTOM;
export const rightOf = (plot: Plot): number => plot.width - RIGHT;

export function toX(plot: Plot, step: number): number {
  return plot.left + ((step - plot.x[0]) / (plot.x[1] - plot.x[0])) * (rightOf(plot) - plot.left);
}

export function toStep(plot: Plot, x: number): number {
  return plot.x[0] + ((x - plot.left) / (rightOf(plot) - plot.left)) * (plot.x[1] - plot.x[0]);
}

export function toY(plot: Plot, value: number): number {
  const bottom = bottomOf(plot);
  return bottom - ((value - plot.y[0]) / (plot.y[1] - plot.y[0])) * (bottom - TOP);
}

export const valueTickCount = (height: number): number => Math.max(2, Math.round((height - TOP - BOTTOM) / 48));

/** Sizes the canvas to its pixels, clears it and scales it to CSS pixels. */
export function begin(canvas: HTMLCanvasElement, { width, height, ratio }: Plot): CanvasRenderingContext2D | null {
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  const context = canvas.getContext("2d");
  if (!context) return null;
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** Puts a hairline onto whole device pixels. */
function snap(position: number, ratio: number, thickness: number): number {
  return (Math.round(position * ratio) + ((thickness * ratio) % 2) / 2) / ratio;
}

function horizontal(context: CanvasRenderingContext2D, plot: Plot, y: number, thickness: number): void {
  const at = snap(y, plot.ratio, thickness);
  context.moveTo(plot.left, at);
  context.lineTo(rightOf(plot), at);
}

function paintAxes(context: CanvasRenderingContext2D, plot: Plot, target: Domain): void {
  const { theme, ratio } = plot;
  const count = valueTickCount(plot.height);
  const thickness = Math.max(1, Math.floor(ratio)) / ratio;
  const values = valueTicks(target, count, plot.percent);
  const text = tickFormat(target, count, plot.percent);
  context.lineWidth = thickness;
  context.strokeStyle = theme.grid;
  context.beginPath();
  for (const value of values) horizontal(context, plot, toY(plot, value), thickness);
  context.stroke();

  context.font = labelFont(theme);
  context.fillStyle = theme.muted;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const value of values) {
    const y = toY(plot, value);
    if (y > 4 && y < bottomOf(plot) + 4) context.fillText(text(value), plot.left - 8, y);
  }
}

type Span = readonly [number, number];

/** Labels the steps, except where a pointer says its own. */
function paintStepLabels(context: CanvasRenderingContext2D, plot: Plot, taken: readonly Span[]): void {
  context.font = labelFont(plot.theme);
  context.fillStyle = plot.theme.muted;
  context.textBaseline = "middle";
  const room = rightOf(plot) - plot.left;
  const [low, high] = plot.x;
  const text = (step: number): string => formatStepTick(step, high, (high - low) / 8);
  const widest = context.measureText(text(Math.round(high))).width;
  const count = Math.max(1, Math.min(8, Math.floor(room / Math.max(88, widest + 48))));
  context.textAlign = "left";
  for (const step of stepTicks(plot.x, count)) {
    const label = text(step);
    const width = context.measureText(label).width;
    const x = Math.min(toX(plot, step) - width / 2, plot.width - width - 1);
    if (taken.every(([from, to]) => x > to || x + width < from)) context.fillText(label, x, bottomOf(plot) + 15);
  }
}

/** Draws the columns as one path; points with no neighbour to be joined to become dots. */
function trace(context: CanvasRenderingContext2D, plot: Plot, radius: number): void {
  const { count, x, first, min, max, last, joined } = columns;
  const bottom = bottomOf(plot);
  const scale = (bottom - TOP) / (plot.y[1] - plot.y[0]);
  const base = bottom + plot.y[0] * scale;
  const dots = new Path2D();
  context.beginPath();
  for (let i = 0; i < count; i++) {
    const at = x[i] / plot.ratio;
    const y = base - first[i] * scale;
    if (joined[i]) context.lineTo(at, y);
    else context.moveTo(at, y);
    if (max[i] > min[i]) {
      context.lineTo(at, base - min[i] * scale);
      context.lineTo(at, base - max[i] * scale);
      context.lineTo(at, base - last[i] * scale);
    } else if (!joined[i] && (i + 1 === count || !joined[i + 1])) {
      dots.moveTo(at + radius, y);
      dots.arc(at, y, radius, 0, 2 * Math.PI);
    }
  }
  context.stroke();
  context.fill(dots);
}

function paintLine(
  context: CanvasRenderingContext2D, plot: Plot, { color, dash }: Stroke, { steps, length }: Scalars, values: Float64Array,
  faint?: keyof typeof FAINT,
): void {
  const scale = ((rightOf(plot) - plot.left) / (plot.x[1] - plot.x[0])) * plot.ratio;
  decimate(steps, values, length, scale, plot.left * plot.ratio - plot.x[0] * scale, columns);
  context.strokeStyle = context.fillStyle = color;
  context.globalAlpha = faint ? FAINT[faint][plot.theme.dark ? "dark" : "light"] : 1;
  context.lineWidth = faint ? 1 : 2;
  context.lineJoin = "round";
  context.lineCap = dash.length && dash[0] < 2 ? "round" : "butt";
  // Dashes along the zigzag of a dense line would read as noise, and cost as much as they confuse.
  context.setLineDash(!faint && length < 2 * columns.count ? (dash as number[]) : []);
  trace(context, plot, faint ? 1.5 : 2.5);
  context.setLineDash([]);
  context.globalAlpha = 1;
}

function triangle(context: CanvasRenderingContext2D, x: number, y: number, up: boolean): void {
  const tip = up ? -4.5 : 4.5;
  context.beginPath();
  context.moveTo(x, y + tip);
  context.lineTo(x + 4.5, y - tip * 0.8);
  context.lineTo(x - 4.5, y - tip * 0.8);
  context.closePath();
  context.stroke();
  context.fill();
}

/**
 * NaN at the height of the last good value, the infinities at the edge they left by. Rows in a row make one mark with a
 * trail, because what matters is when it began.
 */
function paintMarks(context: CanvasRenderingContext2D, plot: Plot, { line: { series }, survey: { broken }, shown, color }: Stroke): void {
  const bottom = bottomOf(plot) - 5;
  const seen = new Map<string, number>();
  context.fillStyle = color;
  context.lineWidth = 2;
  for (let i = 0; i < broken.length;) {
    const row = broken[i];
    const value = series.values[row];
    let end = row;
    while (broken[++i] === end + 1 && Object.is(series.values[end + 1], value)) end++;
    const [x, to] = [toX(plot, series.steps[row]), toX(plot, series.steps[end])];
    const kind = String(value);
    if (Math.abs(to - (seen.get(kind) ?? -Infinity)) < 6) continue;
    seen.set(kind, to);
    const good = Number.isFinite(shown[row - 1]) ? toY(plot, shown[row - 1]) : bottom;
    const y = Number.isNaN(value) ? good : value > 0 ? TOP + 4 : bottom;
    context.globalAlpha = 0.35;
    context.fillRect(x, y - 0.5, to - x, 2);
    context.globalAlpha = 1;
    context.strokeStyle = plot.theme.background;
    triangle(context, x, y, !(value < 0));
  }
}

/** Everything that changes only with the data: grid, values, lines, marks. */
export function paintLines(context: CanvasRenderingContext2D, plot: Plot, target: Domain, strokes: readonly Stroke[]): void {
  paintAxes(context, plot, target);
  context.save();
  context.beginPath();
  context.rect(plot.left - 3, TOP - 4, rightOf(plot) - plot.left + 7, bottomOf(plot) - TOP + 6);
  context.clip();
  for (const stroke of strokes) {
    const { past, shown, line: { series } } = stroke;
    if (past) paintLine(context, plot, stroke, past.series, past.shown, "past");
    if (shown !== series.values) paintLine(context, plot, stroke, series, series.values, "raw");
  }
  for (const stroke of strokes) paintLine(context, plot, stroke, stroke.line.series, stroke.shown);
  for (const stroke of strokes) paintMarks(context, plot, stroke);
  context.restore();
}

function vertical(context: CanvasRenderingContext2D, plot: Plot, step: number, color: string, thickness: number): number {
  const x = toX(plot, step);
  const at = snap(x, plot.ratio, thickness);
  context.strokeStyle = color;
  context.lineWidth = thickness;
  context.beginPath();
  context.moveTo(at, TOP - 4);
  context.lineTo(at, bottomOf(plot));
  context.stroke();
  return x;
}

function paintPoint(context: CanvasRenderingContext2D, plot: Plot, stroke: Stroke, row: number, radius: number): void {
  const value = stroke.shown[row];
  if (!Number.isFinite(value)) return;
  const [x, y] = [toX(plot, stroke.line.series.steps[row]), toY(plot, value)];
  for (const [size, color] of [[radius + 1.75, plot.theme.background], [radius, stroke.color]] as const) {
    context.fillStyle = color;
    context.beginPath();
    context.arc(x, y, size, 0, 2 * Math.PI);
    context.fill();
  }
}

/** Says the step below its line; where that is, with some room beside it. */
function paintStep(context: CanvasRenderingContext2D, plot: Plot, x: number, label: string, hovering: boolean): Span {
  const { theme } = plot;
  context.font = labelFont(theme, 650);
  const width = context.measureText(label).width;
  const left = Math.min(Math.max(x - width / 2, 7), plot.width - width - 7);
  const y = bottomOf(plot) + 15;
  context.fillStyle = theme.surface;
  context.beginPath();
  context.roundRect(left - 6, y - 9, width + 12, 18, 4);
  context.fill();
  context.fillStyle = hovering ? theme.muted : theme.text;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(label, left, y);
  return [left - 14, left + width + 14];
}

export interface Pointer {
  readonly step: number;
  readonly label: string;
  /** The row of each stroke that is read at the step, -1 for none. */
  readonly rows: readonly number[];
}

/** What moves without the data: the cursor, the crosshair, the points they read, and the steps below. */
export function paintPointers(
  context: CanvasRenderingContext2D, plot: Plot, strokes: readonly Stroke[],
  cursor: Pointer | null, hover: Pointer | null, ends: readonly number[],
): void {
  const { theme } = plot;
  const inside = ({ step }: Pointer): boolean => step >= plot.x[0] && step <= plot.x[1];
  const points = (rows: readonly number[], radius: number): void =>
    strokes.forEach((stroke, i) => rows[i] >= 0 && paintPoint(context, plot, stroke, rows[i], radius));
  points(ends, 3);
  const taken: Span[] = [];
  for (const pointer of [hover, cursor]) {
    if (!pointer || !inside(pointer)) continue;
    context.globalAlpha = pointer === hover ? 0.45 : 0.85;
    const x = vertical(context, plot, pointer.step, theme.muted, pointer === hover ? 1 : 1.5);
    context.globalAlpha = 1;
    points(pointer.rows, 4);
    const room = [x - LABEL_ROOM, x + LABEL_ROOM] as const;
    if (taken.some(([from, to]) => room[1] > from && room[0] < to)) continue;
    taken.push(paintStep(context, plot, x, pointer.label, pointer === hover));
  }
  paintStepLabels(context, plot, taken);
}
