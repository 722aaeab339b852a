/** How much room the rows of a ridge panel take, and their names and warnings beside them. */

import { shortenAll, warningOf, type Layer, type Row } from "./layers";
import { labelSize, type Frame } from "./ridges";

/** Beyond this the rows scroll. */
const TALLEST = 560;
/** Rows are this far apart, or so far that a few of them stand as tall as the two charts beside them. */
const PITCH = 76;
const LARGEST_PITCH = 112;
const BESIDE_CHARTS = 456;
const SMALLEST_PITCH = 10.5;
/** Room below the last baseline. */
export const FOOT = 6;

export class RowsLayout {
  /** The layers' names, shortened to fit. */
  labels: readonly string[] = [];
  private labelKey = "";
  private labelRoom = 0;
  private warnings: readonly string[] = [];
  private readonly pen = document.createElement("canvas").getContext("2d");

  /** Keeps room for every warning there is, so that ridges do not shift to and fro with the cursor. */
  reserve(layers: readonly Layer[]): void {
    const all = layers.flatMap(({ series }) => series.captures.map((capture) => warningOf(capture).replace(/\d/g, "0")));
    this.warnings = [...new Set(all)].filter(Boolean);
  }

  /** Few rows stand apart, many overlap as in a ridgeline plot. */
  frame(rows: readonly Row[], width: number, font: string): Frame {
    const n = Math.max(1, rows.length);
    const roomy = Math.min(LARGEST_PITCH, Math.max(PITCH, BESIDE_CHARTS / n));
    const pitch = Math.max(SMALLEST_PITCH, Math.min(roomy, (TALLEST - 26) / n));
    const crowding = Math.min(1, Math.max(0, (44 - pitch) / 33));
    const rise = pitch * (0.88 + 1.5 * crowding);
    const top = Math.max(4, rise - pitch + 4);
    const size = labelSize(pitch);
    this.shorten(rows, Math.min(180, width * 0.27), size, font);
    const warned = Math.max(0, ...this.warnings.map((text) => this.measure(text, size, font, 400) + 10));
    const left = this.labelRoom;
    const right = Math.max(left + 40, width - Math.max(14, Math.min(Math.ceil(warned), width * 0.25)));
    return { width, height: Math.min(TALLEST, Math.ceil(top + n * pitch + FOOT)), left, right, top, pitch, rise };
  }

  private shorten(rows: readonly Row[], most: number, size: number, font: string): void {
    const names = rows.map(({ layer }) => layer.label);
    const key = [size, most, font, ...names].join("\n");
    if (key === this.labelKey) return;
    this.labelKey = key;
    this.labels = shortenAll(names, (text) => this.measure(text, size, font, 650) <= most);
    this.labelRoom = Math.ceil(Math.max(0, ...this.labels.map((text) => this.measure(text, size, font, 650)))) + 16;
  }

  private measure(text: string, size: number, font: string, weight: number): number {
    if (!this.pen) return 0;
    this.pen.font = `${weight} ${size}px ${font}`;
    return this.pen.measureText(text).width;
  }
}
