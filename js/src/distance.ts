/** How far apart two distributions are. */

import { bisectLeft } from "d3-array";
import type { Capture } from "./model";

/** Where either distribution begins, ends or bends. */
function pointsOf(captures: readonly Capture[]): Float64Array {
  const points = new Set<number>();
  for (const { edges, zeros } of captures) {
    for (const edge of edges) if (Number.isFinite(edge)) points.add(edge);
    if (zeros) points.add(0);
  }
  return Float64Array.from(points).sort();
}

/** Share of the values below each point, and up to it. */
function cumulate({ counts, edges, zeros }: Capture, points: Float64Array): { below: Float64Array; upTo: Float64Array } {
  const jumps = new Float64Array(points.length);
  const rises = new Float64Array(points.length);
  for (let i = 0; i < counts.length; i++) {
    const [low, high] = [edges[i], edges[i + 1]];
    if (Number.isFinite(high - low) && high > low) {
      const last = bisectLeft(points, high);
      for (let k = bisectLeft(points, low) + 1; k <= last; k++) rises[k] += (counts[i] * (points[k] - points[k - 1])) / (high - low);
    } else jumps[bisectLeft(points, Number.isFinite(low) ? low : high)] += counts[i];
  }
  if (zeros) jumps[bisectLeft(points, 0)] += zeros;
  const [below, upTo] = [new Float64Array(points.length), new Float64Array(points.length)];
  let passed = 0;
  for (let k = 0; k < points.length; k++) {
    below[k] = passed += rises[k];
    upTo[k] = passed += jumps[k];
  }
  for (let k = 0; k < points.length; k++) {
    below[k] /= passed;
    upTo[k] /= passed;
  }
  return { below, upTo };
}

/**
 * The Wasserstein-1 distance: the area between the cumulative distributions, which is how far values have to be moved on
 * average to make one of the other. Values of a bin are spread evenly over it, zeros that were counted apart lie at zero, what
 * is not finite is left out. NaN where either has no values. nbviz/picture/compare.py does the same.
 */
export function wasserstein(a: Capture, b: Capture): number {
  const points = pointsOf([a, b]);
  const [first, second] = [cumulate(a, points), cumulate(b, points)];
  let area = 0;
  for (let k = 1; k < points.length; k++) {
    const from = first.upTo[k - 1] - second.upTo[k - 1];
    const to = first.below[k] - second.below[k];
    const size = Math.abs(from) + Math.abs(to);
    // Where the curves cross, two triangles; elsewhere a trapezium.
    const height = from * to < 0 ? (from * from + to * to) / (2 * size) : size / 2;
    area += height * (points[k] - points[k - 1]);
  }
  return points.length ? area : NaN;
}
