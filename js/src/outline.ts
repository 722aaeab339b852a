/** One shape as a curve above its baseline, and where the curves of a panel lie. */

import type { Theme } from "./model";
import type { Shape } from "./rebin";

export type Pen = CanvasRenderingContext2D;

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
  /** The baselines, where they are not `pitch` apart. */
  readonly bases?: Float64Array;
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

export const baseline = (frame: Frame, row: number): number => frame.bases?.[row] ?? frame.top + (row + 1) * frame.pitch;

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

/** A shape above the baseline y = 0: scrubbing back and forth over some captures traces nothing anew. */
export interface Outline {
  readonly key: string;
  readonly area: Path2D;
  readonly line: Path2D;
}

/** The latest, oldest first: each takes 4 kB, and 200 layers of 500 captures have 100,000. */
const outlines = new Map<Shape, Outline>();
const KEPT = 8192;

export function outlineOf(shape: Shape, frame: Frame, scale: number): Outline | null {
  if (shape.first < 0) return null;
  const key = `${frame.left} ${frame.right} ${frame.rise} ${scale}`;
  let outline = outlines.get(shape);
  if (outline?.key !== key) {
    outline = { key, area: new Path2D(), line: new Path2D() };
    trace(outline.area, shape, frame, scale, false);
    trace(outline.line, shape, frame, scale, true);
    outlines.delete(shape);
    outlines.set(shape, outline);
    if (outlines.size > KEPT) outlines.delete(outlines.keys().next().value!);
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
export const LOW = 20;

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

