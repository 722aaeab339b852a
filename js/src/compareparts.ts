/** Elements and drawing of a comparison: the two sides one over the other, and their difference below. */

import { make } from "./dom";
import { drawCell, type Column } from "./gutter";
import type { Theme } from "./model";
import { drawDot, faded, outlineOf, type Frame, type Pen } from "./outline";
import type { Shapes } from "./rebin";
import { makeScales } from "./toggle";
import { drawGrid } from "./ridges";
import { shareText } from "./rows";
import type { Pair, Side } from "./comparing";

export function makeParts() {
  const pick = make("select", { class: "compare-tag", "aria-label": "Layer" });
  const sides = [0, 1].map(() => {
    const words = make("span");
    return { words, button: make("button", { class: "legend-item", type: "button" }, make("span", { class: "compare-swatch" }), words) };
  });
  const scales = makeScales("linear", "symlog");
  const head = make("div", { class: "ridges-head" }, pick, ...sides.map(({ button }) => button), make("span", { class: "ridges-space" }), scales.element);
  const [over, difference, axis] = Array.from({ length: 3 }, () => make("canvas", { "aria-hidden": "true" }));
  const tip = make("div", { class: "ridges-tip", hidden: "" });
  const plot = make("div", { class: "compare-plot", tabindex: "0", role: "application", "aria-roledescription": "comparison" }, over, difference, axis);
  const body = make("div", { class: "ridges-body" }, head, plot, tip);
  const empty = make("p", { class: "ridges-empty" });
  return { element: make("section", { class: "ridges compare" }, body, empty), body, empty, pick, sides, scales, head, over, difference, axis, plot, tip };
}

/** The hues of the sides: those of training and validation, the second dashed as well. */
export const hueOf = (theme: Theme, side: number): string => theme.role(side ? "validation" : "train");

export interface Comparison {
  readonly sides: Pair<Side>;
  readonly shares: Pair<Float64Array>;
  readonly shapes: Shapes;
  readonly frame: Frame;
  readonly columns: readonly Column[];
  readonly theme: Theme;
  /** The display bin that is read; -1 where there is none. */
  readonly bin: number;
}

const middle = (frame: Frame, bins: number, bin: number): number => frame.left + ((bin + 0.5) * (frame.right - frame.left)) / bins;

export function drawOver(pen: Pen, { sides, shapes, frame, columns, theme, bin }: Comparison): void {
  drawGrid(pen, frame, shapes.axis, theme);
  sides.forEach(({ capture }, i) => {
    const color = hueOf(theme, i);
    const shape = shapes.of(capture);
    const outline = outlineOf(shape, frame, shapes.scale(shape));
    if (!outline) return;
    pen.translate(0, frame.top);
    pen.fillStyle = faded(color, 0.18);
    pen.fill(outline.area);
    pen.strokeStyle = color;
    pen.lineWidth = 2;
    pen.setLineDash(i ? [6, 4] : []);
    pen.stroke(outline.line);
    pen.setLineDash([]);
    pen.translate(0, -frame.top);
    pen.font = `11.5px ${theme.font}`;
    pen.textAlign = "left";
    columns.forEach((column) => {
      pen.fillStyle = color;
      pen.fillRect(frame.right + column.left - 8, frame.top - 44 + 28 * i, 3, 14);
      drawCell(pen, column, capture, frame.right + column.left, frame.top - 28 + 28 * i, 12.5, theme);
    });
    if (bin < 0) return;
    const height = Math.min(1.15, shape.heights[bin] * shapes.scale(shape)) * frame.rise;
    drawDot(pen, middle(frame, shape.heights.length, bin), frame.top - height, color, theme);
  });
}

/** The smallest round share that no difference exceeds, so that the scale moves in steps. */
function roundShare(share: number): number {
  const decade = 10 ** Math.floor(Math.log10(share));
  return [1, 2, 5, 10].find((step) => step * decade >= share)! * decade;
}

/** What the second side has more of stands above the line, what it has less of below. */
export function drawDifference(pen: Pen, { shares, shapes, frame, theme, bin }: Comparison, height: number): void {
  const differences = shares[1].map((share, i) => share - shares[0][i]);
  const most = differences.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const scale = most > 0 ? roundShare(most) : 1;
  const bins = differences.length;
  const wide = (frame.right - frame.left) / bins;
  const [centre, room] = [Math.round(height / 2), height / 2 - 6];
  drawGrid(pen, { ...frame, height }, shapes.axis, theme);
  pen.fillStyle = theme.grid;
  pen.fillRect(frame.left, centre - 0.5, frame.right - frame.left, 1);
  differences.forEach((difference, i) => {
    if (difference === 0) return;
    pen.fillStyle = faded(hueOf(theme, difference > 0 ? 1 : 0), i === bin ? 1 : 0.65);
    const size = (Math.abs(difference) / scale) * room;
    pen.fillRect(frame.left + i * wide, difference > 0 ? centre - size : centre, Math.max(0.75, wide - 0.5), size);
  });
  pen.font = `11.5px ${theme.font}`;
  pen.textAlign = "left";
  pen.textBaseline = "alphabetic";
  pen.fillStyle = theme.muted;
  pen.fillText(most > 0 ? `+${shareText(scale)}` : "no difference", frame.left, 12);
  if (most > 0) pen.fillText(`\u2212${shareText(scale)}`, frame.left, height - 4);
}
