/** What a tooltip says: the values at a step, exactly, in the order that the reader wants. */

import { formatDuration, formatExact, formatStep } from "./axes";
import { epochSeries } from "./epochs";
import type { Drawn } from "./drawn";
import type { Horizontal } from "./horizontal";
import { plotOf, toX, toY, type Plot } from "./line";
import { marksOf, notesAt } from "./marks";
import type { Scene } from "./model";
import { project } from "./projection";
import { orderOf, type Order } from "./reading";
import { spreadOf } from "./readout";
import { slopeAt, slopeSign, type Slope } from "./slope";
import { rowAt } from "./survey";
import { formatMoment } from "./timeticks";
import type { TooltipRow, TooltipState } from "./tooltip";

/** Rows that a tooltip has room for; of more, it says how many. */
export const MOST = 12;

/** Pixels within which a mark is pointed at. */
const NEAR = 5;

/** Pixels of a chart that has room for slopes in its tooltip. */
const ROOMY = 560;

interface Point extends Omit<TooltipRow, "slope"> {
  readonly slope: Slope | null;
  readonly place: number;
  /** Pixels from the pointer. */
  readonly far: number;
  readonly height: number;
}

const distance = (far: number): number => (Number.isNaN(far) ? Infinity : far);

/** The rows in their order, as many as there is room for; stable, so that equals stay where they are. */
export function inOrder<Row extends { readonly label: string; readonly far: number; readonly height: number }>(
  rows: readonly Row[], order: Order,
): Row[] {
  const by: Record<Order, (a: Row, b: Row) => number> = {
    nearest: (a, b) => distance(a.far) - distance(b.far) || 0,
    value: (a, b) => (Number.isNaN(a.height) ? 1 : Number.isNaN(b.height) ? -1 : b.height - a.height || 0),
    name: (a, b) => a.label.localeCompare(b.label, "en", { numeric: true }),
  };
  return [...rows].sort(by[order]);
}

function pointsAt(horizontal: Horizontal, all: readonly Drawn[], step: number, y: number, plot: Plot): Point[] {
  const found: Point[] = [];
  for (const { stroke, line, past } of all) {
    const { label, color, line: { store } } = stroke;
    const own = plotOf(plot, stroke);
    const exact = (value: number): string => formatExact(value, own.percent);
    for (const [each, superseded] of [[line, false], [past, true]] as const) {
      if (!each) continue;
      const { series } = each;
      const row = rowAt(series, step);
      if (row < 0 || (superseded && series.steps[row] !== step)) continue;
      const at = superseded ? ", superseded" : series.steps[row] === step ? "" : ` at ${formatStep(series.steps[row])}`;
      const mean = series.spread ? `, mean of ${series.spread.count[row]}` : "";
      found.push({
        color, label: (label || series.tag) + mean + at, value: exact(series.values[row]) + spreadOf(stroke, row, exact), place: each.x[row],
        slope: superseded ? null : slopeAt(series, row, horizontal.stepsAnEpoch(store, step)),
        far: Math.abs(toY(own, each.y[row]) - y), height: series.values[row],
      });
    }
  }
  return found;
}

/** What else is known of the step: its epoch, and how long after the beginning it was, or when. */
function whenOf(all: readonly Drawn[], step: number, plot: Plot): string {
  const read = all.reduce((wall, { line: { series } }) => Math.max(wall, series.walls[rowAt(series, step)] ?? -Infinity), -Infinity);
  const begun = Math.min(...all.map(({ line: { series } }) => series.walls[0]));
  if (!Number.isFinite(read - begun)) return "";
  return plot.axis === "wall" ? formatMoment(read) : `after ${formatDuration(read - begun)}`;
}

function epochOf(all: readonly Drawn[], step: number): string {
  const series = all.map(({ stroke }) => epochSeries(stroke.line.store)).find((each) => each !== null);
  const row = series ? rowAt(series, step) : -1;
  return row < 0 ? "" : ` \u00b7 epoch ${formatExact(series!.values[row], false)}`;
}

export function tooltipOf(
  scene: Scene, horizontal: Horizontal, all: readonly Drawn[], step: number, y: number, plot: Plot,
): TooltipState & { readonly places: readonly number[] } {
  const points = inOrder(pointsAt(horizontal, all, step, y, plot), orderOf(scene));
  const smoothed = all.some(({ line, stroke }) => stroke.shown !== line.series.values);
  const notes = notesAt(marksOf(all.map(({ stroke }) => stroke.line)), nearMark(all, step, plot));
  // Beside a narrow chart the tooltip would find no room.
  const unit = plot.width < ROOMY ? "" : points.find(({ slope }) => slope)?.slope?.unit ?? "";
  const shown = points.slice(0, MOST);
  return {
    heading: `step ${formatStep(step)}${plot.axis === "epoch" ? epochOf(all, step) : ""}`,
    note: whenOf(all, step, plot),
    kind: smoothed ? "as logged" : "",
    per: unit && `per ${unit}`,
    rows: shown.map(({ color, label, value, slope }) => ({
      color, label, value, slope: slope?.unit === unit ? slopeSign(slope, plot.percent) : "",
    })),
    more: points.length > MOST ? `and ${formatStep(points.length - MOST)} more` : "",
    mark: notes,
    places: shown.map(({ place }) => place),
  };
}

/** The step of the mark that is so near to a step that nobody could point at it any better, or the step itself. */
function nearMark(all: readonly Drawn[], step: number, plot: Plot): number {
  if (plot.axis !== "step") return step;
  const x = (each: number): number => toX(plot, project(each, plot.logx));
  const near = marksOf(all.map(({ stroke }) => stroke.line)).filter(([mark]) => Math.abs(x(mark) - x(step)) <= NEAR);
  return near.length ? near.reduce(([a], [b]) => [Math.abs(b - step) < Math.abs(a - step) ? b : a, ""])[0] : step;
}
