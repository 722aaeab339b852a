/** Quantiles of captures, as TensorBoard's distributions have them. `_quantiles` in nbviz/series.py is the same in Python. */

import { bisectLeft } from "d3-array";
import type { Capture } from "./model";

/** min, 7, 16, 31, 50, 69, 84, 93 %, max: half a standard deviation of a normal distribution apart. */
export const DISTRIBUTION = [0, 0.0668, 0.1587, 0.3085, 0.5, 0.6915, 0.8413, 0.9332, 1] as const;
export const NAMES = ["min", "7\u00a0%", "16\u00a0%", "31\u00a0%", "median", "69\u00a0%", "84\u00a0%", "93\u00a0%", "max"] as const;
export const MEDIAN = 4;
interface Bins {
  readonly counts: ArrayLike<number> & Iterable<number>;
  readonly edges: ArrayLike<number> & Iterable<number>;
  /** Exact zeros, which no bin holds. */
  readonly zeros?: number;
  readonly extremes?: readonly [number, number];
}

/** In TensorBoard's units, so that sums round alike. */
const WHOLE = 10_000;

const sum = (counts: ArrayLike<number>): number => Array.prototype.reduce.call(counts, (a, b) => (a as number) + (b as number), 0) as number;

/** The same capture with the zeros that were counted apart in a bin of their own, which has no width. */
function withZeros({ counts, edges, zeros }: Bins): Bins {
  if (!sum(counts)) return { counts: [zeros!], edges: [0, 0] };
  const at = bisectLeft(edges, 0);
  if (at === 0) return { counts: [zeros!, 0, ...counts], edges: [0, 0, ...edges] };
  if (at === edges.length) return { counts: [...counts, 0, zeros!], edges: [...edges, 0, 0] };
  const below = (counts[at - 1] * -edges[at - 1]) / (edges[at] - edges[at - 1]);
  return {
    counts: [...[...counts].slice(0, at - 1), below, zeros!, counts[at - 1] - below, ...[...counts].slice(at)],
    edges: [...[...edges].slice(0, at), 0, 0, ...[...edges].slice(at)],
  };
}

/** The values that shares of a capture's values lie below, spread evenly within their bins; none of a capture of nothing. */
export function quantiles(bins: Bins, shares: readonly number[] = DISTRIBUTION): number[] | null {
  const { counts, edges } = bins.zeros ? withZeros(bins) : bins;
  const total = sum(counts);
  if (!total) return null;
  let [i, before, weight] = [0, 0, (counts[0] * WHOLE) / total];
  const [lowest, highest] = bins.extremes ?? [-Infinity, Infinity];
  const clipped = (value: number): number => Math.max(lowest, Math.min(highest, value));
  return shares.map((share) => {
    const wanted = share * WHOLE;
    while (weight <= wanted && i < counts.length - 1) {
      before = weight;
      weight += (counts[++i] * WHOLE) / total;
    }
    if (weight <= wanted) return clipped(edges[counts.length]);
    const left = before > 0 ? edges[i] : edges[0];
    return clipped(left + ((wanted - before) * (edges[i + 1] - left)) / (weight - before));
  });
}

const known = new WeakMap<Capture, number[] | null>();

/** The quantiles of the distribution, computed once for each capture. */
export function bandsOf(capture: Capture): number[] | null {
  let bands = known.get(capture);
  if (bands === undefined) known.set(capture, (bands = quantiles(capture)));
  return bands;
}
