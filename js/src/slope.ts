/** How a series changes around one of its rows. */

import type { Scalars } from "./model";
import { rowAt } from "./survey";

export interface Slope {
  /** Change per `per` steps, or per epoch. */
  readonly change: number;
  readonly per: number;
  /** Steps from the first to the last row that it was found from. */
  readonly over: number;
}

/** The part of the steps so far that a slope is found from, and the least rows. */
const SHARE = 0.1;
const ROWS = 8;

/** A round number of steps that suits a run of so many: 1,000 unless it is shorter. */
export const slopeUnit = (span: number): number => (span >= 1000 ? 1000 : span >= 100 ? 100 : span >= 10 ? 10 : 1);

/** The line of least squares through the last tenth of what was logged up to a row, as logged; null where there is none. */
export function slopeAt(series: Scalars, row: number): Slope | null {
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
  const per = slopeUnit(span);
  return { change: (covariance / variance) * per, per, over: steps[row] - steps[first] };
}
