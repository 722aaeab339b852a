/** Drawing of rows: all layers at one step, their past as a faint trail, and what has no place on the value axis beside them. */

import { drawCell, type Column } from "./gutter";
import type { Theme } from "./model";
import {
  baseline, drawDot, drawRidge, FAINT, faded, LOW, outlineOf, type Frame, type Pen,
} from "./outline";
import type { Shapes } from "./rebin";
import { isSuperseded } from "./restarts";
import type { Row } from "./rows";
import { axisTicks, position, valueText, type Axis } from "./valueaxis";

export const toX = (frame: Frame, axis: Axis, value: number): number =>
  frame.left + Math.min(1, Math.max(0, position(axis, value))) * (frame.right - frame.left);

export function drawGrid(pen: Pen, frame: Frame, axis: Axis, theme: Theme): void {
  pen.strokeStyle = theme.grid;
  pen.lineWidth = 1;
  pen.beginPath();
  for (const tick of axisTicks(axis, tickGap(frame))) {
    const x = Math.round(frame.left + position(axis, tick) * (frame.right - frame.left)) + 0.5;
    pen.moveTo(x, 0);
    pen.lineTo(x, frame.height);
  }
  pen.stroke();
}

const tickGap = (frame: Frame): number => 60 / Math.max(60, frame.right - frame.left);

/** The labels of the value axis and of the columns, on a canvas of their own so that rows can scroll above them. */
export function drawAxis(pen: Pen, frame: Frame, axis: Axis, columns: readonly Column[], theme: Theme): void {
  pen.font = `11.5px ${theme.font}`;
  pen.fillStyle = theme.muted;
  pen.textAlign = "center";
  pen.textBaseline = "alphabetic";
  const end = columns.length ? frame.right + columns[0].left - 10 : frame.width;
  for (const tick of axisTicks(axis, tickGap(frame))) {
    const text = valueText(tick, 6);
    const half = pen.measureText(text).width / 2;
    const x = frame.left + position(axis, tick) * (frame.right - frame.left);
    pen.fillText(text, Math.min(end - half, Math.max(half, x)), 16);
  }
  pen.textAlign = "left";
  for (const { head, left } of columns) pen.fillText(head, frame.right + left, 16);
}

/** How many captures before the current one are drawn behind it: fewer where many layers share the panel. */
export const pastCaptures = (rows: number): number => Math.max(1, Math.min(8, Math.floor(64 / Math.max(1, rows))));

/** The trail reaches back over an eighth of the run, however many captures that are. */
export const trailStride = (captures: number): number => Math.max(1, Math.round(captures / 64));

function drawPast(pen: Pen, row: Row, picture: RowsPicture, base: number): void {
  if (!row.layer) return;
  const { shapes, frame, theme, past } = picture;
  const { captures } = row.layer.series;
  const stride = trailStride(captures.length);
  pen.lineWidth = 0.8;
  pen.translate(0, base);
  for (let age = past; age > 0; age--) {
    const capture = captures[row.index - age * stride];
    const shape = capture && shapes.of(capture);
    const outline = shape && outlineOf(shape, frame, shapes.scale(shape));
    if (!outline) continue;
    // The older the fainter, so that the trail tells where the shape comes from.
    pen.strokeStyle = faded(theme.muted, (theme.dark ? 0.16 : 0.13) + 0.34 * (1 - age / (past + 1)));
    pen.stroke(outline.line);
  }
  pen.translate(0, -base);
}

export interface RowsPicture {
  readonly rows: readonly Row[];
  readonly shapes: Shapes;
  readonly frame: Frame;
  readonly columns: readonly Column[];
  readonly theme: Theme;
  /** Pixels scrolled off above. */
  readonly scrolled: number;
  readonly labels: readonly string[];
  /** Room before the labels, for the triangles of headings. */
  readonly indent: number;
  readonly past: number;
  /** Row with the focus, and row and bin under the pointer; -1 where there is none. */
  readonly active: number;
  readonly hovered: number;
  readonly bin: number;
  /** What is brushed of which row, as values. */
  readonly brushed: (row: Row) => readonly [number, number] | null;
}

/** All rows at the cursor; only those in view are drawn. */
export function drawRows(pen: Pen, picture: RowsPicture): void {
  const { rows, frame, scrolled, shapes, theme } = picture;
  drawGrid(pen, frame, shapes.axis, theme);
  const shown = rows.map((_, i) => i).filter((i) => {
    const y = baseline(frame, i) - scrolled;
    return y > 0 && y - Math.max(frame.rise, frame.pitch) * 1.2 < frame.height;
  });
  for (const i of shown) drawRow(pen, picture, rows[i], Math.round(baseline(frame, i) - scrolled) - 0.5);
  for (const i of shown) drawWords(pen, picture, i, baseline(frame, i) - scrolled);
  if (picture.bin >= 0 && rows[picture.hovered]) drawPoint(pen, picture);
}

function drawRow(pen: Pen, picture: RowsPicture, row: Row, base: number): void {
  const { frame, shapes, theme } = picture;
  if (!row.capture) return;
  pen.fillStyle = theme.grid;
  pen.fillRect(frame.left, base - 0.5, frame.right - frame.left, 1);
  drawPast(pen, row, picture, base);
  const ink = {
    color: theme.depth(row.depth), background: theme.background, opaque: frame.rise > frame.pitch, width: frame.pitch < LOW ? 1 : 2,
  };
  const shape = shapes.of(row.capture);
  pen.globalAlpha = isSuperseded(row.capture) ? FAINT : 1;
  drawRidge(pen, shape, frame, base, ink, shapes.scale(shape));
  pen.globalAlpha = 1;
  const brushed = picture.brushed(row);
  if (brushed) drawBrush(pen, toX(frame, shapes.axis, brushed[0]), toX(frame, shapes.axis, brushed[1]), base - frame.rise, base, theme);
}

/** What is selected: a tinted field between two lines. */
export function drawBrush(pen: Pen, left: number, right: number, top: number, bottom: number, theme: Theme): void {
  pen.fillStyle = faded(theme.text, 0.1);
  pen.fillRect(left, top, Math.max(1, right - left), Math.max(1, bottom - top));
  pen.fillStyle = faded(theme.text, 0.6);
  for (const x of [left, right]) pen.fillRect(Math.round(x) - 0.5, top, 1, Math.max(1, bottom - top));
}

export const labelSize = (pitch: number): number => Math.max(9.5, Math.min(12.5, pitch - 1.5));

function drawWords(pen: Pen, picture: RowsPicture, i: number, base: number): void {
  const { rows, frame, columns, theme, labels, indent, active, hovered } = picture;
  const row = rows[i];
  const size = row.group ? Math.max(11.5, labelSize(frame.pitch)) : labelSize(frame.pitch);
  const lift = Math.min(4, frame.pitch / 5);
  const told = i === active || i === hovered;
  pen.textBaseline = "alphabetic";
  pen.textAlign = "left";
  pen.font = `${told || row.group ? 650 : 400} ${size}px ${theme.font}`;
  pen.fillStyle = told ? theme.depth(row.depth) : theme.text;
  if (row.group) drawFold(pen, row.folded, base - lift - size * 0.36);
  const room = row.group && !row.folded ? frame.width - indent : frame.left - 10 - indent;
  pen.fillText(labels[i], indent, base - lift, room);
  if (!row.capture) return;
  pen.font = `${Math.min(size, 11.5)}px ${theme.font}`;
  for (const column of columns) drawCell(pen, column, row.capture, frame.right + column.left, base, frame.pitch < LOW ? 9.5 : size, theme);
}

/** The triangle before a heading: to the right where it is folded, down where it is open. */
function drawFold(pen: Pen, folded: boolean, y: number): void {
  pen.beginPath();
  const corners = folded ? [[1, y - 4], [6, y], [1, y + 4]] : [[0, y - 2.5], [8, y - 2.5], [4, y + 2.5]];
  corners.forEach(([x, at], i) => (i ? pen.lineTo(x, at) : pen.moveTo(x, at)));
  pen.fill();
}

/** The point read by the tooltip, with a halo so that it reads on its own line. */
function drawPoint(pen: Pen, { rows, frame, shapes, theme, scrolled, hovered, bin }: RowsPicture): void {
  const { capture, depth } = rows[hovered];
  if (!capture) return;
  const shape = shapes.of(capture);
  const x = frame.left + ((bin + 0.5) * (frame.right - frame.left)) / shape.heights.length;
  const height = Math.min(1.15, shape.heights[bin] * shapes.scale(shape)) * frame.rise;
  drawDot(pen, x, baseline(frame, hovered) - scrolled - height, theme.depth(depth), theme);
}
