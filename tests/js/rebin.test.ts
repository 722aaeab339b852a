import assert from "node:assert/strict";
import { test } from "node:test";
import type { Capture } from "../../js/src/model";
import { captureIndex, rebin, shapeOf, Shapes, spanOf, zeroShare } from "../../js/src/rebin";
import { makeAxis } from "../../js/src/valueaxis";

const capture = (counts: number[], edges: number[], step = 0, zeros = 0): Capture => ({
  row: 0, step, wall: 0, counts: Float32Array.from(counts), edges: Float64Array.from(edges),
  total: counts.reduce((a, b) => a + b, 0), nonfinite: 0, zeros,
});
const sum = (masses: Iterable<number>) => [...masses].reduce((a, b) => a + b, 0);
const linear = (low: number, high: number, bins: number) => makeAxis("linear", low, high, 1, bins);

/** The bins torch's SummaryWriter uses by default: ±1e-12 · 1.1ⁿ and zero. */
function torchEdges(): number[] {
  const positive: number[] = [];
  for (let edge = 1e-12; edge < 1e20; edge *= 1.1) positive.push(edge);
  return [...positive.map((edge) => -edge).reverse(), 0, ...positive];
}

test("bins that fall on display bins keep their counts", () => {
  assert.deepEqual([...rebin([1, 2, 3, 4], [0, 1, 2, 3, 4], linear(0, 4, 4))], [1, 2, 3, 4]);
});

test("a bin over two display bins is shared out by width", () => {
  assert.deepEqual([...rebin([8], [1, 5], linear(0, 6, 3))], [2, 4, 2]);
});

test("narrow bins add up in the display bin that holds them", () => {
  assert.deepEqual([...rebin([1, 2, 3, 4], [0, 0.5, 1, 1.5, 2], linear(0, 2, 2))], [3, 7]);
});

test("what lies beyond an end of the axis is counted at that end", () => {
  assert.deepEqual([...rebin([5, 1, 1, 7], [-20, -10, 0, 10, 20], linear(-10, 10, 2))], [6, 8]);
});

test("a bin with an infinite edge is counted at its finite one", () => {
  assert.deepEqual([...rebin([3, 4, 5], [-Infinity, -1, 1, Infinity], linear(-2, 2, 4))], [3, 2, 2, 5]);
});

test("an empty gap between bins stays empty", () => {
  assert.deepEqual([...rebin([4, 0, 4], [0, 1, 3, 4], linear(0, 4, 4))], [4, 0, 0, 4]);
});

test("the total is kept whatever the bins and the axis are", () => {
  let state = 1;
  const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
  for (let round = 0; round < 300; round++) {
    const edges = Array.from({ length: 2 + Math.floor(random() * 40) }, () => (random() - 0.5) * 10 ** (random() * 8 - 6));
    edges.sort((a, b) => a - b);
    const counts = edges.slice(1).map(() => Math.floor(random() * 1000));
    const kind = round % 2 ? "symlog" : "linear";
    const masses = rebin(counts, edges, makeAxis(kind, -random(), random(), 1e-4, 64));
    assert.ok(Math.abs(sum(masses) - sum(counts)) < 1e-6 * (1 + sum(counts)));
    assert.ok(masses.every((mass) => mass >= -1e-9));
  }
});

test("zeros in torch's own bins are told from small values", () => {
  const edges = torchEdges();
  const counts = edges.slice(1).map(() => 0);
  const middle = edges.indexOf(0);
  counts[middle] = 30;
  counts[middle + 200] = 70;
  assert.equal(zeroShare(capture(counts, edges)), 0.3);
});

test("bins too wide to resolve zero claim no zeros", () => {
  assert.equal(zeroShare(capture([1, 98, 1], [-3, -1, 1, 3])), 0);
});

test("zeros that were counted apart are exact, and none of the bins is taken for more of them", () => {
  const one = { ...capture([10, 5, 10], [-1, -1e-9, 1e-9, 1]), zeros: 75 };
  assert.equal(zeroShare(one), 0.75);
  const heights = [...shapeOf(one, linear(-1, 1, 5)).heights].map((height) => Math.round(6.5 * height * 100) / 100);
  assert.deepEqual(heights, [4, 5.25, 6.5, 5.25, 4]);
});

test("a layer of nothing but zeros is all zeros", () => {
  assert.equal(zeroShare(capture([50], [-1e-12, 1e-12])), 1);
});

test("zeros that are counted apart have their share, and no place on the axis", () => {
  const [apart, none] = [capture([4, 6], [-1, 0, 1], 0, 10), capture([4, 6], [-1, 0, 1])];
  assert.equal(zeroShare(apart), 0.5);
  const axis = linear(-1, 1, 8);
  assert.deepEqual(shapeOf(apart, axis).heights, shapeOf(none, axis).heights);
  assert.equal(shapeOf(apart, axis).peak, shapeOf(none, axis).peak / 2);
});

test("the zeros do not flatten the rest of a shape", () => {
  const shape = shapeOf(capture([10, 0, 900, 0, 20], [-2, -1, -1e-9, 1e-9, 1, 2]), linear(-2.5, 2.5, 5));
  assert.equal(Math.max(...shape.heights), 1);
  assert.ok(shape.heights[4] > 0.7);
});

test("a shape without values is empty", () => {
  assert.deepEqual(shapeOf(capture([0, 0], [0, 1, 2]), linear(0, 2, 4)).first, -1);
});

test("a shape is made once for each capture and axis", () => {
  const shapes = new Shapes(linear(0, 2, 4));
  const one = capture([1, 2], [0, 1, 2]);
  assert.equal(shapes.of(one), shapes.of(one));
  assert.notEqual(new Shapes(linear(0, 2, 4)).of(one), shapes.of(one));
});

test("the span leaves out a twentieth of a percent at either end", () => {
  const { low, high } = spanOf(capture([1, 9998, 1], [-1000, -1, 1, 1000]));
  assert.ok(low > -1 && low < -0.99);
  assert.ok(high < 1 && high > 0.99);
});

test("the typical magnitude knows no sign and no zeros", () => {
  assert.equal(spanOf(capture([10, 0, 500, 0, 10, 10], [-4, -2, -1e-9, 1e-9, 2, 4, 6])).typical, 3);
});

test("the capture shown is the one with the greatest step not past the cursor", () => {
  const captures = [0, 20, 40].map((step) => capture([1], [0, 1], step));
  assert.equal(captureIndex(captures, 39), 1);
  assert.equal(captureIndex(captures, 40), 2);
});

test("before the first capture the first is shown, without a cursor the latest", () => {
  const captures = [10, 20].map((step) => capture([1], [0, 1], step));
  assert.equal(captureIndex(captures, 3), 0);
  assert.equal(captureIndex(captures, null), 1);
  assert.equal(captureIndex([], 3), -1);
});

test("a guess at the capture changes nothing", () => {
  const captures = [0, 20, 20, 40, 60].map((step) => capture([1], [0, 1], step));
  const restarted = [0, 20, 40, 20, 40].map((step) => capture([1], [0, 1], step));
  for (const each of [captures, restarted, []]) {
    for (const step of [-1, 0, 19, 20, 21, 40, 61, null]) {
      for (let near = -1; near < 7; near++) assert.equal(captureIndex(each, step, near), captureIndex(each, step), `${step} ${near}`);
    }
  }
});

test("of several captures of one step the last is shown", () => {
  const captures = [0, 20, 20, 40].map((step) => capture([1], [0, 1], step));
  assert.equal(captureIndex(captures, 30), 2);
});

test("after a restart the newer capture of a step is shown", () => {
  const captures = [0, 20, 40, 20, 40].map((step) => capture([1], [0, 1], step));
  assert.equal(captureIndex(captures, 25), 3);
});
