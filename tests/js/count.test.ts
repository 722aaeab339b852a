import assert from "node:assert/strict";
import { test } from "node:test";
import { countBelow, countBetween, heldBy, isSelection } from "../../js/src/count";
import { finiteCount } from "../../js/src/rebin";
import type { Capture, Captures } from "../../js/src/model";

const capture = (counts: number[], edges: number[], more: Partial<Capture> = {}): Capture => ({
  row: 0, step: 0, wall: 0, counts: Float32Array.from(counts), edges: Float64Array.from(edges), total: 0, nonfinite: 0, zeros: 0, ...more,
});
const series = (captures: Capture[]): Captures => ({
  kind: "histogram", tag: "fc1", place: { chart: "", role: "train", unit: "", best: "", panel: "charts" }, generation: 0, rows: captures.length,
  length: captures.length, version: 1, captures,
});

test("values of a bin are spread evenly over it", () => {
  const one = capture([4, 8], [0, 1, 3]);
  assert.deepEqual([0, 0.5, 1, 2, 3, 9].map((value) => countBelow(one, value)), [0, 2, 4, 8, 12, 12]);
  assert.equal(countBetween(one, 0.5, 2), 6);
});

test("zeros that were counted apart lie below every positive value", () => {
  const one = capture([4, 4], [-1, 0, 1], { zeros: 12 });
  assert.deepEqual([-0.5, 0, 1e-9, 1].map((value) => Math.round(countBelow(one, value))), [2, 4, 16, 20]);
  assert.equal(countBelow(one, 0.5) / finiteCount(one), 0.9);
});

test("a bin with an infinite edge has its values at the finite one", () => {
  const one = capture([3, 4, 5], [-Infinity, -1, 1, Infinity]);
  assert.deepEqual([-2, -1, 0, 1, 2].map((value) => countBelow(one, value)), [0, 3, 5, 7, 12]);
});

test("a selection holds what lies between its values at its steps, both ends included", () => {
  const all = series([0, 10, 20].map((step) => capture([10, 10], [-1, 0, 1], { step })));
  assert.deepEqual(heldBy({ tag: "fc1", values: [0, 1], steps: [10, 20] }, all), { count: 20, share: 0.5, captures: 2 });
  assert.deepEqual(heldBy({ tag: "fc1", values: [-0.5, 0.5], steps: [0, 0] }, all), { count: 10, share: 0.5, captures: 1 });
  assert.deepEqual(heldBy({ tag: "fc1", values: [5, 6], steps: [3, 4] }, all), { count: 0, share: 0, captures: 0 });
});

test("exact zeros belong to a selection around zero, and what is not finite to none", () => {
  const all = series([capture([5, 5], [-1, 0, 1], { zeros: 10, nonfinite: 100 })]);
  assert.deepEqual(heldBy({ tag: "fc1", values: [0, 1], steps: [0, 0] }, all), { count: 15, share: 0.75, captures: 1 });
  assert.deepEqual(heldBy({ tag: "fc1", values: [0.5, 1], steps: [0, 0] }, all), { count: 2.5, share: 0.125, captures: 1 });
});

test("what is no selection is not taken for one", () => {
  assert.ok(isSelection({ tag: "a", values: [0, 1], steps: [2, 2] }));
  const wrong = [null, 3, {}, { tag: "a" }, { tag: "a", values: [1, 0], steps: [0, 1] }, { tag: "a", values: [0, NaN], steps: [0, 1] }];
  for (const each of wrong) assert.ok(!isSelection(each));
});
