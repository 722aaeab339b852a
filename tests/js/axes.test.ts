import assert from "node:assert/strict";
import { test } from "node:test";
import {
  EasedDomain, formatDuration, formatExact, formatRate, formatStep, formatStepTick, keepValueDomain, stepDomain, stepTicks,
  tickFormat, valueDomain, valueFormat, valueTicks, type Domain,
} from "../../js/src/axes";

const SPACE = "\u00a0";

test("steps have thousands separators", () => {
  assert.equal(formatStep(1799), "1,799");
  assert.equal(formatStep(0.5), "0.5");
  assert.equal(formatStepTick(20_000_000, 50_000_000), "20M");
});

test("ticks that lie close together keep the digits that tell them apart", () => {
  const steps = [12_000_000, 12_010_000, 12_020_000].map((step) => formatStepTick(step, 12_050_000, 10_000));
  assert.deepEqual(steps, ["12M", "12.01M", "12.02M"]);
  for (const domain of [[149_800, 150_200], [1e-4, 1.02e-4]] as const) {
    const texts = valueTicks(domain, 4, false).map(tickFormat(domain, 4, false));
    assert.equal(new Set(texts).size, texts.length, texts.join(" "));
  }
});

test("percent are said as percent", () => {
  assert.equal(valueFormat([0, 1], true)(0.956), `95.6${SPACE}%`);
  assert.deepEqual(valueTicks([0, 1], 4, true).map(tickFormat([0, 1], 4, true)), ["0", "25", "50", "75", "100"].map((each) => `${each}${SPACE}%`));
});

test("a readout keeps the decimals that its axis can tell apart", () => {
  const text = valueFormat([0, 2.4], false);
  assert.deepEqual([0.147, 2.3, 0, -0.5].map(text), ["0.147", "2.300", "0.000", "\u22120.500"]);
  assert.equal(valueFormat([0, 5000], false)(1234.5), "1,235");
  assert.equal(valueFormat([0, 6e-4], false)(3e-4), "3.00×10⁻⁴");
  assert.equal(valueFormat([0, 5e8], false)(26_300_000), "26.3M");
});

test("a value too small for the axis is not shown as nothing", () => {
  assert.equal(valueFormat([0, 2.4], false)(1.2e-5), "1.20×10⁻⁵");
});

test("values that are not finite have names", () => {
  assert.deepEqual([NaN, Infinity, -Infinity].map(valueFormat([0, 1], false)), ["NaN", "\u221e", "\u2212\u221e"]);
  assert.deepEqual([NaN, Infinity, -Infinity].map((value) => formatExact(value, true)), ["NaN", "\u221e", "\u2212\u221e"]);
});

test("an exact value has six digits", () => {
  assert.equal(formatExact(0.31234567, false), "0.312346");
  assert.equal(formatExact(1e-7, false), "10⁻⁷");
  assert.equal(formatExact(0.95625, true), `95.625${SPACE}%`);
});

test("durations and rates read as one would say them", () => {
  assert.deepEqual([8.44, 200, 3840].map(formatDuration), [`8.4${SPACE}s`, `3${SPACE}min 20${SPACE}s`, `1${SPACE}h 04${SPACE}min`]);
  assert.deepEqual([612.3, 4.21, 0.25, NaN, Infinity].map(formatRate), [`612${SPACE}steps/s`, `4.2${SPACE}steps/s`, `4.0${SPACE}s/step`, "", ""]);
});

test("a value axis is nice, and begins at zero where zero is near", () => {
  assert.deepEqual(valueDomain(0.01, 2.3, false), [0, 2.4]);
  assert.deepEqual(valueDomain(0.9, 0.98, true), [0.9, 0.98]);
});

test("a constant is drawn in the middle, and no data at all is no trouble", () => {
  assert.deepEqual(valueDomain(3e-4, 3e-4, false), [0, 6e-4]);
  assert.deepEqual(valueDomain(-2, -2, false), [-4, 0]);
  assert.deepEqual(valueDomain(0, 0, false), [0, 1]);
  assert.deepEqual(valueDomain(1, 1, true), [0, 1]);
  assert.deepEqual(valueDomain(Infinity, -Infinity, false), [0, 1]);
});

test("the largest numbers there are do not break the axis", () => {
  const [low, high] = valueDomain(-1.7e308, 1.7e308, false);
  assert.ok(Number.isFinite(high - low) && low < high);
  assert.ok(valueTicks([low, high], 4, false).every(Number.isFinite));
});

test("a value axis stays while the data fit and use half of it", () => {
  const start: Domain = [0, 2.4];
  assert.equal(keepValueDomain(start, 0.1, 2.1, false), start);
  assert.notEqual(keepValueDomain(start, 0.1, 2.5, false), start);
  assert.notEqual(keepValueDomain(start, 0.1, 0.5, false), start);
  assert.equal(keepValueDomain(start, Infinity, -Infinity, false), start);
});

test("while rows come the steps grow in jumps, afterwards they end with the data", () => {
  assert.deepEqual(stepDomain(null, 0, 1799, false), [0, 1799]);
  let domain = stepDomain(null, 0, 1, true);
  const seen = new Set([domain[1]]);
  for (let step = 2; step <= 10_000; step++) {
    domain = stepDomain(domain, 0, step, true);
    assert.ok(step <= domain[1]);
    seen.add(domain[1]);
  }
  assert.ok(seen.size < 35, `${seen.size} jumps`);
  assert.deepEqual(stepDomain(domain, 0, 10_000, false), [0, 10_000]);
});

test("a single step still has an axis, and ticks are whole steps", () => {
  assert.deepEqual(stepDomain(null, 5, 5, false), [5, 6]);
  assert.deepEqual(stepTicks([0, 2], 8), [0, 1, 2]);
});

test("a domain glides within 150 ms, and jumps where motion is not wanted", () => {
  const domain = new EasedDomain();
  domain.send([0, 10], 0, false);
  assert.deepEqual(domain.at(0), [0, 10]);
  domain.send([0, 20], 1000, false);
  const between = domain.at(1075)[1];
  assert.ok(between > 10 && between < 20);
  assert.ok(domain.moving(1075));
  assert.deepEqual(domain.at(1150), [0, 20]);
  assert.ok(!domain.moving(1150));
  domain.send([0, 30], 2000, true);
  assert.deepEqual(domain.at(2000), [0, 30]);
});
