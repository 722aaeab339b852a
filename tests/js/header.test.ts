import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeStore, scalars } from "../../js/dev/fake";
import { overallState, rateOf, toldOf } from "../../js/src/header";
import type { Scalars } from "../../js/src/model";

const logged = (steps: readonly number[], walls: readonly number[]): Scalars =>
  scalars("loss", {}, steps, { steps: Float64Array.from(steps), walls: Float64Array.from(walls) });
const count = (length: number): number[] => Array.from({ length }, (_, i) => i);

test("the rate is that of the last seconds, not of the whole run", () => {
  const walls = count(2000).map((i) => (i < 1000 ? i * 0.1 : 100 + (i - 1000) * 0.01));
  assert.equal(Math.round(rateOf([logged(count(2000), walls)])), 100);
});

test("a slow run has a rate over its last rows", () => {
  assert.ok(Math.abs(rateOf([logged([0, 1, 2, 3], [0, 30, 60, 90])]) - 1 / 30) < 1e-9);
});

test("a rewind does not make the rate negative", () => {
  assert.equal(rateOf([logged([100, 101, 0, 1, 2], [0, 1, 2, 3, 4])]), 1);
});

test("one row has no rate", () => {
  assert.ok(Number.isNaN(rateOf([logged([0], [0])])));
  assert.ok(Number.isNaN(rateOf([])));
});

test("the rate is read where most is logged", () => {
  const train = logged(count(100), count(100).map((i) => i * 0.01));
  const validation = logged([0, 99], [0, 0.99]);
  assert.equal(Math.round(rateOf([validation, train])), 100);
});

test("runs together are live while one is, and failed when one is", () => {
  const state = (...all: FakeStore["state"][]): string => overallState(all.map((each) => new FakeStore("run", [], each)));
  assert.equal(state("finished", "live", "failed"), "live");
  assert.equal(state("finished", "failed", "interrupted"), "failed");
  assert.equal(state("finished"), "finished");
});

test("what a live run is compared with has no part in how far it is, finished or left by an earlier cell", () => {
  const store = (name: string, wall: number, state: FakeStore["state"]): FakeStore => new FakeStore(name, [logged([0, 1], [0, wall])], state);
  const [live, beside, left, finished] = [store("live", 100, "live"), store("beside", 98, "live"), store("left", 90, "live"), store("old", 99, "finished")];
  assert.deepEqual(toldOf([live, beside, left, finished]), [live, beside]);
  assert.deepEqual(toldOf([finished]), [finished]);
  const fresh = new FakeStore("fresh", [], "live");
  assert.deepEqual(toldOf([fresh]), [fresh]);
});
