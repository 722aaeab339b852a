import assert from "node:assert/strict";
import { test } from "node:test";
import { axisTicks, chooseAxis, makeAxis, position, valueText, type Span } from "../../js/src/valueaxis";

const auto = { kind: null, bins: 128 };
const span = (low: number, high: number, typical: number): Span => ({ low, high, typical });

test("layers of like size share a linear axis that reaches as far to both sides", () => {
  const axis = chooseAxis([[span(-0.08, 0.09, 0.02)], [span(-0.04, 0.05, 0.01)]], auto, null);
  assert.deepEqual([axis.kind, axis.low, axis.high], ["linear", -0.1, 0.1]);
});

test("magnitudes two decades apart get a symlog axis whose threshold is a power of ten", () => {
  const axis = chooseAxis([[span(-0.09, 0.09, 0.02)], [span(-1e-3, 1e-3, 2e-4)]], auto, null);
  assert.deepEqual([axis.kind, axis.low, axis.high, axis.threshold], ["symlog", -0.1, 0.1, 1e-5]);
});

test("values of one sign start at zero", () => {
  const axis = chooseAxis([[span(0, 3.2, 1)]], auto, null);
  assert.deepEqual([axis.low, axis.high], [0, 5]);
});

test("values far from zero are shown where they are", () => {
  const axis = chooseAxis([[span(0.94, 1.06, 1)]], auto, null);
  assert.ok(axis.low > 0.8 && axis.low < 0.94 && axis.high > 1.06 && axis.high < 1.2);
});

test("the axis stays the same object while the data fit it", () => {
  const first = chooseAxis([[span(-0.08, 0.09, 0.02)]], auto, null);
  assert.equal(chooseAxis([[span(-0.08, 0.09, 0.02), span(-0.07, 0.1, 0.03)]], auto, first), first);
});

test("the axis grows in a step when the data outgrow it, and shrinks when they leave it empty", () => {
  const first = chooseAxis([[span(-0.08, 0.09, 0.02)]], auto, null);
  const grown = chooseAxis([[span(-0.11, 0.09, 0.02)]], auto, first);
  assert.equal(grown.high, 0.15);
  assert.equal(chooseAxis([[span(-0.02, 0.02, 0.005)]], auto, grown).high, 0.02);
});

test("a symlog axis does not flip back for a hair's breadth", () => {
  const first = chooseAxis([[span(-1, 1, 0.009)]], auto, null);
  assert.equal(chooseAxis([[span(-1, 1, 0.011)]], auto, first), first);
  assert.equal(chooseAxis([[span(-1, 1, 0.03)]], auto, first).kind, "linear");
});

test("one explosion among many captures does not flatten the others", () => {
  const calm = Array.from({ length: 99 }, () => span(-0.9, 0.9, 0.3));
  assert.equal(chooseAxis([[...calm, span(-1e6, 1e6, 3e5)]], auto, null).high, 1);
});

test("what the reader chose holds", () => {
  assert.equal(chooseAxis([[span(-1, 1, 0.3)]], { kind: "symlog", bins: 128 }, null).kind, "symlog");
});

test("captures of nothing but zeros still have an axis", () => {
  const axis = chooseAxis([[span(0, 0, 0)]], auto, null);
  assert.deepEqual([axis.low, axis.high], [-1, 1]);
});

test("the edges of the display bins are equally wide on the screen", () => {
  const axis = makeAxis("symlog", -0.1, 0.1, 1e-5, 8);
  [...axis.edges].forEach((edge, i) => assert.ok(Math.abs(position(axis, edge) - i / 8) < 1e-12));
});

test("symlog ticks are zero and powers of ten with room between them", () => {
  const axis = makeAxis("symlog", -0.1, 0.1, 1e-5, 128);
  assert.deepEqual(axisTicks(axis, 0.2), [-0.1, -1e-3, 0, 1e-3, 0.1]);
});

test("a one-sided symlog axis has its ticks on that side", () => {
  assert.deepEqual(axisTicks(makeAxis("symlog", 0, 10, 0.01, 128), 0.2), [0, 0.1, 1, 10]);
  assert.deepEqual(axisTicks(makeAxis("symlog", -10, 0, 0.01, 128), 0.2), [-10, -1, -0.1, 0]);
});

test("values are written with a true minus sign and raised powers", () => {
  const cases: [number, string][] = [
    [0, "0"], [-0.1, "−0.1"], [-1e-3, "−10⁻³"], [1e-3, "10⁻³"], [3.4e-7, "3.4×10⁻⁷"], [12000, "12,000"], [1e6, "10⁶"], [0.01, "0.01"],
    [NaN, "NaN"], [Infinity, "∞"], [-Infinity, "−∞"],
  ];
  for (const [value, text] of cases) assert.equal(valueText(value), text);
});

test("ticks that differ in the fourth digit are told apart", () => {
  assert.equal(valueText(1.005, 6), "1.005");
  assert.equal(valueText(-1.25e-5, 6), "−1.25×10⁻⁵");
});

test("a layer that is one number everywhere has an axis around it", () => {
  const axis = chooseAxis([[span(1, 1, 1)]], auto, null);
  assert.ok(axis.low >= 0.97 && axis.low < 1 && axis.high > 1 && axis.high <= 1.03);
});
