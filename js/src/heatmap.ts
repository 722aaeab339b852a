/** A heat map: a row for each capture, a column for each display bin, the more ink the more values. */

import type { HistoryPicture } from "./history";
import type { Theme } from "./model";
import type { Pen } from "./outline";
import { isSuperseded } from "./restarts";

/** "#rrggbb" as three numbers. */
const parts = (hex: string): number[] => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

/**
 * From the background over the layer's hue towards the text's colour, 256 levels. Ink grows slower than the share, because
 * tails are what one looks for.
 */
function ramp(color: string, { background, text }: Theme): Uint8ClampedArray {
  const stops = [background, color, text].map(parts);
  const levels = new Uint8ClampedArray(256 * 4);
  for (let i = 0; i < 256; i++) {
    const at = 1.6 * (i / 255) ** 0.65;
    const from = at < 1 ? 0 : 1;
    for (let j = 0; j < 3; j++) levels[4 * i + j] = stops[from][j] + (stops[from + 1][j] - stops[from][j]) * (at - from);
    levels[4 * i + 3] = 255;
  }
  return levels;
}

/** Below this share of the darkest a cell is left to the background and its grid. */
const EMPTY = 2e-4;

export function drawCells(pen: Pen, { series: { captures }, shapes, frame, theme, color }: HistoryPicture, peak: number): void {
  const bins = shapes.axis.edges.length - 1;
  const image = new ImageData(bins, captures.length);
  const colors = ramp(color, theme);
  captures.forEach((capture, i) => {
    const shape = shapes.of(capture);
    const scale = shape.peak / peak;
    const alpha = isSuperseded(capture) ? 110 : 255;
    for (let j = 0; j < bins; j++) {
      const share = Math.min(1, shape.heights[j] * scale);
      if (share < EMPTY) continue;
      const level = 4 * Math.round(255 * share);
      const at = 4 * (i * bins + j);
      for (let part = 0; part < 3; part++) image.data[at + part] = colors[level + part];
      image.data[at + 3] = alpha;
    }
  });
  const cells = Object.assign(document.createElement("canvas"), { width: bins, height: captures.length });
  cells.getContext("2d")?.putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(cells, frame.left, frame.top, frame.right - frame.left, frame.pitch * captures.length);
  pen.imageSmoothingEnabled = true;
}
