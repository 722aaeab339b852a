/** What moves over a chart without the data: the cursor, the crosshair, the points they read, marks and a zoom being drawn. */

import type { Drawn } from "./drawn";
import { paintLabels, type Span } from "./grid";
import { bottomOf, labelFont, plotOf, rightOf, snap, toX, toY, TOP, type Plot } from "./line";

/** Half of what a step's label may take. */
const LABEL_ROOM = 28;

export interface Pointer {
  /** Where it stands, in coordinates. */
  readonly x: number;
  readonly label: string;
  /** The row of each line that is read there, -1 for none. */
  readonly rows: readonly number[];
}

export interface Pointers {
  readonly cursor: Pointer | null;
  readonly hover: Pointer | null;
  /** The last row of each line that grows, else -1. */
  readonly ends: readonly number[];
  /** Coordinates of the marks of the runs shown. */
  readonly marks: readonly number[];
  /** What a drag is about to zoom to, in coordinates. */
  readonly band: { readonly x: Span | null; readonly y: Span | null } | null;
}

function vertical(context: CanvasRenderingContext2D, plot: Plot, coordinate: number, color: string, thickness: number): number {
  const x = toX(plot, coordinate);
  const at = snap(x, plot.ratio, thickness);
  context.strokeStyle = color;
  context.lineWidth = thickness;
  context.beginPath();
  context.moveTo(at, TOP - 4);
  context.lineTo(at, bottomOf(plot));
  context.stroke();
  return x;
}

function paintPoint(context: CanvasRenderingContext2D, plot: Plot, { line, stroke }: Drawn, row: number, radius: number): void {
  const [x, y] = [toX(plot, line.x[row]), toY(plot, line.y[row])];
  const seen = x >= plot.left - 1 && x <= rightOf(plot) + 1 && y >= TOP - 4 && y <= bottomOf(plot) + 4;
  if (!seen) return;
  for (const [size, color] of [[radius + 1.75, plot.theme.background], [radius, stroke.color]] as const) {
    context.fillStyle = color;
    context.beginPath();
    context.arc(x, y, size, 0, 2 * Math.PI);
    context.fill();
  }
}

/** Says the step below its line; where that is, with some room beside it. */
function paintLabel(context: CanvasRenderingContext2D, plot: Plot, x: number, label: string, hovering: boolean): Span {
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

/** A small flag at the top, and a faint line down from it. */
function paintMark(context: CanvasRenderingContext2D, plot: Plot, coordinate: number): void {
  context.globalAlpha = 0.5;
  context.setLineDash([2, 3]);
  const x = snap(vertical(context, plot, coordinate, plot.theme.muted, 1), plot.ratio, 1);
  context.setLineDash([]);
  context.globalAlpha = 1;
  context.fillStyle = plot.theme.muted;
  context.beginPath();
  for (const [dx, y] of [[0, TOP - 9], [7, TOP - 6], [0, TOP - 3]]) context.lineTo(x + dx, y);
  context.fill();
}

function paintBand(context: CanvasRenderingContext2D, plot: Plot, { x, y }: NonNullable<Pointers["band"]>): void {
  const [left, right] = x ? x.map((each) => toX(plot, each)) : [plot.left, rightOf(plot)];
  const [top, bottom] = y ? y.map((each) => toY(plot, each)) : [TOP, bottomOf(plot)];
  context.fillStyle = plot.theme.muted;
  context.globalAlpha = 0.18;
  context.fillRect(left, top, right - left, bottom - top);
  context.globalAlpha = 1;
}

export function paintPointers(context: CanvasRenderingContext2D, plot: Plot, all: readonly Drawn[], state: Pointers): void {
  const { theme } = plot;
  const { cursor, hover, ends, marks, band } = state;
  const inside = (x: number): boolean => x >= plot.x[0] && x <= plot.x[1];
  const points = (rows: readonly number[], radius: number): void =>
    all.forEach((each, i) => rows[i] >= 0 && paintPoint(context, plotOf(plot, each.stroke), each, rows[i], radius));
  if (band) paintBand(context, plot, band);
  for (const mark of marks) if (inside(mark)) paintMark(context, plot, mark);
  points(ends, 3);
  const taken: Span[] = [];
  for (const pointer of [hover, cursor]) {
    if (!pointer || !inside(pointer.x)) continue;
    context.globalAlpha = pointer === hover ? 0.45 : 0.85;
    const x = vertical(context, plot, pointer.x, theme.muted, pointer === hover ? 1 : 1.5);
    context.globalAlpha = 1;
    points(pointer.rows, 4);
    const room = [x - LABEL_ROOM, x + LABEL_ROOM] as const;
    if (taken.some(([from, to]) => room[1] > from && room[0] < to)) continue;
    taken.push(paintLabel(context, plot, x, pointer.label, pointer === hover));
  }
  paintLabels(context, plot, taken);
}
