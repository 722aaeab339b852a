/**
 * Where a hundred noisy lines are drawn: their columns, tens of thousands, are written as pixels of one image. A browser without
 * a GPU takes 16 ms for the rectangles of one chart, and 1 ms for this. It has of a canvas what `fillColumns` needs.
 */

import type { Plot } from "./line";

export type Ink = Pick<CanvasRenderingContext2D, "beginPath" | "moveTo" | "lineTo" | "fillRect" | "stroke">;

/** The bytes of a `#rrggbb`, as they stand in an image; this and all that runs a browser is little-endian. */
export function pixelOf(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

export class Texture implements Ink {
  private readonly canvas = document.createElement("canvas");
  private image = new ImageData(1, 1);
  private pixels = new Uint32Array(1);
  private ratio = 1;
  private pixel = 0;
  private alpha = 1;
  private used = false;
  private context: CanvasRenderingContext2D | null = null;
  /** Where the line is, in pixels. */
  private at: readonly [number, number] = [0, 0];

  /** Makes room for what goes to a canvas. */
  begin(context: CanvasRenderingContext2D, { width, height, ratio }: Plot): void {
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    [this.context, this.ratio, this.used] = [context, ratio, false];
    if (this.image.width === w && this.image.height === h) return;
    this.image = new ImageData(w, h);
    this.pixels = new Uint32Array(this.image.data.buffer);
    [this.canvas.width, this.canvas.height] = [w, h];
  }

  /** Lines of one strength share an image, so that none shows through another. */
  use(color: string, alpha: number): void {
    if (alpha !== this.alpha) this.flush();
    this.alpha = alpha;
    this.pixel = pixelOf(color);
  }

  /** Puts onto the canvas what was drawn, under what is drawn there next. */
  flush(): void {
    if (!this.used || !this.context) return;
    this.canvas.getContext("2d")!.putImageData(this.image, 0, 0);
    this.context.globalAlpha = this.alpha;
    this.context.drawImage(this.canvas, 0, 0, this.image.width / this.ratio, this.image.height / this.ratio);
    this.context.globalAlpha = 1;
    this.pixels.fill(0);
    this.used = false;
  }

  beginPath(): void {}
  stroke(): void {}

  fillRect(x: number, y: number, width: number, height: number): void {
    const { ratio } = this;
    this.fill(Math.round(x * ratio), Math.round(y * ratio), Math.round((x + width) * ratio), Math.round((y + height) * ratio));
  }

  moveTo(x: number, y: number): void {
    this.at = [x * this.ratio, y * this.ratio];
  }

  /** As high in each column as the line is there. */
  lineTo(x: number, y: number): void {
    const [left, top] = this.at;
    this.moveTo(x, y);
    const [right, bottom] = this.at;
    const thickness = Math.max(1, Math.round(this.ratio));
    const slope = right > left ? (bottom - top) / (right - left) : 0;
    for (let column = Math.floor(left); column <= right; column++) {
      const from = slope ? top + (Math.max(column, left) - left) * slope : top;
      const to = slope ? top + (Math.min(column + 1, right) - left) * slope : bottom;
      const low = Math.round(Math.min(from, to) - thickness / 2);
      this.fill(column, low, column + thickness, Math.max(low + thickness, Math.round(Math.max(from, to))));
    }
  }

  private fill(left: number, top: number, right: number, bottom: number): void {
    const { pixels, pixel, image: { width, height } } = this;
    const [from, to] = [Math.max(0, left), Math.min(width, Math.max(right, left + 1))];
    const [first, end] = [Math.max(0, top), Math.min(height, Math.max(bottom, top + 1))];
    for (let y = first; y < end; y++) for (let at = y * width + from; at < y * width + to; at++) pixels[at] = pixel;
    this.used = true;
  }
}
