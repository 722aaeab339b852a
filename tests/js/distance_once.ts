/** Prints the distance of each pair of captures on its input. Driven by tests/test_distance.py. */

import { readFileSync } from "node:fs";
import { wasserstein } from "../../js/src/distance";
import type { Capture } from "../../js/src/model";

type Written = Pick<Capture, "zeros"> & { counts: number[]; edges: number[] };

const pairs: [Written, Written][] = JSON.parse(readFileSync(0, "utf-8"));
const read = ({ counts, edges, zeros }: Written): Capture => ({
  row: 0, step: 0, wall: 0, counts: Float32Array.from(counts), edges: Float64Array.from(edges), total: 0, nonfinite: 0, zeros,
});
process.stdout.write(JSON.stringify(pairs.map(([a, b]) => wasserstein(read(a), read(b)))));
