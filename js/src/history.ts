/** One layer over all its captures: one behind the other as TensorBoard draws them, one over the other, or as a heat map. */

import { formatStep } from "./axes";
import { drawBar, type Column } from "./gutter";
import { drawCells } from "./heatmap";
import type { Capture, Captures, Theme } from "./model";
import { baseline, drawDot, drawRidge, FAINT, faded, outlineOf, type Frame, type Pen } from "./outline";
import { commonPeak, type Shapes } from "./rebin";
import { isSuperseded } from "./restarts";
import { drawBrush, drawGrid, toX } from "./ridges";

export const MODES = ["offset", "overlay", "heatmap"] as const;
export type Mode = (typeof MODES)[number];

export interface HistoryPicture {
  readonly series: Captures;
  readonly mode: Mode;
  readonly shapes: Shapes;
  readonly frame: Frame;
  readonly columns: readonly Column[];
  readonly theme: Theme;
  readonly scale: number;
  /** Of the highlight. */
  readonly color: string;
  /** The capture at the cursor, and the one under the pointer with the bin it reads; -1 where there is none. */
  readonly index: number;
  readonly hovered: number;
  readonly bin: number;
  /** Values and steps that are brushed. */
  readonly brushed: { readonly values: readonly [number, number]; readonly steps: readonly [number, number] } | null;
}

/** Room for the steps at the right end. */
export const STEP_ROOM = 56;
/** Above a heat map stands the shape at the cursor. */
const PROFILE = 84;
/** More lines than this one over the other tell nothing more. */
const LINES = 120;

export function historyFrame(mode: Mode, width: number, height: number, captures: number, gutter: number): Frame {
  const sides = { width, height, left: 1, right: width - STEP_ROOM - gutter };
  const n = Math.max(1, captures);
  if (mode === "overlay") return { ...sides, top: height - 6, pitch: 0, rise: (height - 12) / 1.15 };
  if (mode === "heatmap") return { ...sides, top: PROFILE, pitch: (height - PROFILE - 4) / n, rise: (PROFILE - 8) / 1.15 };
  const rise = Math.min(height * 0.3, 120);
  const top = rise * 1.15 + 2;
  return { ...sides, top, pitch: (height - top - 6) / n, rise };
}

/** Where the shape of a capture stands: a heat map has but one place for it. */
const standing = (frame: Frame, mode: Mode, index: number): number => (mode === "heatmap" ? PROFILE - 4 : baseline(frame, index));

/** The middle of a capture's place along the steps. */
const placeOf = (frame: Frame, mode: Mode, index: number): number => baseline(frame, index) - (mode === "heatmap" ? frame.pitch / 2 : 0);

/** The capture whose place is nearest to `y`; -1 where captures have no places of their own. */
export function captureNear(frame: Frame, mode: Mode, captures: number, y: number): number {
  if (mode === "overlay" || (mode === "heatmap" && y < PROFILE)) return -1;
  const place = (y - frame.top) / frame.pitch - 1;
  return Math.min(captures - 1, Math.max(0, mode === "heatmap" ? Math.ceil(place) : Math.round(place)));
}

/** Everything but the highlight, kept as a bitmap because it does not change with the cursor. */
export class History {
  private readonly bitmap = document.createElement("canvas");
  private key = "";
  private theme: Theme | null = null;
  private shapes: Shapes | null = null;
  /** Share of the values in the highest display bin, which ridges are scaled by. */
  peak = 1;

  draw(pen: Pen, picture: HistoryPicture): void {
    const { series, mode, frame, theme, scale, shapes, brushed } = picture;
    const key = [series.tag, series.version, mode, frame.width, frame.height, frame.right, scale].join();
    if (key !== this.key || theme !== this.theme || shapes !== this.shapes) {
      [this.key, this.theme, this.shapes] = [key, theme, shapes];
      this.peak = commonPeak(series.captures, (capture) => shapes.of(capture).peak, 0.9);
      this.drawAll(picture);
    }
    pen.drawImage(this.bitmap, 0, 0, frame.width, frame.height);
    if (brushed) this.drawBrushed(pen, picture, brushed);
    this.drawHighlight(pen, picture);
  }

  private drawAll(picture: HistoryPicture): void {
    const { series, mode, shapes, frame, theme, scale } = picture;
    this.bitmap.width = Math.round(frame.width * scale);
    this.bitmap.height = Math.round(frame.height * scale);
    const pen = this.bitmap.getContext("2d");
    if (!pen) return;
    pen.scale(scale, scale);
    pen.lineJoin = "round";
    drawGrid(pen, frame, shapes.axis, theme);
    const n = series.captures.length;
    const stride = Math.max(1, Math.ceil(mode === "offset" ? 1.6 / frame.pitch : n / LINES));
    if (mode === "heatmap") drawCells(pen, picture, this.peak);
    else for (let i = (n - 1) % stride; i < n; i += stride) this.drawOne(pen, picture, i, n > 1 ? i / (n - 1) : 1);
    if (mode !== "overlay") series.captures.forEach((capture, i) => this.drawBars(pen, picture, capture, i));
  }

  private drawOne(pen: Pen, picture: HistoryPicture, i: number, age: number): void {
    const { series, mode, shapes, frame, theme, color: highlight } = picture;
    const shape = shapes.of(series.captures[i]);
    pen.globalAlpha = isSuperseded(series.captures[i]) ? FAINT : 1;
    if (mode === "offset") {
      const color = `color-mix(in srgb, ${theme.muted} ${Math.round(35 + 40 * age)}%, ${theme.background})`;
      const ink = { color, background: theme.background, opaque: true, width: frame.pitch < 3 ? 0.75 : 1 };
      drawRidge(pen, shape, frame, baseline(frame, i), ink, shape.peak / this.peak);
    } else {
      const outline = outlineOf(shape, frame, shape.peak / this.peak);
      pen.translate(0, frame.top);
      pen.strokeStyle = faded(highlight, 0.1 + 0.5 * age ** 2, theme.background);
      pen.lineWidth = 1;
      if (outline) pen.stroke(outline.line);
      pen.translate(0, -frame.top);
    }
    pen.globalAlpha = 1;
  }

  private drawBars(pen: Pen, { frame, mode, columns, theme }: HistoryPicture, capture: Capture, i: number): void {
    const thick = Math.max(1, Math.min(8, frame.pitch - (frame.pitch > 3 ? 1 : 0)));
    const top = placeOf(frame, mode, i) - thick / 2;
    for (const column of columns) drawBar(pen, column, capture, frame.right + column.left, top, thick, theme);
  }

  private drawBrushed(pen: Pen, { series, mode, frame, shapes, theme }: HistoryPicture, brushed: NonNullable<HistoryPicture["brushed"]>): void {
    const within = series.captures.map(({ step }, i) => (step >= brushed.steps[0] && step <= brushed.steps[1] ? i : -1)).filter((i) => i >= 0);
    if (!within.length) return;
    const [left, right] = brushed.values.map((value) => toX(frame, shapes.axis, value));
    const half = Math.max(1, frame.pitch / 2);
    const [top, bottom] = mode === "overlay"
      ? [0, frame.top]
      : [placeOf(frame, mode, within[0]) - half, placeOf(frame, mode, within[within.length - 1]) + half];
    drawBrush(pen, left, right, top, bottom, theme);
    pen.fillStyle = faded(theme.text, 0.6);
    for (const y of mode === "overlay" ? [] : [top, bottom]) pen.fillRect(left, Math.round(y) - 0.5, right - left, 1);
  }

  private drawHighlight(pen: Pen, picture: HistoryPicture): void {
    const { series, mode, shapes, frame, columns, theme, color, index, hovered, bin } = picture;
    const capture = series.captures[index];
    const [base, place] = [standing(frame, mode, index), placeOf(frame, mode, index)];
    const shape = shapes.of(capture);
    pen.strokeStyle = mode === "heatmap" ? theme.text : faded(color, 0.5);
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(frame.left, mode === "heatmap" ? Math.round(place) + 0.5 : base);
    pen.lineTo(frame.right + 6, mode === "heatmap" ? Math.round(place) + 0.5 : base);
    pen.stroke();
    const ink = { color, background: theme.background, opaque: false, width: 2 };
    drawRidge(pen, shape, frame, base, ink, mode === "heatmap" ? 1 : shape.peak / this.peak);
    for (const column of columns) drawBar(pen, column, capture, frame.right + column.left, place - 2, 3, theme);
    drawSteps(pen, picture, mode === "overlay" ? -1 : place);
    const read = series.captures[hovered];
    if (bin < 0 || !read) return;
    this.drawRead(pen, picture, read);
  }

  private drawRead(pen: Pen, { mode, shapes, frame, theme, color, index, hovered, bin }: HistoryPicture, capture: Capture): void {
    const { heights, peak } = shapes.of(capture);
    const x = frame.left + ((bin + 0.5) * (frame.right - frame.left)) / heights.length;
    const height = Math.min(1.15, (heights[bin] * peak) / this.peak) * frame.rise;
    const y = mode === "heatmap" ? placeOf(frame, mode, hovered) : standing(frame, mode, hovered) - height;
    drawDot(pen, x, y, hovered === index ? color : theme.text, theme);
  }
}

/** The step at the cursor and, where they keep clear of it, those at the ends and between. */
function drawSteps(pen: Pen, { series, mode, frame, theme, color, index }: HistoryPicture, at: number): void {
  const n = series.captures.length;
  const left = frame.width - STEP_ROOM + 10;
  const write = (i: number, y: number): void => pen.fillText(formatStep(series.captures[i].step), left, y + 4);
  pen.textAlign = "left";
  pen.textBaseline = "alphabetic";
  pen.fillStyle = theme.muted;
  pen.font = `11.5px ${theme.font}`;
  const marks = at < 0 ? [] : new Set([0, Math.round((n - 1) / 3), Math.round(((n - 1) * 2) / 3), n - 1]);
  let last = -Infinity;
  for (const i of marks) {
    const y = placeOf(frame, mode, i);
    if (Math.abs(y - at) < 16 || y - last < 16) continue;
    write(i, y);
    last = y;
  }
  pen.fillStyle = color;
  pen.font = `650 12.5px ${theme.font}`;
  write(index, at < 0 ? frame.top - 4 : Math.min(at, frame.height - 6));
}
