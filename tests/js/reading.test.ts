import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeScene, FakeStore, scalars } from "../../js/dev/fake";
import { countOutside, extent, innerExtent, Coordinating, rowsWithin } from "../../js/src/drawn";
import { Epochs } from "../../js/src/epochs";
import { Horizontal } from "../../js/src/horizontal";
import { leftOf } from "../../js/src/header";
import type { Stroke } from "../../js/src/line";
import { nextMark, notesAt } from "../../js/src/marks";
import type { Scalars, Theme } from "../../js/src/model";
import { plannedOf } from "../../js/src/range";
import { logDomain, logTicks } from "../../js/src/projection";
import { axisOf, isLogX, limitsOf, zoomOf } from "../../js/src/reading";
import { slopeAt, slopeWords } from "../../js/src/slope";
import { smoothingWords, shareOf, weightAt } from "../../js/src/smoothing";
import { formatClock, formatElapsed, formatLeft, timeTicks } from "../../js/src/timeticks";
import { inOrder } from "../../js/src/tooltipwords";

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
const knobs = (all: Record<string, unknown>) => ({ knobs: new Map(Object.entries(all)) });

function laidOut(series: readonly Scalars[], all: Record<string, unknown> = {}) {
  const store = new FakeStore("run", series);
  const scene = new FakeScene([store], {} as Theme);
  for (const [knob, value] of Object.entries(all)) scene.knobs.set(knob, value);
  const horizontal = new Horizontal();
  const lines = series.map((each) => ({ key: each.tag, store, series: each }));
  const update = (): void => horizontal.update(scene, lines, false, 0, true);
  update();
  return { scene, horizontal, lines, update };
}

/** Lines as a chart has them, of which only the numbers matter here. */
function drawn(series: readonly Scalars[], log = false) {
  const { horizontal, lines } = laidOut(series);
  const strokes = lines.map((line) => ({ line, shown: line.series.values, past: null }) as unknown as Stroke);
  return new Coordinating(horizontal).of(strokes, log, ({ line }) => line.key);
}

test("a logarithmic axis has round ends and never none", () => {
  const ends = ([low, high]: readonly [number, number]): number[] => [low, high].map((each) => Number((10 ** each).toPrecision(6)));
  assert.deepEqual(ends(logDomain(0.0031, 7.4)), [0.002, 10]);
  assert.deepEqual(ends(logDomain(1, 1)), [0.5, 2]);
  assert.deepEqual(ends(logDomain(0.2, 0.5)), [0.2, 0.5]);
  assert.deepEqual(logDomain(Infinity, -Infinity), [-1, 0]);
});

test("ticks of a logarithmic axis are round, lie within it, and are no more than there is room for", () => {
  for (const [low, high] of [[0.002, 10], [1, 3000], [1e-12, 1e9], [5, 20], [0.5, 2], [1, 1e5], [0.031, 0.033], [1, 1e300]]) {
    const found = logTicks([Math.log10(low), Math.log10(high)], 5);
    assert.ok(found.length >= 2 && found.length <= 11, `${low} to ${high}: ${found}`);
    for (const tick of found) assert.ok(tick >= low * 0.999 && tick <= high * 1.001 && String(Number(tick.toPrecision(3))) === String(tick), `${tick} of ${low} to ${high}`);
  }
  assert.deepEqual(logTicks([-2, 1], 4), [0.01, 0.1, 1, 10]);
  assert.deepEqual(logTicks([0, 3], 6), [1, 3, 10, 30, 100, 300, 1000]);
});

test("what a logarithm cannot show is counted: values and steps that are not positive", () => {
  const [{ line }] = drawn([scalars("loss", {}, [1, 0, -2, 10, NaN, 100])], true);
  assert.equal(line.unshown, 2);
  assert.deepEqual([...line.y].map((each) => (Number.isNaN(each) ? null : each)), [0, null, null, 1, null, 2]);
  const { horizontal, lines } = laidOut([scalars("loss", {}, [1, 2, 3], { steps: Float64Array.of(-1, 0, 10) })], { logx: true });
  assert.equal(horizontal.places(lines[0]).missing, 2);
  assert.deepEqual(horizontal.whole, [1, 1]);
});

test("between two changes of the epoch time passes evenly, whether it is logged once an epoch or with every batch", () => {
  const often = new Epochs(scalars("epoch", {}, range(30).map((i) => Math.floor(i / 10))));
  const seldom = new Epochs(scalars("epoch", {}, [0, 1, 2], { steps: Float64Array.of(0, 10, 20) }));
  for (const epochs of [often, seldom]) assert.deepEqual([0, 5, 10, 25, 30].map((step) => epochs.at(step)), [0, 0.5, 1, 2.5, 3]);
  assert.equal(new Epochs(scalars("epoch", {}, [7])).at(3), 7);
});

test("rows out of order stay where their epochs are", () => {
  const epoch = scalars("epoch", {}, [2, 0, 1], { steps: Float64Array.of(20, 0, 10), monotone: false });
  const loss = scalars("loss", {}, [3, 1, 2], { steps: Float64Array.of(30, 10, 20), monotone: false });
  const { horizontal, lines } = laidOut([epoch, loss], { x: "epoch" });
  const { x, sorted, low, high } = horizontal.places(lines[1]);
  assert.deepEqual([[...x].slice(0, 3), sorted, low, high], [[3, 1, 2], false, 1, 3]);
});

test("time is counted from the first row of the run, and a run without epochs is laid out by steps", () => {
  const walls = Float64Array.of(100, 102, 107);
  const { horizontal, lines } = laidOut([scalars("loss", {}, [3, 2, 1], { walls })], { x: "relative" });
  assert.deepEqual([...horizontal.places(lines[0]).x].slice(0, 3), [0, 2, 7]);
  assert.equal(laidOut([scalars("loss", {}, [1, 2])], { x: "epoch" }).horizontal.axis, "step");
});

test("a zoom is whole steps, shows exactly what was asked for, and ends where it takes in all", () => {
  const { scene, horizontal, update } = laidOut([scalars("loss", {}, range(1000))]);
  horizontal.zoom(scene, [100.4, 200.2]);
  assert.deepEqual(scene.zoom, [100, 201]);
  update();
  assert.deepEqual(horizontal.shown, [100.4, 200.2]);
  horizontal.zoom(scene, [-50, 49]);
  assert.deepEqual(scene.zoom, [0, 99], "moved beyond the first step it stays as wide");
  horizontal.zoom(scene, [500, 501]);
  assert.deepEqual(scene.zoom, [0, 99], "a zoom of less than two steps is none");
  horizontal.zoom(scene, [-10, 2000]);
  assert.equal(scene.zoom, null);
});

test("a zoom drawn in time is that of the steps which lie in it", () => {
  const walls = Float64Array.from(range(100), (i) => 1000 + i * i);
  const { scene, horizontal } = laidOut([scalars("loss", {}, range(100), { walls })], { x: "relative" });
  horizontal.zoom(scene, [100, 400]);
  assert.deepEqual(scene.zoom, [10, 20]);
});

test("a zoom that Python set has the steps' own places", () => {
  const { scene, horizontal, update } = laidOut([scalars("loss", {}, range(100), { walls: Float64Array.from(range(100), (i) => 2 * i) })], { x: "relative" });
  scene.zoom = [10, 20];
  update();
  assert.deepEqual(horizontal.shown, [20, 40]);
});

test("axes fit what lies within the zoom, the rows on both sides are drawn on", () => {
  const all = drawn([scalars("loss", {}, range(100))]);
  assert.deepEqual(extent(all, [10, 20]), [10, 20]);
  assert.deepEqual(rowsWithin(all[0].line, [10, 20]), [9, 22]);
  assert.ok(extent(all, [200, 300])[0] > extent(all, [200, 300])[1]);
});

test("outliers are what lies beyond the 5th and the 95th percentile, as numpy has them, and are counted", () => {
  const values = [...range(100), 1e6, -1e6, NaN];
  const all = drawn([scalars("loss", {}, values)]);
  const whole = [-Infinity, Infinity] as const;
  // numpy.percentile(values without NaN, [5, 95])
  assert.deepEqual(innerExtent(all, whole).map((each) => Number(each.toFixed(9))), [4.05, 94.95]);
  assert.equal(countOutside(all, whole, [4.05, 94.95]), 5 + 1 + 5 + 1);
});

test("the slope is that of the last tenth, per 1,000 steps", () => {
  const values = range(2000).map((i) => (i < 1000 ? 5 : 5 - (i - 1000) * 0.002));
  const { change, per, over } = slopeAt(scalars("loss", {}, values), 1999)!;
  assert.deepEqual([Number(change.toFixed(9)), per, over], [-2, 1000, 200]);
  assert.equal(slopeAt(scalars("loss", {}, [1]), 0), null);
  assert.equal(slopeWords(slopeAt(scalars("loss", {}, values), 1999), false), "falling by 2 per 1,000 steps over the last 200 steps");
  assert.equal(slopeWords(slopeAt(scalars("loss", {}, values), 1999, 250), false), "falling by 0.5 per epoch over the last 200 steps");
  assert.deepEqual(slopeAt(scalars("loss", {}, [1, 2, NaN, 4]), 3), { change: 1, per: 1, unit: "step", over: 3 });
});

test("the slider reaches 0.999, and its thirds are 0.9 and 0.99", () => {
  assert.deepEqual([0, 1 / 3, 2 / 3, 1].map(weightAt), [0, 0.9, 0.99, 0.999]);
  assert.deepEqual([0, 0.9, 0.99, 0.995, 0.999].map(smoothingWords), ["0.00", "0.90", "0.99", "0.995", "0.999"]);
  for (const weight of [0.05, 0.6, 0.9, 0.97, 0.999]) assert.ok(Math.abs(weightAt(shareOf(weight)) - weight) < 1e-9);
});

test("ticks of time are round by the clock", () => {
  assert.deepEqual(timeTicks([0, 290], 6, false), [0, 60, 120, 180, 240]);
  assert.deepEqual([60, 3600, 5400].map((each) => formatElapsed(each, 1800, 9000)), ["0:01\u00a0h", "1:00\u00a0h", "1:30\u00a0h"]);
  assert.deepEqual([0, 30, 90].map((each) => formatElapsed(each, 30, 90)), ["0", "30\u00a0s", "90\u00a0s"]);
  const noon = new Date(2026, 0, 5, 12, 0, 7).getTime() / 1000;
  assert.deepEqual([formatClock(noon, 60), formatClock(noon, 5), formatClock(noon, 86400)], ["12:00", "12:00:07", "5 Jan"]);
  for (const tick of timeTicks([noon, noon + 6 * 3600], 6, true)) assert.match(formatClock(tick, 1), /:00:00$/);
});

test("what is left is said in words that do not change with every row", () => {
  assert.deepEqual([0, 1.4, 23, 200, 3840].map(formatLeft), ["0\u00a0s", "2\u00a0s", "25\u00a0s", "3\u00a0min 20\u00a0s", "1\u00a0h 04\u00a0min"]);
  assert.equal(formatLeft(NaN), "");
  const loss = scalars("loss", {}, range(1800));
  assert.equal(Math.round(leftOf(3000, 1799, [loss]) * 10), 20);
  assert.ok(Number.isNaN(leftOf(null, 1799, [loss])));
});

test("a tooltip is in the order that was chosen, and equals stay where they are", () => {
  const rows = [["b", 5, 2], ["a10", 1, 2], ["a9", NaN, NaN], ["c", 5, 9]].map(([label, far, height]) => ({ label, far, height }) as { label: string; far: number; height: number });
  const order = (by: "nearest" | "value" | "name"): string => inOrder(rows, by).map(({ label }) => label).join();
  assert.deepEqual([order("nearest"), order("value"), order("name")], ["a10,b,c,a9", "c,b,a10,a9", "a9,a10,b,c"]);
});

test("marks are gone through by keys and read at their step", () => {
  assert.deepEqual([nextMark([5, 9], 5, true), nextMark([5, 9], null, false), nextMark([5, 9], null, true), nextMark([5, 9], 5, false)], [9, 9, undefined, undefined]);
  assert.equal(notesAt([[5, "lr drop"], [5, ""], [9, "x"]], 5), "lr drop \u00b7 marked");
});

test("traits that a page cannot make sense of are as if they were not set", () => {
  assert.deepEqual([axisOf(knobs({ x: "time" })), axisOf(knobs({})), axisOf(knobs({ x: "wall" }))], ["step", "step", "wall"]);
  assert.equal(isLogX(knobs({ x: "wall", logx: true })), false);
  for (const limits of [null, 3, { loss: [1, 0] }, { loss: [0, NaN] }, { loss: "ab" }, { toString: [0, 1] }]) assert.equal(limitsOf(knobs({ limits }), "loss"), null);
  assert.equal(limitsOf(knobs({ limits: {} }), "toString"), null);
  assert.deepEqual(limitsOf(knobs({ limits: { loss: [0, 2] } }), "loss"), [0, 2]);
  for (const zoom of [undefined, [1], [2, 1], ["a", "b"]]) assert.equal(zoomOf(zoom), null);
});

test("a total is said while a run is not finished, if all such runs have one", () => {
  const store = (state: FakeStore["state"], planned: number | null): FakeStore => Object.assign(new FakeStore("run", [], state), { planned });
  assert.deepEqual([plannedOf([store("live", 30)]), plannedOf([store("interrupted", 30)]), plannedOf([store("finished", 30)])], [30, 30, null]);
  assert.deepEqual([plannedOf([store("live", 30), store("live", 50)]), plannedOf([store("live", 30), store("live", null)])], [50, null]);
});
