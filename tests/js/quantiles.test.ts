import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { stretchesOf } from "../../js/src/bands";
import type { Capture } from "../../js/src/model";
import { bandsOf, DISTRIBUTION, NAMES, quantiles } from "../../js/src/quantiles";

interface Golden {
  readonly counts: number[];
  readonly edges: number[];
  readonly zeros: number;
  readonly extremes?: [number, number];
  readonly quantiles: number[];
}

const golden: Golden[] = JSON.parse(readFileSync(new URL("../../../tests/golden/quantiles.json", import.meta.url), "utf-8"));
const capture = (counts: number[], step = 0, nonfinite = 0): Capture => ({
  row: 0, step, wall: 0, counts: Float32Array.from(counts), edges: Float64Array.from([...counts.keys(), counts.length]),
  total: counts.reduce((a, b) => a + b, 0), nonfinite, zeros: 0,
});

test("quantiles are those of HistogramSeries.quantiles, to the last digits", () => {
  assert.ok(golden.length > 4);
  for (const { counts, edges, zeros, extremes, quantiles: expected } of golden) {
    const found = quantiles({ counts: Float32Array.from(counts), edges: Float64Array.from(edges), zeros, extremes })!;
    const size = Math.max(...edges.map(Math.abs));
    found.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) <= 1e-12 * size, `${NAMES[i]}: ${value}, not ${expected[i]}`));
  }
});

test("every quantile has a name", () => assert.equal(NAMES.length, DISTRIBUTION.length));

test("a capture of nothing has no quantiles", () => assert.equal(bandsOf(capture([0, 0], 0, 4)), null));

test("bands break where a capture held no finite value", () => {
  const all = [capture([1], 0), capture([1], 1), capture([0], 2, 7), capture([1], 3)];
  assert.deepEqual(stretchesOf(all).map((each) => each.map(({ step }) => step)), [[0, 1], [3]]);
});

test("bands follow the steps where captures came in another order", () => {
  assert.deepEqual(stretchesOf([capture([1], 5), capture([1], 2)])[0].map(({ step }) => step), [2, 5]);
});

test("zeros that were counted apart lie at zero, whatever the bins around them", () => {
  const of = (counts: number[], edges: number[], zeros: number) => quantiles({ counts, edges, zeros }, [0, 0.25, 0.5, 0.75, 1]);
  assert.deepEqual(of([2, 2], [-2, -1, 1], 0), quantiles({ counts: [2, 2], edges: [-2, -1, 1] }, [0, 0.25, 0.5, 0.75, 1]));
  assert.deepEqual(of([1, 1], [-1, 0, 1], 6), [-1, 0, 0, 0, 1]);
  assert.deepEqual(of([4], [-1, 1], 4), [-1, 0, 0, 0, 1]);
  assert.deepEqual(of([1], [1, 2], 3), [0, 0, 0, 1, 2]);
  assert.deepEqual(of([1], [-2, -1], 3), [-2, 0, 0, 0, 0]);
  assert.deepEqual(of([0], [-1, 1], 5), [0, 0, 0, 0, 0]);
});
