import type { Domain } from "./axes";
import { Columns, decimate } from "./decimate";
import { rowsWithin, type Coordinates, type Drawn } from "./drawn";
import type { Scalars, Theme } from "./model";
import type { Line } from "./group";
import type { Axis } from "./reading";
import type { SpreadMode } from "./runs";
import type { Survey } from "./survey";
import { Texture } from "./texture";
import { fillColumns, isZigzag, noiseOf, trace, travelOf } from "./trace";

/** One line ready to be drawn. */
export interface Stroke {
  readonly line: Line;
  readonly label: string;
  readonly color: string;
  readonly dash: readonly number[];
  /** Pixels; lines of many runs are thin. */
  readonly width: number;
  /** A finished run beside one that trains: fainter, and painted first. */
  readonly behind: boolean;
  /** Logged far more seldom than others, as validation is: painted last, for the others would bury it. */
  readonly seldom: boolean;
  readonly survey: Survey;
  /** What the strong line shows: the values as logged, or smoothed. */
  readonly shown: Float64Array;
  /** How the runs spread of which the line is the mean. */
  readonly band: Band | null;
  /** The same of the rows that a restart superseded, where they are shown. */
  readonly past: { readonly series: Scalars; readonly survey: Survey; readonly shown: Float64Array } | null;
}

/** What is drawn around a mean: the area between two edges, or every run. */
export interface Band {
  readonly mode: SpreadMode;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Where a chart is drawn, in CSS pixels; domains are in coordinates, which is to say in logarithms where an axis has them. */
export interface Plot {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  /** Room for the labels of an axis on the right, where any chart has one. */
  readonly right: number;
  readonly ratio: number;
  readonly x: Domain;
  readonly y: Domain;
  readonly percent: boolean;
  readonly axis: Axis;
  readonly logx: boolean;
  readonly logy: boolean;
  readonly theme: Theme;
  /** The same place with the values of the axis on the right, where there is one, and where that is going. */
  readonly second?: { readonly plot: Plot; readonly target: Domain };
}

export const TOP = 10;
export const RIGHT = 12;
export const BOTTOM = 26;
export const DASH: readonly (readonly number[])[] = [[], [6, 4], [1.5, 4], [12, 4, 2, 4]];
const LABEL_SIZE = 11.5;
/** How lines of one picture are painted: columns in pixels, and the strength of noise, a texture in which others must be seen. */
interface Manner {
  readonly column: number;
  readonly noisy: number;
  /** Where the noise of many lines is drawn. */
  readonly crowd: Texture | null;
}
/** Of what was logged, behind what is smoothed of it; of what a restart superseded. */
const FAINT = { raw: { light: 0.22, dark: 0.26 }, past: { light: 0.45, dark: 0.5 } };
/** The strength of a line behind others. */
const BEHIND = 0.6;
/** That of noise where there are other lines, but no crowd: at its whole strength it would bury them. */
const NOISY = 0.6;
/** Of all lines of a chart together, at most about so many. */
const VERTICES = 65_536;
/** More lines than these are a texture. */
export const CROWD = 24;
/** The share of a plot's columns up to which a line is one of few points, whose joints and dashes are seen. */
const SPARSE = 0.25;
const columns = new Columns();
let texture: Texture | null = null;

export const labelFont = (theme: Theme, weight = 400): string => `${weight} ${LABEL_SIZE}px ${theme.font}`;
export const bottomOf = (plot: Plot): number => plot.height - BOTTOM;
export const rightOf = (plot: Plot): number => plot.width - plot.right;
/** The plot by whose values a line stands. */
export const plotOf = (plot: Plot, { line }: Stroke): Plot => (line.right && plot.second ? plot.second.plot : plot);

export function toX(plot: Plot, x: number): number {
  return plot.left + ((x - plot.x[0]) / (plot.x[1] - plot.x[0])) * (rightOf(plot) - plot.left);
}

/** The coordinate that stands at a pixel. */
export function fromX(plot: Plot, x: number): number {
  return plot.x[0] + ((x - plot.left) / (rightOf(plot) - plot.left)) * (plot.x[1] - plot.x[0]);
}

export function toY(plot: Plot, value: number): number {
  const bottom = bottomOf(plot);
  return bottom - ((value - plot.y[0]) / (plot.y[1] - plot.y[0])) * (bottom - TOP);
}

export function fromY(plot: Plot, y: number): number {
  const bottom = bottomOf(plot);
  return plot.y[0] + ((bottom - y) / (bottom - TOP)) * (plot.y[1] - plot.y[0]);
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
export function snap(position: number, ratio: number, thickness: number): number {
  return (Math.round(position * ratio) + ((thickness * ratio) % 2) / 2) / ratio;
}

/** Columns are pixels, but where a hundred dense lines share a chart, several: nobody could tell them apart, and it must be quick. */
function columnWidth(plot: Plot, lines: number): number {
  const pixels = (rightOf(plot) - plot.left) * plot.ratio;
  return Math.min(4, Math.max(1, Math.round((4 * lines * pixels) / VERTICES))) / plot.ratio;
}

function paintLine(
  context: CanvasRenderingContext2D, plot: Plot, { column, noisy, crowd }: Manner, { color, dash, width, behind, shown }: Stroke, line: Coordinates,
  values: Float64Array,
  faint?: keyof typeof FAINT,
): void {
  const scale = (rightOf(plot) - plot.left) / (plot.x[1] - plot.x[0]) / column;
  const [first, end] = rowsWithin(line, plot.x);
  decimate(line.x.subarray(first, end), values.subarray(first, end), end - first, scale, plot.left / column - plot.x[0] * scale, columns);
  const rows = (bottomOf(plot) - TOP) / (plot.y[1] - plot.y[0]);
  const placing = { width: column, base: bottomOf(plot) + plot.y[0] * rows, scale: rows };
  const travel = travelOf(columns, placing);
  const noise = faint ? 0 : noiseOf(columns, placing, travel, end - first);
  const thickness = faint ? 1 : width - Math.max(0, width - 1) * noise;
  // What is smoothed has its noise behind it already.
  const strength = shown === line.series.values ? 1 - (1 - noisy) * noise : 1;
  const alpha = (faint ? FAINT[faint][plot.theme.dark ? "dark" : "light"] : strength) * (behind ? BEHIND : 1);
  const zigzag = isZigzag(columns, travel);
  if (crowd && zigzag && columns.count > SPARSE * scale * (plot.x[1] - plot.x[0])) {
    crowd.use(color, alpha);
    return fillColumns(crowd, columns, placing, column);
  }
  crowd?.flush();
  // Dashes along the zigzag of a dense line would read as noise, and cost as much as they confuse.
  const dense = end - first >= 2 * columns.count;
  context.lineJoin = thickness > 1 ? "round" : "bevel";
  context.strokeStyle = context.fillStyle = color;
  context.globalAlpha = alpha;
  context.lineWidth = thickness;
  context.lineCap = dash.length && dash[0] < 2 ? "round" : "butt";
  context.setLineDash(faint || dense ? [] : (dash as number[]));
  // What is faint, or shows through, would be darker where two rectangles overlap.
  if (dense && zigzag) fillColumns(context, columns, placing, faint || behind || strength < 1 ? column : Math.max(column, thickness));
  else trace(context, columns, placing, faint ? 1.5 : 2.5);
  context.setLineDash([]);
  context.globalAlpha = 1;
}

/** Between two edges, broken where one of them is not there. */
function paintBand(context: CanvasRenderingContext2D, plot: Plot, { color }: Stroke, [low, high]: readonly [Coordinates, Coordinates]): void {
  const [first, end] = rowsWithin(low, plot.x);
  const go = (row: number, { x, y }: Coordinates): void => context.lineTo(toX(plot, x[row]), toY(plot, y[row]));
  context.fillStyle = color;
  context.globalAlpha = plot.theme.dark ? 0.24 : 0.16;
  for (let from = first; from < end; from++) {
    let to = from;
    while (to < end && Number.isFinite(low.y[to]) && Number.isFinite(high.y[to])) to++;
    context.beginPath();
    for (let row = from; row < to; row++) go(row, high);
    for (let row = to - 1; row >= from; row--) go(row, low);
    context.fill();
    from = to;
  }
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
function paintBroken(context: CanvasRenderingContext2D, plot: Plot, { stroke: { survey: { broken }, color }, line }: Drawn): void {
  const { series, x: places, y: heights } = line;
  const bottom = bottomOf(plot) - 5;
  const seen = new Map<string, number>();
  context.fillStyle = color;
  context.lineWidth = 2;
  for (let i = 0; i < broken.length;) {
    const row = broken[i];
    const value = series.values[row];
    let end = row;
    while (broken[++i] === end + 1 && Object.is(series.values[end + 1], value)) end++;
    const [x, to] = [toX(plot, places[row]), toX(plot, places[end])];
    const kind = String(value);
    if (Number.isNaN(x) || Math.abs(to - (seen.get(kind) ?? -Infinity)) < 6) continue;
    seen.set(kind, to);
    const good = Number.isFinite(heights[row - 1]) ? toY(plot, heights[row - 1]) : bottom;
    const y = Number.isNaN(value) ? good : value > 0 ? TOP + 4 : bottom;
    context.globalAlpha = 0.35;
    context.fillRect(x, y - 0.5, to - x, 2);
    context.globalAlpha = 1;
    context.strokeStyle = plot.theme.background;
    triangle(context, x, y, !(value < 0));
  }
}

/** Everything that changes only with the data: lines and what was not finite. */
export function paintLines(context: CanvasRenderingContext2D, plot: Plot, all: readonly Drawn[]): void {
  context.save();
  context.beginPath();
  context.rect(plot.left - 3, TOP - 4, rightOf(plot) - plot.left + 7, bottomOf(plot) - TOP + 6);
  context.clip();
  const crowd = all.length <= CROWD ? null : (texture ??= new Texture());
  crowd?.begin(context, plot);
  const manner = { column: columnWidth(plot, all.length), noisy: all.length > 1 && all.length <= CROWD ? NOISY : 1, crowd };
  for (const { stroke, line, past, behind, edges } of all) {
    const own = plotOf(plot, stroke);
    for (const each of behind) paintLine(context, own, manner, stroke, each, each.y, "raw");
    if (edges) paintBand(context, own, stroke, edges);
    if (past) paintLine(context, own, manner, stroke, past, past.y, "past");
    if (!stroke.band && stroke.shown !== line.series.values) paintLine(context, own, manner, stroke, line, line.raw, "raw");
  }
  const rank = ({ stroke: { behind, seldom } }: Drawn): number => Number(!behind) + 2 * Number(seldom);
  const inOrder = [...all].sort((a, b) => rank(a) - rank(b));
  for (const { stroke, line } of inOrder) paintLine(context, plotOf(plot, stroke), manner, stroke, line, line.y);
  crowd?.flush();
  for (const each of all) paintBroken(context, plotOf(plot, each.stroke), each);
  context.restore();
}
