/** Drawing of ridges: one shape, all layers at one step, one layer over all its captures. */

import type { Theme } from "./model";
import type { Row } from "./layers";
import type { Shape, Shapes } from "./rebin";
import { isSuperseded } from "./restarts";
import { axisTicks, position, valueText, type Axis } from "./valueaxis";

type Pen = CanvasRenderingContext2D;

/** Where the ridges lie, in CSS pixels. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  /** The value axis goes from `left` to `right`. */
  readonly left: number;
  readonly right: number;
  readonly top: number;
  /** From one baseline to the next, and how high a ridge rises above its own. */
  readonly pitch: number;
  readonly rise: number;
}

/** What a restart superseded, where it is shown. */
export const FAINT = 0.4;

const mixed = new Map<string, string>();

export function faded(color: string, share: number, under = "transparent"): string {
  const key = `${color} ${share} ${under}`;
  let text = mixed.get(key);
  if (!text) mixed.set(key, (text = `color-mix(in srgb, ${color} ${Math.round(share * 100)}%, ${under})`));
  return text;
}

export const baseline = (frame: Frame, row: number): number => frame.top + (row + 1) * frame.pitch;

/** Lower than this share of the rise, a curve lies on its baseline. */
const FLAT = 0.012;
/** From this rise on, in pixels, corners show and the curve is rounded. */
const ROUNDED = 40;

/** Slope at `i` of a cubic that never overshoots (Steffen, 1990, A&A 239, 443), per bin. */
function slope(y: (i: number) => number, i: number): number {
  const [before, after] = [y(i) - y(i - 1), y(i + 1) - y(i)];
  if (before * after <= 0) return 0;
  return Math.sign(before) * Math.min(2 * Math.abs(before), 2 * Math.abs(after), Math.abs(before + after) / 2);
}

/**
 * The curve from its first bin that is not empty to its last; empty shapes have none. `lifted` leaves out stretches
 * along the baseline, so that an outline is ink only where there are values.
 */
function trace(pen: Path2D, shape: Shape, frame: Frame, scale: number, lifted: boolean): void {
  const { heights, first, last } = shape;
  const step = (frame.right - frame.left) / heights.length;
  const x = (i: number): number => frame.left + step * (i + 0.5);
  const y = (i: number): number => -Math.min(1.15, (heights[i] ?? 0) * scale) * frame.rise;
  const rounded = frame.rise >= ROUNDED;
  pen.moveTo(x(first - 0.5), 0);
  let flat = true;
  for (let i = first; i <= last; i++) {
    const wasFlat = flat;
    flat = heights[i] * scale < FLAT;
    if (lifted && flat && wasFlat) pen.moveTo(x(i), y(i));
    else if (!rounded || i === first) pen.lineTo(x(i), y(i));
    else pen.bezierCurveTo(x(i - 2 / 3), y(i - 1) + slope(y, i - 1) / 3, x(i - 1 / 3), y(i) - slope(y, i) / 3, x(i), y(i));
  }
  if (!lifted || !flat) pen.lineTo(x(last + 0.5), 0);
}

/** A shape above the baseline y = 0: scrubbing back and forth traces nothing anew. */
interface Outline {
  readonly key: string;
  readonly area: Path2D;
  readonly line: Path2D;
}

const outlines = new WeakMap<Shape, Outline>();

function outlineOf(shape: Shape, frame: Frame, scale: number): Outline | null {
  if (shape.first < 0) return null;
  const key = `${frame.left} ${frame.right} ${frame.rise} ${scale}`;
  let outline = outlines.get(shape);
  if (outline?.key !== key) {
    outline = { key, area: new Path2D(), line: new Path2D() };
    trace(outline.area, shape, frame, scale, false);
    trace(outline.line, shape, frame, scale, true);
    outlines.set(shape, outline);
  }
  return outline;
}

export interface Ink {
  readonly color: string;
  readonly background: string;
  /** Hides what lies behind, where ridges overlap. */
  readonly opaque: boolean;
  readonly width: number;
}

/** Rows closer than this are too low for a gradient to be seen, and many of them are drawn. */
const LOW = 20;

/** From the highest point of a ridge whose baseline is y = 0. */
function fillOf(pen: Pen, frame: Frame, { color, background, opaque }: Ink): string | CanvasGradient {
  const under = opaque ? background : "transparent";
  if (frame.rise < 2 * LOW && frame.pitch < LOW) return faded(color, 0.3, under);
  const fill = pen.createLinearGradient(0, -frame.rise, 0, 0);
  fill.addColorStop(0, faded(color, 0.55, under));
  fill.addColorStop(1, faded(color, 0.12, under));
  return fill;
}

export function drawRidge(pen: Pen, shape: Shape, frame: Frame, base: number, ink: Ink, scale = 1): void {
  const outline = outlineOf(shape, frame, scale);
  if (!outline) return;
  pen.translate(0, base);
  pen.fillStyle = fillOf(pen, frame, ink);
  pen.fill(outline.area);
  pen.strokeStyle = ink.color;
  pen.lineWidth = ink.width;
  pen.stroke(outline.line);
  pen.translate(0, -base);
}

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

/** The labels of the value axis, on a canvas of their own so that rows can scroll above them. */
export function drawAxis(pen: Pen, frame: Frame, axis: Axis, theme: Theme): void {
  pen.font = `11.5px ${theme.font}`;
  pen.fillStyle = theme.muted;
  pen.textAlign = "center";
  pen.textBaseline = "alphabetic";
  for (const tick of axisTicks(axis, tickGap(frame))) {
    const text = valueText(tick, 6);
    const half = pen.measureText(text).width / 2;
    const x = frame.left + position(axis, tick) * (frame.right - frame.left);
    pen.fillText(text, Math.min(frame.width - half, Math.max(half, x)), 16);
  }
}

/** How many captures before the current one are drawn behind it: fewer where many layers share the panel. */
export const pastCaptures = (rows: number): number => Math.max(1, Math.min(8, Math.floor(64 / Math.max(1, rows))));

function drawPast(pen: Pen, row: Row, shapes: Shapes, frame: Frame, base: number, past: number): void {
  const { captures } = row.layer.series;
  pen.translate(0, base);
  for (let i = Math.max(0, row.index - past); i < row.index; i++) {
    const outline = outlineOf(shapes.of(captures[i]), frame, 1);
    if (outline) pen.stroke(outline.line);
  }
  pen.translate(0, -base);
}

export interface RowsPicture {
  readonly rows: readonly Row[];
  readonly shapes: Shapes;
  readonly frame: Frame;
  readonly theme: Theme;
  /** Pixels scrolled off above. */
  readonly scrolled: number;
  readonly labels: readonly string[];
  readonly past: number;
  /** Row with the focus, and row and bin under the pointer; -1 where there is none. */
  readonly active: number;
  readonly hovered: number;
  readonly bin: number;
}

/** All layers at the cursor; only the rows in view are drawn. */
export function drawRows(pen: Pen, picture: RowsPicture): void {
  const { rows, frame, scrolled, shapes, theme, past } = picture;
  drawGrid(pen, frame, shapes.axis, theme);
  const first = Math.max(0, Math.floor((scrolled - frame.top) / frame.pitch) - 1);
  const last = Math.min(rows.length - 1, Math.ceil((scrolled + frame.height + frame.rise - frame.top) / frame.pitch));
  const overlapping = frame.rise > frame.pitch;
  for (let i = first; i <= last; i++) {
    const base = Math.round(baseline(frame, i) - scrolled) - 0.5;
    const color = theme.depth(rows[i].layer.depth);
    drawBase(pen, frame, base, theme);
    pen.strokeStyle = faded(theme.muted, theme.dark ? 0.34 : 0.3);
    pen.lineWidth = 0.8;
    drawPast(pen, rows[i], shapes, frame, base, past);
    const ink = { color, background: theme.background, opaque: overlapping, width: frame.pitch < LOW ? 1 : 2 };
    pen.globalAlpha = isSuperseded(rows[i].capture) ? FAINT : 1;
    drawRidge(pen, shapes.of(rows[i].capture), frame, base, ink);
    pen.globalAlpha = 1;
  }
  for (let i = first; i <= last; i++) drawWords(pen, picture, i, baseline(frame, i) - scrolled);
  if (picture.bin >= 0 && rows[picture.hovered]) drawPoint(pen, picture);
}

function drawBase(pen: Pen, frame: Frame, base: number, theme: Theme): void {
  pen.strokeStyle = theme.grid;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(frame.left, base);
  pen.lineTo(frame.right, base);
  pen.stroke();
}

export const labelSize = (pitch: number): number => Math.max(9.5, Math.min(12.5, pitch - 1.5));

function drawWords(pen: Pen, picture: RowsPicture, i: number, base: number): void {
  const { rows, frame, theme, labels, active, hovered } = picture;
  const size = labelSize(frame.pitch);
  const lift = Math.min(4, frame.pitch / 5);
  const told = i === active || i === hovered;
  pen.textBaseline = "alphabetic";
  pen.textAlign = "left";
  pen.font = `${told ? 650 : 400} ${size}px ${theme.font}`;
  pen.fillStyle = told ? theme.depth(rows[i].layer.depth) : theme.text;
  pen.fillText(labels[i], 0, base - lift, frame.left - 10);
  if (!rows[i].warning) return;
  pen.font = `${size}px ${theme.font}`;
  pen.fillStyle = theme.warning;
  pen.fillText(rows[i].warning, frame.right + 8, base - lift, frame.width - frame.right - 8);
}

/** The point read by the tooltip, with a halo so that it reads on its own line. */
function drawPoint(pen: Pen, { rows, frame, shapes, theme, scrolled, hovered, bin }: RowsPicture): void {
  const row = rows[hovered];
  const shape = shapes.of(row.capture);
  const x = frame.left + ((bin + 0.5) * (frame.right - frame.left)) / shape.heights.length;
  drawDot(pen, x, baseline(frame, hovered) - scrolled - shape.heights[bin] * frame.rise, theme.depth(row.layer.depth), theme);
}

export function drawDot(pen: Pen, x: number, y: number, color: string, theme: Theme): void {
  pen.beginPath();
  pen.arc(x, y, 5.5, 0, 2 * Math.PI);
  pen.fillStyle = theme.background;
  pen.fill();
  pen.beginPath();
  pen.arc(x, y, 3.75, 0, 2 * Math.PI);
  pen.fillStyle = color;
  pen.fill();
}

