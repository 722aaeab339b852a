/** Where a curve is going, decided over the last part of it. */

import type { Scalars } from "./model";

export type Trend = "falling" | "rising" | "flat";

/** Share of the rows, the newest, that decide. */
const LAST = 1 / 3;
/** Fewer points than this are going nowhere. */
const LEAST = 5;
/** Pairs of points grow with the square of this. */
const MOST = 48;
/** Standard deviations of Kendall's sum that chance seldom gives. */
const CERTAIN = 1.96;
/** A change of less than this share of the whole curve's height cannot be seen. */
const SEEN = 0.01;

type Point = readonly [step: number, value: number];

const median = (sorted: ArrayLike<number>): number =>
  (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;

const medianOf = (values: readonly number[]): number => median(Float64Array.from(values).sort());

/** Neighbours together, each by its medians, so that single spikes count for nothing. */
function thinned(points: readonly Point[]): readonly Point[] {
  if (points.length <= MOST) return points;
  return Array.from({ length: MOST }, (_, i) => {
    const some = points.slice(Math.floor((i * points.length) / MOST), Math.floor(((i + 1) * points.length) / MOST));
    return [medianOf(some.map(([step]) => step)), medianOf(some.map(([, value]) => value))];
  });
}

/** Slope by Theil and Sen (the median of those of all pairs), and by Mann and Kendall how sure its sign is. */
export function slopeOf(points: readonly Point[]): { readonly slope: number; readonly certain: boolean } {
  const slopes: number[] = [];
  let sum = 0;
  for (let i = 0; i < points.length; i++) {
    for (let j = 0; j < i; j++) {
      const apart = points[i][0] - points[j][0];
      if (apart === 0) continue;
      const slope = (points[i][1] - points[j][1]) / apart;
      slopes.push(slope);
      sum += Math.sign(slope);
    }
  }
  const n = points.length;
  const deviation = Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  return { slope: slopes.length ? medianOf(slopes) : 0, certain: Math.abs(sum) > CERTAIN * deviation };
}

/** null where too few values are finite to tell. */
export function trendOf({ steps, values, length }: Pick<Scalars, "steps" | "values" | "length">): Trend | null {
  const all: Point[] = [];
  for (let row = 0; row < length; row++) if (values[row] - values[row] === 0) all.push([steps[row], values[row]]);
  const points = thinned(all.slice(-Math.max(LEAST, Math.ceil(all.length * LAST))));
  if (points.length < LEAST) return null;
  const { slope, certain } = slopeOf(points);
  const change = slope * (points[points.length - 1][0] - points[0][0]);
  const heights = Float64Array.from(all, ([, value]) => value).sort();
  const at = (share: number): number => heights[Math.round(share * (heights.length - 1))];
  if (!certain || Math.abs(change) < SEEN * (at(0.95) - at(0.05))) return "flat";
  return change < 0 ? "falling" : "rising";
}
