import assert from "node:assert/strict";
import { test } from "node:test";
import { comparable, distanceOver, sidesOf } from "../../js/src/comparing";
import { wasserstein } from "../../js/src/distance";
import type { Capture, Captures, Scene, Store } from "../../js/src/model";

/** One bin of width one, which moves by one with every capture. */
const capture = (at: number, step: number): Capture => ({
  row: 0, step, wall: step, counts: Float32Array.of(5), edges: Float64Array.of(at, at + 1), total: 5, nonfinite: 0, zeros: 0,
});

function store(run: string, steps: Record<string, number[]>): Store {
  const series = Object.entries(steps).map(([tag, at]): [string, Captures] => [tag, {
    kind: "histogram", tag, place: { chart: "", role: "train", unit: "", best: "", panel: "charts" }, generation: 0, rows: at.length, length: at.length,
    version: 1, captures: at.map((step, i) => capture(i, step)),
  }]);
  return { run, family: run, state: "finished", notice: "", series: new Map(series), subscribe: () => {} };
}

const scene = (stores: Store[], step: number | null = null, knobs: Record<string, unknown> = {}): Scene =>
  ({ stores, tags: null, cursor: { step }, knobs: new Map(Object.entries(knobs)) }) as unknown as Scene;
const shown = (of: Scene) => sidesOf(of, "w")!.map(({ capture: { step }, held }) => [step, held]);
const curve = (of: Scene) => {
  const { steps, values } = distanceOver(sidesOf(of, "w")!, "d", 1);
  return [...steps].map((step, i) => [step, Math.round(values[i] * 1e6) / 1e6]);
};

test("tags that both runs have can be compared, in the order of the first", () => {
  assert.deepEqual(comparable(scene([store("a", { x: [0], w: [0], v: [] }), store("b", { w: [0], x: [0], v: [0] })])), ["x", "w"]);
  assert.deepEqual(comparable(scene([])), []);
});

test("of one run the first capture is compared with that at the cursor", () => {
  const one = [store("a", { w: [0, 10, 20, 30] })];
  assert.deepEqual(shown(scene(one, 20)), [[0, 0], [20, null]]);
  assert.deepEqual(curve(scene(one, 20)), [[0, 0], [10, 1], [20, 2], [30, 3]]);
});

test("a side can be held at another step", () => {
  const one = [store("a", { w: [0, 10, 20, 30] })];
  assert.deepEqual(shown(scene(one, 0, { steps: [20, null] })), [[20, 20], [0, null]]);
  assert.deepEqual(curve(scene(one, 0, { steps: [20, null] })), [[0, 2], [10, 1], [20, 0], [30, 1]]);
});

test("two runs both go with the cursor, each at its own captures", () => {
  const two = [store("a", { w: [0, 10, 20] }), store("b", { w: [5, 15] })];
  assert.deepEqual(shown(scene(two, 12)), [[10, null], [5, null]]);
  assert.deepEqual(curve(scene(two)), [[0, 0], [5, 0], [10, 1], [15, 0], [20, 1]]);
});

test("of two sides that are held the distance is told for the second's steps", () => {
  const two = [store("a", { w: [0, 10, 20] }), store("b", { w: [5, 15] })];
  const held = scene(two, 0, { steps: [20, 15] });
  assert.deepEqual(shown(held), [[20, 20], [15, 15]]);
  assert.deepEqual(curve(held), [[5, 2], [15, 1]]);
});

test("what is no step does not hold a side", () => {
  assert.deepEqual(shown(scene([store("a", { w: [0, 10] })], 10, { steps: ["0", NaN] })), [[0, 0], [10, null]]);
  assert.equal(sidesOf(scene([store("a", { v: [0] })]), "w"), null);
});

test("infinite edges hold their values at the finite one", () => {
  const tails = { ...capture(0, 0), counts: Float32Array.of(1, 1), edges: Float64Array.of(-Infinity, 0, Infinity) };
  assert.equal(wasserstein(tails, { ...tails, counts: Float32Array.of(7, 0) }), 0);
  assert.ok(Number.isNaN(wasserstein(capture(0, 0), { ...capture(0, 0), counts: Float32Array.of(0) })));
});
