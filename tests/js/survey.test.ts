import assert from "node:assert/strict";
import { test } from "node:test";
import { chance, scalars } from "../../js/dev/fake";
import type { Scalars } from "../../js/src/model";
import { loggedStep, rowAt, survey } from "../../js/src/survey";

const at = (steps: readonly number[], values: ArrayLike<number> = steps): Scalars => {
  const monotone = steps.every((step, i) => i === 0 || step >= steps[i - 1]);
  return scalars("loss", {}, values, { steps: Float64Array.from(steps), monotone });
};

test("extremes are those of the finite values, the rest is listed", () => {
  const { low, high, lowStep, highStep, broken, finite } = survey(at([0, 10, 20, 30, 40], [3, NaN, 1, Infinity, 2]));
  assert.deepEqual([low, lowStep, high, highStep, broken, finite], [1, 20, 3, 0, [1, 3], 3]);
});

test("a step is read by the last row known then", () => {
  const series = at([0, 20, 20, 40]);
  assert.deepEqual([-1, 0, 19, 20, 39, 1000].map((step) => rowAt(series, step)), [-1, 0, 0, 2, 2, 3]);
});

test("where steps go back, the row logged last counts", () => {
  assert.deepEqual([5, 10, 25].map((step) => rowAt(at([0, 10, 20, 10, 5]), step)), [4, 3, 2]);
});

test("bisection and search find the same row", () => {
  const random = chance(3);
  let step = 0;
  const series = at(Array.from({ length: 200 }, () => (step += Math.floor(random() * 3))));
  for (let asked = -2; asked < step + 3; asked++) assert.equal(rowAt(series, asked), rowAt({ ...series, monotone: false }, asked));
});

test("the keys go from one logged step to the next, over all series", () => {
  for (const monotone of [true, false]) {
    const all = [at([0, 10, 10, 20]), at([5, 30])].map((series) => ({ ...series, monotone }));
    assert.equal(loggedStep(all, 10, 1), 20);
    assert.equal(loggedStep(all, 10, -1), 5);
    assert.equal(loggedStep(all, 30, 1), null);
    assert.equal(loggedStep(all, -Infinity, 1), 0);
    assert.equal(loggedStep(all, Infinity, -1), 30);
    assert.equal(loggedStep(all, 14, 0), 10);
    assert.equal(loggedStep([], 14, 0), null);
  }
});
