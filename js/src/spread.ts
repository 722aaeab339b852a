/** Several runs as one line: their mean at every step, and how far they spread around it. */

import type { Scalars, Spread } from "./model";

/** Steps at which a mean is taken; of more, evenly many are left out. */
const MOST = 8192;

interface Rows {
  readonly steps: Float64Array;
  readonly values: Float64Array;
  readonly walls: Float64Array;
}

/** Rows by increasing steps, of each step the one logged last. */
function rowsOf({ steps, values, walls, length, monotone }: Scalars): Rows {
  const order = Uint32Array.from({ length }, (_, i) => i);
  if (!monotone) order.sort((a, b) => steps[a] - steps[b] || a - b);
  const kept = order.filter((row, i) => i + 1 === length || steps[order[i + 1]] !== steps[row]);
  const pick = (column: Float64Array): Float64Array => Float64Array.from(kept, (row) => column[row]);
  return { steps: pick(steps), values: pick(values), walls: pick(walls) };
}

function allSteps(all: readonly Rows[]): Float64Array {
  const [first, ...others] = all;
  const alike = others.every(({ steps }) => steps.length === first.steps.length && steps.every((step, i) => step === first.steps[i]));
  if (alike) return thinned(first.steps);
  const joined = new Float64Array(all.reduce((sum, { steps }) => sum + steps.length, 0));
  let end = 0;
  for (const { steps } of all) {
    joined.set(steps, end);
    end += steps.length;
  }
  joined.sort();
  return thinned(joined.filter((step, i) => i === 0 || step !== joined[i - 1]));
}

function thinned(steps: Float64Array): Float64Array {
  if (steps.length <= MOST) return steps;
  const stride = (steps.length - 1) / (MOST - 1);
  return Float64Array.from({ length: MOST }, (_, i) => steps[Math.round(i * stride)]);
}

/**
 * Goes along a run's rows: what it has at steps that increase, interpolated between its own, never beyond them. Beside a
 * value that is not finite it has none.
 */
function walk({ steps, values, walls }: Rows, at: Float64Array, take: (i: number, value: number, seconds: number) => void): void {
  let row = 0;
  const last = steps.length - 1;
  for (let i = 0; i < at.length; i++) {
    const step = at[i];
    if (!(step >= steps[0] && step <= steps[last])) continue;
    while (row < last && steps[row + 1] <= step) row++;
    const share = steps[row] === step ? 0 : (step - steps[row]) / (steps[row + 1] - steps[row]);
    const between = (column: Float64Array): number => (share ? column[row] + (column[row + 1] - column[row]) * share : column[row]);
    const value = between(values);
    if (value - value === 0) take(i, value, between(walls) - walls[0]);
  }
}

/** Running sums by Welford's way, which loses no digits where the values are far from zero. */
function gather(all: readonly Rows[], steps: Float64Array): { readonly mean: Float64Array; readonly seconds: Float64Array; readonly spread: Omit<Spread, "of"> } {
  const columns = Array.from({ length: 6 }, () => new Float64Array(steps.length));
  const [mean, seconds, count, std, low, high] = columns;
  low.fill(Infinity);
  high.fill(-Infinity);
  for (const rows of all) {
    walk(rows, steps, (i, value, since) => {
      const n = ++count[i];
      const apart = value - mean[i];
      mean[i] += apart / n;
      std[i] += apart * (value - mean[i]);
      seconds[i] += (since - seconds[i]) / n;
      if (value < low[i]) low[i] = value;
      if (value > high[i]) high[i] = value;
    });
  }
  for (let i = 0; i < steps.length; i++) {
    std[i] = count[i] > 1 ? Math.sqrt(std[i] / (count[i] - 1)) : NaN;
    if (count[i] === 0) mean[i] = low[i] = high[i] = NaN;
  }
  return { mean, seconds, spread: { count, std, low, high } };
}

let versions = 0;

/**
 * The mean of series of one tag, at every step that any of them has: by numpy's words `nanmean` and `nanstd(ddof=1)` over
 * `interp` of each.
 */
export function meanOf(all: Spread["of"]): Scalars {
  const rows = all.filter(({ series }) => series.length > 0).map(({ series }) => rowsOf(series));
  const { tag, place } = all[0].series;
  const steps = rows.length ? allSteps(rows) : new Float64Array(0);
  const { mean, seconds, spread } = gather(rows, steps);
  const begun = Math.min(...rows.map(({ walls }) => walls[0]));
  return {
    kind: "scalar", tag, place, generation: 0, version: ++versions, rows: steps.length, length: steps.length,
    steps, values: mean, walls: seconds.map((since) => begun + since), index: Float64Array.from(steps, (_, i) => i), monotone: true,
    spread: { ...spread, of: all },
  };
}
