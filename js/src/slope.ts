/** How a series changes around one of its rows. */

import { formatExact, formatStep } from "./axes";
import type { Scalars } from "./model";
import { rowAt } from "./survey";

export interface Slope {
  readonly change: number;
  /** In how many steps. */
  readonly per: number;
  /** The same in words, such as "1,000 steps" or "epoch". */
  readonly unit: string;
  /** Steps from the first to the last row that it was found from. */
  readonly over: number;
}

/** The part of the steps so far that a slope is found from, and the least rows. */
const SHARE = 0.1;
const ROWS = 8;

/** A round number of steps that suits a run of so many: 1,000 unless it is shorter. */
export const slopeUnit = (span: number): number => (span >= 1000 ? 1000 : span >= 100 ? 100 : span >= 10 ? 10 : 1);

/**
 * The line of least squares through the last tenth of what was logged up to a row, as logged; null where there is none.
 * `epoch` is how many steps an epoch has, where it is to be told per epoch.
 */
export function slopeAt(series: Scalars, row: number, epoch = NaN): Slope | null {
  const { steps, values, monotone } = series;
  if (!monotone || row < 1) return null;
  const span = steps[row] - steps[0];
  let first = Math.min(rowAt(series, steps[row] - SHARE * span), row);
  first = Math.max(0, Math.min(first, row - ROWS + 1));
  let [count, x, y] = [0, 0, 0];
  for (let i = first; i <= row; i++) {
    if (!Number.isFinite(values[i])) continue;
    count++;
    x += steps[i] - steps[row];
    y += values[i];
  }
  let [covariance, variance] = [0, 0];
  for (let i = first; i <= row; i++) {
    if (!Number.isFinite(values[i])) continue;
    const apart = steps[i] - steps[row] - x / count;
    covariance += apart * (values[i] - y / count);
    variance += apart * apart;
  }
  if (count < 2 || !(variance > 0)) return null;
  const per = epoch > 0 && Number.isFinite(epoch) ? epoch : slopeUnit(span);
  const unit = per === epoch ? "epoch" : per === 1 ? "step" : `${formatStep(per)} steps`;
  return { change: (covariance / variance) * per, per, unit, over: steps[row] - steps[first] };
}

/** "0.012", two digits of the size of a slope. */
const sizeOf = ({ change }: Slope, percent: boolean): string => formatExact(Number(Math.abs(change).toPrecision(2)), percent);

/** "\u2198 0.012" */
export const slopeSign = (slope: Slope, percent: boolean): string =>
  `${slope.change < 0 ? "\u2198" : slope.change > 0 ? "\u2197" : "\u2192"}\u00a0${sizeOf(slope, percent)}`;

/** "falling by 0.012 per 1,000 steps over the last 180 steps" */
export function slopeWords(slope: Slope | null, percent: boolean): string {
  if (!slope) return "";
  const { change, unit, over } = slope;
  const how = change === 0 ? "flat" : `${change < 0 ? "falling" : "rising"} by ${sizeOf(slope, percent)} per ${unit}`;
  return `${how} over the last ${formatStep(over)} steps`;
}
