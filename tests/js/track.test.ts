import assert from "node:assert/strict";
import { test } from "node:test";
import type { Scalars, Stairs, Store } from "../../js/src/model";
import { curve, Happenings, trackSeries } from "../../js/src/track";

function scalars(
  tag: string, steps: number[], values: number[], role: "train" | "validation" = "train", restarts?: Stairs,
): Scalars {
  return {
    kind: "scalar", tag, place: { chart: tag.replace("val_", ""), role, unit: "", best: "", panel: "charts" }, rows: steps.length, length: steps.length,
    generation: 0, version: 1, restarts, steps: Float64Array.from(steps), walls: Float64Array.from(steps), values: Float64Array.from(values), monotone: false, index: Float64Array.from(steps.keys()),
  };
}

const scene = (...series: Scalars[]) => ({
  tags: null,
  stores: [{ run: "run", family: "run", series: new Map(series.map((each) => [each.tag, each])) } as unknown as Store],
});

test("the track shows the training loss, wherever it was logged first", () => {
  const loss = scalars("loss", [0, 1], [1, 0]);
  const shown = trackSeries(scene(scalars("lr", [0, 1], [1, 1]), scalars("val_loss", [0, 1], [1, 1], "validation"), loss));
  assert.equal(shown, loss);
});

test("without a loss it shows the first training series, without any nothing", () => {
  const rate = scalars("lr", [0, 1], [1, 1]);
  assert.equal(trackSeries(scene(rate)), rate);
  assert.equal(trackSeries(scene()), null);
});

test("a series with fewer than two finite values is no curve", () => {
  const rate = scalars("lr", [0, 1], [1, 1]);
  assert.equal(trackSeries(scene(scalars("loss", [0, 1, 2], [NaN, 1, Infinity]), rate)), rate);
});

test("the curve bridges columns without rows and knows nothing before the first", () => {
  const heights = curve(scalars("loss", [10, 20], [1, 0]), [0, 20], 21);
  assert.ok(Number.isNaN(heights[9]));
  assert.ok(heights[10] > 0.9 && Math.abs(heights[15] - 0.5) < 0.01 && heights[20] < 0.1);
});

test("values that are not finite leave no trace in the curve", () => {
  assert.ok(curve(scalars("loss", [0, 1, 2], [1, NaN, 0]), [0, 2], 3).every(Number.isFinite));
});

test("a restart and the start of a stretch that is not finite are told, once each", () => {
  const happened = new Happenings();
  const rows = scalars("loss", [0, 1, 2, 3, 1, 2], [1, NaN, NaN, 1, 1, Infinity], "train", [[4, 1]]);
  const seen = () => happened.of(scene(rows)).map(({ step, kind }) => `${kind} ${step}`);
  assert.deepEqual(seen(), ["restart 1", "nonfinite 1", "nonfinite 2"]);
  assert.deepEqual(seen(), ["restart 1", "nonfinite 1", "nonfinite 2"]);
});

test("rows that came later are looked at, and a series begun anew is read anew", () => {
  const happened = new Happenings();
  happened.of(scene(scalars("loss", [0, 1], [1, 1])));
  assert.equal(happened.of(scene(scalars("loss", [0, 1, 2], [1, 1, NaN]))).length, 1);
  assert.equal(happened.of(scene(scalars("loss", [5, 6], [1, 1]))).length, 0);
});

test("steps out of order are no restart, and a restart that is told of later has the series read anew", () => {
  const happened = new Happenings();
  const seen = (restarts?: Stairs) =>
    happened.of(scene(scalars("loss", [0, 2, 1, 2], [1, NaN, 1, 1], "train", restarts))).map(({ step, kind }) => `${kind} ${step}`);
  assert.deepEqual(seen(), ["nonfinite 2"]);
  assert.deepEqual(seen([[3, 2]]), ["restart 2", "nonfinite 2"]);
});
