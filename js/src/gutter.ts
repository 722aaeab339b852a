/** The place beside the value axis for what has none on it: zeros, and values that are NaN or infinite. */

import type { Layer } from "./layers";
import type { Capture, Theme } from "./model";
import { finiteCount, zeroShare } from "./rebin";
import { MANY_ZEROS, nonfiniteText, shareText } from "./rows";
import type { Pen } from "./outline";

export interface Column {
  readonly kind: "zeros" | "nonfinite";
  readonly head: string;
  /** From the right end of the value axis, in CSS pixels. */
  readonly left: number;
  readonly width: number;
}

const GAP = 18;
const WIDTH = 40;
/** Fewer zeros than this need no column. */
const SOME = 0.005;

/** The columns that any capture of the layers has something for, so that none comes and goes with the cursor. */
export function columnsFor(layers: readonly Pick<Layer, "series">[]): Column[] {
  const captures = layers.flatMap(({ series }) => series.captures);
  const exact = captures.some(({ zeros }) => zeros > 0);
  const heads: [Column["kind"], string][] = [];
  if (captures.some((capture) => zeroShare(capture) >= SOME)) heads.push(["zeros", exact ? "=\u00a00" : "≈\u00a00"]);
  if (captures.some(({ nonfinite }) => nonfinite > 0)) heads.push(["nonfinite", "NaN\u00a0∞"]);
  return heads.map(([kind, head], i) => ({ kind, head, left: GAP + i * (WIDTH + 8), width: WIDTH }));
}

export const gutterWidth = (columns: readonly Column[]): number => (columns.length ? GAP + columns.length * (WIDTH + 8) - 8 : 0);

/** Share of all values that a column is for. */
export function shareIn({ kind }: Column, capture: Capture): number {
  if (kind === "zeros") return zeroShare(capture);
  return capture.nonfinite > 0 ? capture.nonfinite / (capture.nonfinite + finiteCount(capture)) : 0;
}

export const isWorrying = (column: Column, share: number): boolean => share >= (column.kind === "zeros" ? MANY_ZEROS : 1e-12);

/** A bar from `left`, as long as the share; never so short that it could not be seen. */
export function drawBar(pen: Pen, column: Column, capture: Capture, left: number, top: number, height: number, theme: Theme): void {
  const share = shareIn(column, capture);
  if (share <= 0) return;
  pen.fillStyle = isWorrying(column, share) ? theme.warning : theme.muted;
  pen.fillRect(left, top, Math.max(1.5, share * column.width), height);
}

/** The number of a row, and below it the bar. */
export function drawCell(
  pen: Pen, column: Column, capture: Capture, left: number, base: number, size: number, theme: Theme,
): void {
  const share = shareIn(column, capture);
  const roomy = size > 11;
  if (roomy) {
    pen.fillStyle = theme.grid;
    pen.fillRect(left, base - 2, column.width, 2);
    drawBar(pen, column, capture, left, base - 2, 2, theme);
  }
  if (column.kind === "zeros" ? share < SOME : share <= 0) return;
  pen.fillStyle = isWorrying(column, share) ? theme.warning : theme.muted;
  pen.fillText(column.kind === "zeros" ? shareText(share) : nonfiniteText(capture), left, base - (roomy ? 6 : 2), column.width + 6);
}
