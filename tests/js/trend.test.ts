import assert from "node:assert/strict";
import { test } from "node:test";
import { trendOf, type Trend } from "../../js/src/trend";

const of = (values: readonly number[], steps?: readonly number[]): Trend | null =>
  trendOf({ values: Float64Array.from(values), steps: Float64Array.from(steps ?? values.map((_, i) => i)), length: values.length });
const count = (length: number): number[] => Array.from({ length }, (_, i) => i);
/** Numbers that look random, between -1 and 1, the same in every run. */
const noise = (i: number): number => 2 * ((Math.abs(Math.sin(12.9898 * (i + 1))) * 43758.5453) % 1) - 1;

test("a curve that falls is falling, one that rises is rising", () => {
  assert.equal(of(count(30).map((i) => 3 - i)), "falling");
  assert.equal(of(count(30).map((i) => i)), "rising");
  assert.equal(of(count(30).map(() => 1)), "flat");
});

test("the last part decides", () => {
  assert.equal(of(count(90).map((i) => (i < 60 ? -i : i - 120))), "rising");
  assert.equal(of(count(3000).map((i) => 2 * Math.exp(-i / 50))), "flat");
});

test("noise alone goes nowhere, and does not hide where a curve goes", () => {
  assert.equal(of(count(600).map((i) => 1 + 0.2 * noise(i))), "flat");
  assert.equal(of(count(600).map((i) => 1 - i / 600 + 0.2 * noise(i))), "falling");
});

test("a single spike changes nothing", () => {
  const values = count(600).map((i) => 1 - i / 600);
  values[599] = 1e6;
  assert.equal(of(values), "falling");
});

test("values that are not finite are left out", () => {
  assert.equal(of(count(60).map((i) => (i % 2 ? NaN : -i))), "falling");
  assert.equal(of([NaN, Infinity, -Infinity]), null);
});

test("few points say nothing", () => {
  assert.equal(of([3, 2, 1, 0]), null);
  assert.equal(of([4, 3, 2, 1, 0]), "falling");
});

test("steps may lie anywhere, and repeat", () => {
  assert.equal(of([5, 4, 3, 2, 1, 0], [0, 1, 10, 100, 1000, 10000]), "falling");
  assert.equal(of([1, 2, 3, 4, 5], [7, 7, 7, 7, 7]), "flat");
});
