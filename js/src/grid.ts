/** What surrounds the lines of a chart: hairlines, and the labels of both axes. */

import { formatStepTick, stepTicks, tickFormat, valueTicks, type Domain } from "./axes";
import { bottomOf, labelFont, rightOf, snap, TOP, toX, toY, valueTickCount, type Plot } from "./line";
import { formatLogTick, logTicks, project, unproject, unprojected } from "./projection";
import { ticks } from "d3-array";
import { significant } from "./numbers";
import { formatClock, formatElapsed, timeStep, timeTicks } from "./timeticks";

/** How much of the lines is gone while some of them are looked at. */
const FADED = 0.78;

export type Span = readonly [number, number];

export interface Ticks {
  readonly values: readonly number[];
  readonly text: (value: number) => string;
}

/** Ticks of a value axis whose domain is in coordinates. */
export function valueAxis(target: Domain, height: number, percent: boolean, log: boolean): Ticks {
  const count = valueTickCount(height);
  if (log) return { values: logTicks(target, count), text: (value) => formatLogTick(value, percent) };
  return { values: valueTicks(target, count, percent), text: tickFormat(target, count, percent) };
}

function horizontal(context: CanvasRenderingContext2D, plot: Plot, y: number, thickness: number): void {
  const at = snap(y, plot.ratio, thickness);
  context.moveTo(plot.left, at);
  context.lineTo(rightOf(plot), at);
}

function paintHairlines(context: CanvasRenderingContext2D, plot: Plot, heights: readonly number[]): void {
  const { theme, ratio } = plot;
  const thickness = Math.max(1, Math.floor(ratio)) / ratio;
  context.lineWidth = thickness;
  context.strokeStyle = theme.grid;
  context.beginPath();
  for (const y of heights) horizontal(context, plot, y, thickness);
  context.stroke();
}

const heightsOf = (plot: Plot, values: readonly number[]): number[] => values.map((value) => toY(plot, project(value, plot.logy)));

/** Fades all lines, over which some are going to be drawn once more; the labels stand beside them. */
export function paintFade(context: CanvasRenderingContext2D, plot: Plot, target: Domain): void {
  context.globalAlpha = FADED;
  context.fillStyle = plot.theme.background;
  context.fillRect(plot.left - 3, TOP - 4, rightOf(plot) - plot.left + 7, bottomOf(plot) - TOP + 6);
  context.globalAlpha = 1;
  paintHairlines(context, plot, heightsOf(plot, valueAxis(target, plot.height, plot.percent, plot.logy).values));
}

/** Draws the grid and the labels of the values; `target` is where the axis goes, for ticks stay while it glides. */
export function paintGrid(context: CanvasRenderingContext2D, plot: Plot, target: Domain): void {
  const { theme } = plot;
  const { values, text } = valueAxis(target, plot.height, plot.percent, plot.logy);
  const heights = heightsOf(plot, values);
  paintHairlines(context, plot, heights);
  context.font = labelFont(theme);
  context.fillStyle = theme.muted;
  context.textBaseline = "middle";
  context.textAlign = "right";
  values.forEach((value, i) => {
    const y = heights[i];
    if (y > 4 && y < bottomOf(plot) + 4) context.fillText(text(value), plot.left - 8, y);
  });
}

/** The values of an axis on the right have ticks of their own and no grid, which is the left one's. */
export function paintSecond(context: CanvasRenderingContext2D, { plot, target }: NonNullable<Plot["second"]>): void {
  const { values, text } = valueAxis(target, plot.height, plot.percent, plot.logy);
  const right = rightOf(plot);
  context.strokeStyle = context.fillStyle = plot.theme.muted;
  context.textAlign = "left";
  context.beginPath();
  for (const value of values) {
    const y = toY(plot, project(value, plot.logy));
    if (y <= 4 || y >= bottomOf(plot) + 4) continue;
    const at = snap(y, plot.ratio, context.lineWidth);
    context.moveTo(right, at);
    context.lineTo(right + 4, at);
    context.fillText(text(value), right + 8, y);
  }
  context.stroke();
}

/** Ticks of the horizontal axis, as values: steps, epochs, or seconds. */
export function horizontalAxis({ axis, logx, x }: Pick<Plot, "axis" | "logx" | "x">, count: number): Ticks {
  const [low, high] = unprojected(x, logx);
  if (logx) {
    const text = (value: number): string => (axis === "relative" ? formatElapsed(value, Math.min(1, value), value) : formatLogTick(value, false));
    return { values: logTicks(x, count), text };
  }
  if (axis === "relative" || axis === "wall") {
    const apart = timeStep(x, count);
    const text = (value: number): string => (axis === "wall" ? formatClock(value, apart) : formatElapsed(value, apart, high));
    return { values: timeTicks(x, count, axis === "wall"), text };
  }
  if (axis === "epoch") return { values: ticks(low, high, Math.max(1, count)), text: (value) => significant(value, 6) };
  return { values: stepTicks(x, count), text: (value) => formatStepTick(value, high, (high - low) / 8) };
}

/** Labels the horizontal axis, except where a pointer says its own. */
export function paintLabels(context: CanvasRenderingContext2D, plot: Plot, taken: readonly Span[]): void {
  context.font = labelFont(plot.theme);
  context.fillStyle = plot.theme.muted;
  context.textBaseline = "middle";
  const across = rightOf(plot) - plot.left;
  const widest = context.measureText(horizontalAxis(plot, 8).text(Math.round(unproject(plot.x[1], plot.logx)))).width;
  // A narrow chart has three all the same, where they fit, for one label does not make an axis.
  const count = Math.min(8, Math.max(across > 3 * (widest + 16) ? 3 : 1, Math.floor(across / Math.max(88, widest + 48))));
  const { values, text } = horizontalAxis(plot, count);
  context.textAlign = "left";
  // In the corner that both axes leave free. Times have units, and say what they are.
  const counts = plot.axis === "step" || plot.axis === "epoch" ? plot.axis : "";
  const room = context.measureText(counts).width;
  if (taken.every(([from]) => from > room - 6)) context.fillText(counts, 0, bottomOf(plot) + 15);
  for (const value of values) {
    const label = text(value);
    const width = context.measureText(label).width;
    const at = toX(plot, project(value, plot.logx));
    const x = Math.min(at - width / 2, plot.width - width - 1);
    if (at < plot.left - 1) continue;
    if (taken.every(([from, to]) => x > to || x + width < from)) context.fillText(label, x, bottomOf(plot) + 15);
  }
}
