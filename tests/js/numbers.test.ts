import assert from "node:assert/strict";
import { test } from "node:test";
import { format, precisionFixed, precisionRound } from "d3-format";
import { decimalsFor, digitsFor, fixed, grouped, prefixed, scientific, significant, trimmed } from "../../js/src/numbers";

/** Numbers of every size and sign, among them those that are rounded up to a power of ten. */
function* numbers(): Generator<number> {
  yield* [0, -0, NaN, Infinity, -Infinity, 1, -1, 999.9999, 9.99999e5, 999999.5, -0.0004, 1e21, 1e-7, 123456789, 2 ** 53];
  for (let i = 1, seed = 1; i < 3000; i++) {
    seed = (seed * 48271) % 2147483647;
    yield (seed % 2 ? 1 : -1) * Number((seed / 2147483647).toPrecision(1 + (i % 12))) * 10 ** ((i % 40) - 20);
  }
}

/** In the spelling of a printed figure; a zero has no power. */
const printed = (text: string) => {
  const [front, power] = text.split("e");
  if (power === undefined || !/[1-9]/.test(front)) return front;
  return `${front}×10${[...power.replace("+", "")].map((sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]).join("")}`;
};

for (const digits of [1, 3, 6, 12]) {
  test(`numbers are written as by d3-format, with ${digits} digits`, () => {
    for (const value of numbers()) {
      assert.equal(fixed(value, digits), format(`.${digits}f`)(value));
      assert.equal(grouped(fixed(value, digits)), format(`,.${digits}f`)(value));
      assert.equal(scientific(value, digits), printed(format(`.${digits}e`)(value)));
      assert.equal(trimmed(scientific(value, digits)), printed(format(`.${digits}~e`)(value)));
      assert.equal(significant(value, digits), printed(format(`.${digits}~g`)(value)));
      assert.equal(grouped(significant(value, digits)), printed(format(`,.${digits}~g`)(value)));
      if (Number.isFinite(value)) assert.equal(prefixed(value, digits), format(`.${digits}s`)(value).replace("G", "B"));
      if (Number.isFinite(value)) assert.equal(trimmed(prefixed(value, digits)), format(`.${digits}~s`)(value).replace("G", "B"));
    }
  });
}

test("digits that tell numbers apart are as many as d3-format's", () => {
  const all = [...numbers()].filter((value) => value > 0 && Number.isFinite(value));
  for (const [i, step] of all.entries()) {
    assert.equal(decimalsFor(step), precisionFixed(step));
    const largest = step * (1 + all[(i * 7) % all.length] % 1e6);
    assert.equal(digitsFor(step, largest), precisionRound(step, largest) || 1, `${step} ${largest}`);
  }
});
