import type { Scalars } from "./model";

/** So little that 1 is the same without it. */
const NOTHING = 2 ** -54;

/**
 * Exponential smoothing as TensorBoard draws it: the mean is corrected for its start at zero (as in Adam), values that
 * are not finite are passed through and leave no trace in the mean.
 * https://github.com/tensorflow/tensorboard/blob/master/tensorboard/webapp/widgets/line_chart_v2/data_transformer.ts
 */
export function smooth(values: Float64Array, length: number, weight: number, out: Float64Array = new Float64Array(length)): Float64Array {
  if (isConstant(values, length)) {
    out.set(values.subarray(0, length));
    return out;
  }
  let mean = 0;
  let taken = 0;
  let decay = 1;
  for (let i = 0; i < length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) {
      out[i] = value;
      continue;
    }
    mean = mean * weight + (1 - weight) * value;
    // As exact as TensorBoard's, and no work once the start no longer shows.
    if (decay > NOTHING) decay = weight ** ++taken;
    out[i] = mean / (1 - decay);
  }
  return out;
}

/** Which would come out with noise in its last digits. */
function isConstant(values: Float64Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (values[i] !== values[0]) return false;
  return true;
}

/**
 * Whether values stay for a while and then change, as a learning rate or an epoch does: every level lasts for more than one
 * row, except perhaps the first and the one that has just begun. A mean would draw slopes where there are none.
 */
export function isStaircase(values: Float64Array, length: number): boolean {
  let changes = 0;
  for (let i = 1; i < length; i++) {
    if (values[i] === values[i - 1]) continue;
    changes++;
    if (i > 1 && values[i - 1] !== values[i - 2]) return false;
  }
  return 2 * changes < length;
}

/** Smoothed columns by key, computed anew only when the series or the weight changed. */
export class SmoothCache {
  private readonly kept = new Map<string, { version: number; weight: number; values: Float64Array }>();

  get(key: string, { values, length, version }: Scalars, weight: number): Float64Array {
    if (weight <= 0) return values;
    const kept = this.kept.get(key);
    if (kept && kept.version === version && kept.weight === weight) return kept.values;
    if (isStaircase(values, length)) {
      this.kept.set(key, { version, weight, values });
      return values;
    }
    const room = kept && kept.values !== values && kept.values.length >= length ? kept.values : new Float64Array(Math.ceil(length * 1.25));
    this.kept.set(key, { version, weight, values: smooth(values, length, weight, room) });
    return room;
  }
}
