import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FakeStore, scalars } from "../../js/dev/fake";
import { GroupStore } from "../../js/src/groupstore";
import type { Scalars } from "../../js/src/model";
import { meanOf } from "../../js/src/spread";

interface Golden {
  readonly name: string;
  readonly runs: readonly (readonly [steps: number[], values: string[]])[];
  readonly steps: number[];
  readonly count: number[];
  readonly mean: (number | null)[];
  readonly std: (number | null)[];
  readonly low: (number | null)[];
  readonly high: (number | null)[];
}

const golden: Golden[] = JSON.parse(readFileSync(new URL("../../../tests/golden/means.json", import.meta.url), "utf-8"));
const number = (text: string): number => (text === "nan" ? NaN : text === "inf" ? Infinity : Number(text));
const run = (steps: number[], values: number[]): Scalars =>
  scalars("loss", {}, values, { steps: Float64Array.from(steps), monotone: steps.every((step, i) => i === 0 || step >= steps[i - 1]) });
const parts = (all: readonly Scalars[]) => all.map((series, i) => ({ store: new FakeStore(`run ${i}`, [series]), series }));

function near(found: Float64Array, expected: readonly (number | null)[], what: string): void {
  assert.equal(found.length, expected.length, what);
  expected.forEach((value, i) => {
    const close = value === null ? Number.isNaN(found[i]) : Math.abs(found[i] - value) <= 1e-12 * Math.max(1, Math.abs(value));
    assert.ok(close, `${what} at row ${i}: ${found[i]}, not ${value}`);
  });
}

for (const { name, runs, steps, count, mean, std, low, high } of golden) {
  test(`means, deviations and ends are numpy's: ${name}`, () => {
    const found = meanOf(parts(runs.map(([at, values]) => run(at, values.map(number)))));
    assert.deepEqual([...found.steps], steps);
    assert.deepEqual([...found.spread!.count], count);
    near(found.values, mean, "mean");
    near(found.spread!.low, low, "low");
    near(found.spread!.high, high, "high");
    // A deviation far from zero keeps the digits that its values have.
    found.spread!.std.forEach((value, i) => {
      const expected = std[i];
      assert.ok(expected === null ? Number.isNaN(value) : Math.abs(value - expected) <= 1e-9 * Math.max(1, expected), `std at row ${i}: ${value}, not ${expected}`);
    });
  });
}

test("rows that go back are in order, and of a step logged twice the last counts", () => {
  const found = meanOf(parts([run([2, 0, 1, 1], [4, 0, 9, 2]), run([0, 2], [2, 2])]));
  assert.deepEqual([[...found.steps], [...found.values]], [[0, 1, 2], [1, 2, 3]]);
});

test("of a hundred thousand steps evenly many stay, the first and the last among them", () => {
  const long = run(Array.from({ length: 100_000 }, (_, i) => i), Array.from({ length: 100_000 }, (_, i) => i));
  const found = meanOf(parts([long, long]));
  assert.deepEqual([found.length, found.steps[0], found.steps[8191]], [8192, 0, 99_999]);
  assert.deepEqual([...found.values], [...found.steps]);
});

test("the time of a mean is that since each run began", () => {
  const at = (begun: number) => scalars("loss", {}, [1, 1], { walls: Float64Array.of(begun, begun + 10) });
  const found = meanOf(parts([at(1000), at(5000)]));
  assert.deepEqual([...found.walls], [1000, 1010]);
});

test("a group has one series for each tag and role, made anew only where one of its runs grew, and not too often", () => {
  let now = 0;
  const [a, b] = ["a", "b"].map((name) => new FakeStore(name, [scalars("loss", {}, [1, 3]), scalars("loss2", { role: "validation" }, [1])]));
  const group = new GroupStore("both", () => now);
  group.members = [a, b];
  const before = group.series.get("loss\ntrain")!;
  assert.deepEqual([...group.series.keys()], ["loss\ntrain", "loss2\nvalidation"]);
  assert.equal(group.series.get("loss\ntrain"), before);
  b.put(scalars("loss", {}, [3, 5], { version: 2 }));
  assert.equal(group.series.get("loss\ntrain"), before);
  assert.ok(group.stale, "it says that there is more to come");
  now = 1000;
  assert.deepEqual([...(group.series.get("loss\ntrain") as Scalars).values], [2, 4]);
  group.members = [b];
  assert.deepEqual([...(group.series.get("loss\ntrain") as Scalars).values], [3, 5], "another choice of runs shows at once");
});
