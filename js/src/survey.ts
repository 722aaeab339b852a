import { bisectRight } from "d3-array";
import type { Scalars } from "./model";

/** What a chart must know of a series before it can draw it. */
export interface Survey {
  /** Smallest and largest finite value; low > high where there is none. */
  readonly low: number;
  readonly high: number;
  readonly lowStep: number;
  readonly highStep: number;
  /** Rows whose value is NaN or infinite. */
  readonly broken: readonly number[];
  readonly finite: number;
}

export function survey(series: Scalars): Survey {
  const { steps, values, length } = series;
  let low = Infinity;
  let high = -Infinity;
  let lowRow = 0;
  let highRow = 0;
  const broken: number[] = [];
  for (let row = 0; row < length; row++) {
    const value = values[row];
    if (value - value !== 0) {
      broken.push(row);
      continue;
    }
    if (value < low) {
      low = value;
      lowRow = row;
    }
    if (value > high) {
      high = value;
      highRow = row;
    }
  }
  return { low, high, lowStep: steps[lowRow], highStep: steps[highRow], broken, finite: length - broken.length };
}

export class SurveyCache {
  private readonly kept = new Map<string, { version: number; survey: Survey }>();

  get(key: string, series: Scalars): Survey {
    const kept = this.kept.get(key);
    if (kept && kept.version === series.version) return kept.survey;
    const fresh = survey(series);
    this.kept.set(key, { version: series.version, survey: fresh });
    return fresh;
  }
}

/** The row known at `step`: the last one logged at the greatest step not beyond it; -1 where there is none yet. */
export function rowAt(series: Scalars, step: number): number {
  const { steps, length, monotone } = series;
  if (!monotone) {
    let found = -1;
    for (let row = 0; row < length; row++) {
      if (steps[row] <= step && (found < 0 || steps[row] >= steps[found])) found = row;
    }
    return found;
  }
  return bisectRight(steps, step, 0, length) - 1;
}

/** The logged step next to `step` in a direction, or the nearest (0), over several series; null where there is none. */
export function loggedStep(all: readonly Scalars[], step: number, direction: -1 | 0 | 1): number | null {
  let best: number | null = null;
  for (const series of all) {
    for (const found of neighbours(series, step)) {
      if (direction !== 0 && Math.sign(found - step) !== direction) continue;
      const nearer = best === null || (direction === 0 ? Math.abs(found - step) < Math.abs(best - step) : (best - found) * direction > 0);
      if (nearer) best = found;
    }
  }
  return best;
}

/** The logged steps just before, at and just after `step`. */
function neighbours(series: Scalars, step: number): number[] {
  const { steps, length, monotone } = series;
  if (monotone) {
    const row = rowAt(series, step);
    let before = row;
    while (before >= 0 && steps[before] === step) before--;
    return [before, row, row + 1].filter((each) => each >= 0 && each < length).map((each) => steps[each]);
  }
  let [before, after] = [-Infinity, Infinity];
  let at = false;
  for (let row = 0; row < length; row++) {
    if (steps[row] === step) at = true;
    else if (steps[row] < step) before = Math.max(before, steps[row]);
    else after = Math.min(after, steps[row]);
  }
  return [before, at ? step : NaN, after].filter(Number.isFinite);
}
