import assert from "node:assert/strict";
import { test } from "node:test";
import { scalars } from "../../js/dev/fake";
import { isStaircase, smooth, SmoothCache } from "../../js/src/smooth";

/** What TensorBoard's data_transformer.ts does, written by what its comments say. */
function plain(values: readonly number[], weight: number): number[] {
  if (values.every((value) => value === values[0])) return [...values];
  let last = 0;
  let count = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    last = last * weight + (1 - weight) * value;
    count++;
    return last / (weight === 1 ? 1 : 1 - Math.pow(weight, count));
  });
}

const near = (found: Float64Array, wanted: readonly number[]): void => {
  assert.equal(found.length, wanted.length);
  wanted.forEach((value, i) => {
    const same = Object.is(found[i], value) || Math.abs(found[i] - value) <= 1e-9 * Math.abs(value);
    assert.ok(same, `row ${i}: ${found[i]} is not ${value}`);
  });
};

test("the first smoothed value is the first value, for the mean is corrected for its start", () => {
  assert.ok(Math.abs(smooth(Float64Array.of(7, 7, 7), 3, 0.999)[0] - 7) < 1e-9);
});

test("it is TensorBoard's to the last bit, over the whole range of weights and where the start no longer shows", () => {
  const values = Array.from({ length: 60_000 }, (_, i) => (i % 97 === 3 ? NaN : Math.sin(i * 1.7) * 3 + 100 / (i + 1)));
  for (const weight of [0, 0.001, 0.5, 0.6, 0.9, 0.99, 0.999]) {
    assert.deepEqual([...smooth(Float64Array.from(values), values.length, weight)], plain(values, weight));
  }
});

test("a constant comes out as it went in", () => {
  assert.deepEqual([...smooth(Float64Array.of(0.1, 0.1, 0.1, 0.1), 4, 0.7)], [0.1, 0.1, 0.1, 0.1]);
});

test("it agrees with TensorBoard's loop", () => {
  const values = Array.from({ length: 500 }, (_, i) => Math.sin(i * 1.7) * 3 + 100 / (i + 1));
  for (const weight of [0.1, 0.6, 0.9, 0.999]) near(smooth(Float64Array.from(values), values.length, weight), plain(values, weight));
});

test("values that are not finite stay where they are and leave no trace", () => {
  const values = [1, NaN, 2, Infinity, 3, -Infinity];
  const found = smooth(Float64Array.from(values), values.length, 0.5);
  near(found, plain(values, 0.5));
  const clean = smooth(Float64Array.of(1, 2, 3), 3, 0.5);
  assert.deepEqual([found[0], found[2], found[4]], [...clean]);
});

test("only the rows that count are read", () => {
  assert.equal(smooth(Float64Array.of(1, 2, 99, 99), 2, 0.5).length, 2);
});

test("a line is smoothed anew only when it or the weight changed", () => {
  const cache = new SmoothCache();
  const values = Float64Array.of(1, 3);
  const series = scalars("loss", {}, values, { values });
  assert.equal(cache.get("loss", series, 0), values);
  const first = cache.get("loss", series, 0.5);
  const kept = first[1];
  values[1] = 5;
  assert.equal(cache.get("loss", series, 0.5)[1], kept);
  assert.notEqual(cache.get("loss", { ...series, version: 2 }, 0.5)[1], kept);
});

test("a learning rate that goes down in steps is not smoothed, nor is one that has just gone down", () => {
  const stairs: [number[], boolean][] = [
    [[1, 1, 1, 2, 2, 2], true], [[1, 1, 1, 2], true], [[3, 1, 1, 1, 1], true], [[1, 1, 2, 1, 1, 1], false], [[1, 2, 3, 4], false], [[3, 1], false],
    [[1, 1, NaN, 1, 1, 1], false],
  ];
  for (const [values, expected] of stairs) assert.equal(isStaircase(Float64Array.from(values), values.length), expected, String(values));
  const values = Float64Array.of(1, 1, 1, 2, 2, 2);
  assert.equal(new SmoothCache().get("lr", scalars("lr", {}, values, { values }), 0.9), values);
});
