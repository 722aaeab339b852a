import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeStore, scalars } from "../../js/dev/fake";
import { groupSeries } from "../../js/src/group";
import type { Place, Scalars } from "../../js/src/model";
import { brokenFrom, brokenWords, endWords, spokenValue, summaryOf } from "../../js/src/summary";

const place = (chart: string, role: Place["role"] = "train", best: Place["best"] = "min", unit: Place["unit"] = ""): Partial<Place> => ({ chart, role, best, unit });
const at = (...steps: number[]): Partial<Scalars> => ({ steps: Float64Array.from(steps) });
const said = (...stores: FakeStore[]): string => summaryOf(groupSeries({ stores, tags: null }));
const loss = (values: number[], more: Partial<Scalars> = {}): Scalars => scalars("loss", place("loss"), values, more);
const count = (length: number): number[] => Array.from({ length }, (_, i) => i);
const falling = count(13).map((i) => 2.11 - 0.15 * i);

test("a run with a validation is one sentence", () => {
  const train = loss(falling, at(...count(13).map((i) => 100 * i)));
  const validation = scalars("val_loss", place("loss", "validation"), [0.9, 0.6, 0.4, 0.42], at(300, 600, 900, 1200));
  assert.equal(said(new FakeStore("net", [train, validation])),
    "loss 0.31 after 1,200 steps, falling; validation 0.42, best 0.40 at step 900.");
});

test("without a validation the best is that of training", () => {
  assert.equal(said(new FakeStore("net", [loss([3, 1, 2])])), "loss 2.00 after 2 steps, best 1.00 at step 1.");
  assert.equal(said(new FakeStore("net", [loss([3, 2, 1])])), "loss 1.00 after 2 steps, the best so far.");
});

test("shares are said as percentages, and their best is the highest", () => {
  const accuracy = scalars("val_acc", place("accuracy", "validation", "max", "percent"), [0.5, 0.9213, 0.9]);
  assert.equal(said(new FakeStore("net", [accuracy])), "validation accuracy 90\u00a0% after 2 steps, best 92.1\u00a0% at step 1.");
});

test("series of one role are told apart by their tags", () => {
  const all = [scalars("d_loss", place("losses", "train", ""), [1]), scalars("g_loss", place("losses", "train", ""), [2])];
  assert.equal(said(new FakeStore("gan", all)), "d_loss 1.00 after 0 steps; g_loss 2.00.");
});

test("after three charts the others are counted", () => {
  const all = count(5).map((i) => scalars(`m${i}`, place(`m${i}`, "train", ""), [i + 1], at(1)));
  assert.equal(said(new FakeStore("net", all)), "m0 1.00 after 1 step. m1 2.00. m2 3.00. 2 more charts.");
});

test("what is not finite is said plainly, with the step it began at", () => {
  assert.equal(said(new FakeStore("net", [loss([1, 2, NaN, NaN])])), "loss is NaN since step 2.");
  assert.equal(said(new FakeStore("net", [loss([1, Infinity])])), "loss is infinite since step 1.");
  assert.equal(said(new FakeStore("net", [loss([1, -Infinity])])), "loss is minus infinite since step 1.");
});

test("several runs are summarised, not recited", () => {
  const runs = [0.42, 0.31, 0.52].map((last, i) => new FakeStore(`lr-${i}`, [loss([1, last]),
    scalars("val_loss", place("loss", "validation"), [1, last + 0.1])]));
  assert.equal(said(...runs), "loss of 3 runs after 1 steps: from 0.31 (lr-1) to 0.52 (lr-2), median 0.42; "
    .replace("1 steps", "1 step") + "validation from 0.41 (lr-1) to 0.62 (lr-2), median 0.52.");
});

test("runs that broke are named, or counted where they are many", () => {
  const run = (name: string, last: number): FakeStore => new FakeStore(name, [loss([1, last])]);
  assert.equal(said(run("a", 0.5), run("b", NaN)), "loss of 2 runs after 1 step: 0.50 (a), not finite in b.");
  assert.equal(said(run("a", 0.5), run("b", 0.25), ...count(4).map((i) => run(`x${i}`, NaN))),
    "loss of 6 runs after 1 step: from 0.25 (b) to 0.50 (a), not finite in 4 runs.");
});

test("nothing logged is said as well", () => {
  assert.equal(said(new FakeStore("net")), "Nothing logged yet.");
  assert.equal(said(new FakeStore("net", [loss([])])), "Nothing logged yet.");
});

test("the end says how it ended", () => {
  const groups = groupSeries({ stores: [new FakeStore("net", [loss([3, 2, 1])])], tags: null });
  assert.equal(endWords("finished", groups), "Training finished: loss 1.00 after 2 steps, the best so far.");
  assert.equal(endWords("interrupted", groups), "Training was interrupted: loss 1.00 after 2 steps, the best so far.");
  assert.equal(endWords("failed", groups), "Training failed: loss 1.00 after 2 steps, the best so far.");
});

test("what broke is said once for all series, in the tense that is true", () => {
  const lines = (values: number[], run = "net") => groupSeries({ tags: null, stores: [new FakeStore(run, [loss(values), scalars("kl", place("kl"), values)])] })
    .flatMap((group) => group.lines);
  const words = (values: number[], from: number, runs = 1): string => brokenWords(lines(values).map((line) => brokenFrom(line, from)!), runs);
  assert.equal(words([1, NaN, NaN], 1), "loss and kl are NaN since step 1.");
  assert.equal(words([1, Infinity, 2], 0), "loss and kl were infinite at step 1.");
  assert.equal(brokenWords([brokenFrom(lines([1, NaN])[0], 0)!], 2), "loss of net is NaN since step 1.");
  assert.equal(brokenFrom(lines([1, NaN, 1])[0], 2), null);
});

test("values have as few digits as tell how things are", () => {
  const values = [0, 0.3142, 0.4, 0.0123, 2.308, 12.34, 123.4, 1234.5, 1.2e-7, 3.4e12, -0.5];
  assert.deepEqual(values.map((value) => spokenValue(value, false)),
    ["0", "0.31", "0.40", "0.012", "2.31", "12.3", "123", "1,235", "1.2×10⁻⁷", "3.4×10¹²", "−0.50"]);
});
