import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeStore, scalars } from "../../js/dev/fake";
import type { Capture, Captures, Scalars, Stairs } from "../../js/src/model";
import { isSuperseded, shownStore, supersededBy, together, withPast } from "../../js/src/restarts";

function logged(steps: number[], restarts: Stairs, more: Partial<Scalars> = {}): Scalars {
  const column = Float64Array.from(steps);
  return scalars("loss", {}, column.map((step) => 10 * step), { steps: column, monotone: false, restarts, ...more });
}

function captured(steps: number[], rows: number[], restarts: Stairs): Captures {
  const captures = steps.map((step, i) => ({ step, row: rows[i] }) as Capture);
  const place = { chart: "", role: "train", unit: "", best: "", panel: "charts" } as const;
  return { kind: "histogram", tag: "weight", place, rows: rows.at(-1)! + 1, length: steps.length, generation: 0, version: 1, restarts, captures };
}

function shown<Kind extends Scalars | Captures>(series: Kind, whole = false): Kind {
  const { store, refresh } = shownStore(new FakeStore("run", [series]));
  refresh(whole);
  return store.series.get(series.tag) as Kind;
}

const list = (series: Scalars, column: "steps" | "values" = "steps"): number[] => Array.from(series[column].subarray(0, series.length));

test("of the rows before a restart those at its step and beyond are superseded", () => {
  const isPast = supersededBy([[4, 1], [7, 3]]);
  const steps = [0, 1, 2, 3, 1, 2, 4, 3];
  assert.deepEqual(steps.map((step, row) => isPast(row, step)), [false, true, true, true, false, false, true, false]);
});

test("restarts add up in any order, and those that another covers go", () => {
  const known: Stairs = [[4, 1], [7, 3]];
  assert.deepEqual(together([[4, 1]], [[7, 3]]), known);
  assert.deepEqual(together([[7, 3]], [[4, 1]]), known);
  assert.equal(together(known, []), known);
  assert.equal(together(known, [[7, 3]]), known);
  assert.deepEqual(together(known, [[9, 1]]), [[9, 1]]);
  assert.deepEqual(together(known, [[7, 2]]), [[4, 1], [7, 2]]);
});

test("a run without restarts is shown as it is", () => {
  const series = logged([0, 1, 2], []);
  const raw = new FakeStore("run", [series]);
  const { store, refresh } = shownStore(raw);
  refresh(false);
  assert.equal(store.series, raw.series);
  assert.equal(store.run, "run");
});

test("panels see the rows that are left, in order again, and how many are not", () => {
  const series = shown(logged([0, 1, 2, 3, 1, 2], [[4, 1]]));
  assert.deepEqual(list(series), [0, 1, 2]);
  assert.deepEqual(list(series, "values"), [0, 10, 20]);
  assert.ok(series.monotone);
  assert.deepEqual([series.rows, series.superseded, series.past], [3, 3, undefined]);
});

test("superseded rows that are shown are a series of their own, with a break between one restart and the next", () => {
  const series = shown(logged([0, 1, 2, 1, 2, 3, 2, 3], [[3, 1], [6, 2]]), true);
  assert.deepEqual(list(series), [0, 1, 2, 3]);
  assert.deepEqual(list(series.past!), [1, 2, 2, 2, 3]);
  assert.deepEqual(list(series.past!, "values"), [10, 20, NaN, 20, 30]);
  assert.deepEqual(withPast(series), [series, series.past]);
});

test("a restart in what was superseded makes a break too", () => {
  const series = shown(logged([0, 1, 2, 1, 2, 1], [[5, 1]]), true);
  assert.deepEqual(list(series.past!, "values"), [10, 20, NaN, 10, 20]);
});

test("of a reduced series rows are counted by what each point stands for", () => {
  const index = Float64Array.from([0, 100, 200, 350]);
  const series = shown(logged([0, 100, 200, 150], [[350, 150]], { index, rows: 360 }));
  assert.deepEqual(list(series), [0, 100, 150]);
  assert.deepEqual([series.superseded, series.rows], [150, 210]);
});

test("rows that come later are seen, and a switch is a change like any other", () => {
  const store = new FakeStore("run", [logged([0, 1, 1], [[2, 1]])]);
  const view = shownStore(store);
  const seen = (whole: boolean): Scalars => {
    view.refresh(whole);
    return view.store.series.get("loss") as Scalars;
  };
  const first = seen(false);
  assert.equal(seen(false), first);
  assert.notEqual(seen(true).version, first.version);
  const before = first.version;
  store.put({ ...logged([0, 1, 1, 2], [[2, 1]]), version: 2 });
  assert.deepEqual(list(seen(false)), [0, 1, 2]);
  assert.notEqual(seen(false).version, before);
});

test("captures go by the last row that was merged into them", () => {
  const raw = captured([3, 7, 5, 8], [3, 7, 9, 10], [[8, 4]]);
  const left = shown(raw);
  assert.deepEqual(left.captures.map(({ step }) => step), [3, 5, 8]);
  assert.deepEqual([left.length, left.superseded, left.rows], [3, 4, 7]);
  const whole = shown(raw, true);
  assert.deepEqual(whole.captures.map(isSuperseded), [false, true, false, false]);
});

test("a run that restarted from its start has nothing left", () => {
  const series = shown(logged([0, 1, 2], [[3, 0]]));
  assert.deepEqual([series.length, series.rows, series.superseded], [0, 0, 3]);
});
