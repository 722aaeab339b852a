import assert from "node:assert/strict";
import { test } from "node:test";
import { keptPoints } from "../../js/src/reduce";

const kept = (values: number[], stride: number, index = values.map((_, row) => row)) =>
  [...keptPoints(Float64Array.from(index), Float64Array.from(values), values.length, stride)];

test("a bucket keeps its first, smallest, largest and last point", () => {
  assert.deepEqual(kept([5, 4, 9, 4, 1, 2, 3, 4], 8), [0, 2, 4, 7]);
});

test("a bucket keeps its first point that is NaN or infinite", () => {
  assert.deepEqual(kept([1, 1, NaN, Infinity, 1, 1], 8), [0, 2, 5]);
});

test("a bucket without a finite value keeps its ends", () => {
  assert.deepEqual(kept([NaN, NaN, -Infinity, NaN], 4), [0, 3]);
});

test("of equal extremes the first is kept", () => {
  assert.deepEqual(kept([1, 0, 2, 0, 2, 1], 8), [0, 1, 2, 5]);
});

test("a point that is two of these is kept once", () => {
  assert.deepEqual(kept([1], 4), [0]);
  assert.deepEqual(kept([1, 2, 3, 4], 4), [0, 3]);
});

test("buckets are rows, wherever points are missing already", () => {
  assert.deepEqual(kept([1, 2, 3, 4, 5], 10, [0, 3, 9, 10, 25]), [0, 2, 3, 4]);
});

test("only the points in use are looked at", () => {
  const index = Float64Array.of(0, 1, 2, 3);
  assert.deepEqual([...keptPoints(index, Float64Array.of(3, 4, 99, -99), 2, 4)], [0, 1]);
});

test("of nothing nothing is kept", () => {
  assert.deepEqual(kept([], 4), []);
});

test("what was reduced can be reduced again without losing a spike", () => {
  const values = Array.from({ length: 1000 }, (_, row) => Math.sin(row));
  values[333] = 50;
  values[666] = -50;
  values[777] = NaN;
  let index = values.map((_, row) => row);
  for (let stride = 4; stride <= 1024; stride *= 2) {
    index = kept(index.map((row) => values[row]), stride, index).map((i) => index[i]);
  }
  assert.deepEqual(index, [0, 333, 666, 777, 999]);
});
