/** One layer over all its captures: ridges from back (old) to front (new), as TensorBoard's histogram panel draws them. */

import { formatStep } from "./axes";
import type { Captures, Theme } from "./model";
import type { Shapes } from "./rebin";
import { isSuperseded } from "./restarts";
import { baseline, drawDot, drawGrid, drawRidge, FAINT, faded, type Frame } from "./ridges";

export interface HistoryPicture {
  readonly series: Captures;
  readonly shapes: Shapes;
  readonly frame: Frame;
  readonly theme: Theme;
  readonly scale: number;
  /** Of the highlight. */
  readonly color: string;
  /** The capture at the cursor, and the one under the pointer with the bin it reads; -1 where there is none. */
  readonly index: number;
  readonly hovered: number;
  readonly bin: number;
}

/** Room for the steps at the right end. */
export const STEP_ROOM = 56;

export function historyFrame(width: number, height: number, captures: number): Frame {
  const rise = Math.min(height * 0.3, 120);
  const top = rise * 1.15 + 2;
  const pitch = (height - top - 6) / Math.max(1, captures);
  return { width, height, left: 1, right: width - STEP_ROOM, top, pitch, rise };
}

/** The capture whose baseline is nearest to `y`. */
export const captureNear = (frame: Frame, captures: number, y: number): number =>
  Math.min(captures - 1, Math.max(0, Math.round((y - frame.top) / frame.pitch - 1)));

/** The height that most ridges stay below; a peak above it is cut, so that one spike does not flatten all others. */
function commonPeak({ series, shapes }: HistoryPicture): number {
  const peaks = Float64Array.from(series.captures, (capture) => shapes.of(capture).peak).sort();
  return peaks[Math.floor(0.9 * (peaks.length - 1))] || 1;
}

/** Everything but the highlight, kept as a bitmap because it does not change with the cursor. */
export class History {
  private readonly bitmap = document.createElement("canvas");
  private key = "";
  private theme: Theme | null = null;
  private shapes: Shapes | null = null;
  private peak = 1;

  draw(pen: CanvasRenderingContext2D, picture: HistoryPicture): void {
    const { series, frame, theme, scale, shapes } = picture;
    const key = [series.tag, series.version, frame.width, frame.height, scale].join();
    if (key !== this.key || theme !== this.theme || shapes !== this.shapes) {
      [this.key, this.theme, this.shapes] = [key, theme, shapes];
      this.peak = commonPeak(picture);
      this.drawAll(picture);
    }
    pen.drawImage(this.bitmap, 0, 0, frame.width, frame.height);
    this.drawHighlight(pen, picture);
  }

  private drawAll(picture: HistoryPicture): void {
    const { series, shapes, frame, theme, scale } = picture;
    this.bitmap.width = Math.round(frame.width * scale);
    this.bitmap.height = Math.round(frame.height * scale);
    const pen = this.bitmap.getContext("2d");
    if (!pen) return;
    pen.scale(scale, scale);
    pen.lineJoin = "round";
    drawGrid(pen, frame, shapes.axis, theme);
    const n = series.captures.length;
    const stride = Math.max(1, Math.ceil(1.6 / frame.pitch));
    for (let i = (n - 1) % stride; i < n; i += stride) this.drawOne(pen, picture, i, n > 1 ? i / (n - 1) : 1);
  }

  private drawOne(pen: CanvasRenderingContext2D, picture: HistoryPicture, i: number, age: number): void {
    const { series, shapes, frame, theme } = picture;
    const shape = shapes.of(series.captures[i]);
    const color = `color-mix(in srgb, ${theme.muted} ${Math.round(35 + 40 * age)}%, ${theme.background})`;
    const ink = { color, background: theme.background, opaque: true, width: frame.pitch < 3 ? 0.75 : 1 };
    pen.globalAlpha = isSuperseded(series.captures[i]) ? FAINT : 1;
    drawRidge(pen, shape, frame, baseline(frame, i), ink, shape.peak / this.peak);
    pen.globalAlpha = 1;
  }

  private drawHighlight(pen: CanvasRenderingContext2D, picture: HistoryPicture): void {
    const { series, shapes, frame, theme, color, index, hovered, bin } = picture;
    const capture = series.captures[index];
    const base = baseline(frame, index);
    const shape = shapes.of(capture);
    pen.strokeStyle = faded(color, 0.5);
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(frame.left, base);
    pen.lineTo(frame.right + 6, base);
    pen.stroke();
    drawRidge(pen, shape, frame, base, { color, background: theme.background, opaque: false, width: 2 }, shape.peak / this.peak);
    this.drawSteps(pen, picture, base);
    if (bin < 0 || !series.captures[hovered]) return;
    const read = shapes.of(series.captures[hovered]);
    const x = frame.left + ((bin + 0.5) * (frame.right - frame.left)) / read.heights.length;
    const height = Math.min(1.15, (read.heights[bin] * read.peak) / this.peak) * frame.rise;
    drawDot(pen, x, baseline(frame, hovered) - height, hovered === index ? color : theme.text, theme);
  }

  private drawSteps(pen: CanvasRenderingContext2D, { series, frame, theme, color, index }: HistoryPicture, at: number): void {
    const n = series.captures.length;
    const write = (i: number, y: number): void => pen.fillText(formatStep(series.captures[i].step), frame.right + 10, y + 4);
    pen.textAlign = "left";
    pen.textBaseline = "alphabetic";
    pen.fillStyle = theme.muted;
    pen.font = `11.5px ${theme.font}`;
    for (const i of new Set([0, Math.round((n - 1) / 3), Math.round(((n - 1) * 2) / 3), n - 1])) {
      const y = baseline(frame, i);
      if (Math.abs(y - at) >= 16) write(i, y);
    }
    pen.fillStyle = color;
    pen.font = `650 12.5px ${theme.font}`;
    write(index, at);
  }
}
