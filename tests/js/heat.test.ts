import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseScale, endText, heatColor, scaled } from "../../js/src/heat";

type Rgb = readonly [number, number, number];

const linear = (part: number): number => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);

/** OKLab, the way back (https://bottosson.github.io/posts/oklab/). */
function lab(rgb: Rgb): number[] {
  const [r, g, b] = rgb.map(linear);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** How the three kinds of colour blindness see it (Machado, Oliveira and Fernandes, 2009, IEEE TVCG 15, 1291), at full severity. */
const BLIND: readonly (readonly number[])[] = [
  [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
];
const gamma = (share: number): number => 255 * (share <= 0.0031308 ? 12.92 * share : 1.055 * share ** (1 / 2.4) - 0.055);
const seen = (rgb: Rgb, matrix: readonly number[]): Rgb => {
  const parts = rgb.map(linear);
  return [0, 1, 2].map((row) => gamma(Math.max(0, Math.min(1, parts.reduce((sum, part, i) => sum + part * matrix[3 * row + i], 0))))) as unknown as Rgb;
};

const steps = (dark: boolean): Rgb[] => Array.from({ length: 25 }, (_, i) => heatColor(i / 24, dark));
const apart = (a: readonly number[], b: readonly number[]): number => Math.hypot(...a.map((part, i) => part - b[i]));

for (const dark of [false, true]) {
  const theme = dark ? "dark" : "light";
  test(`equal steps of the ${theme} scale look equal, to within a fifth`, () => {
    const colors = steps(dark).map(lab);
    const distances = colors.slice(1).map((color, i) => apart(color, colors[i]));
    const mean = distances.reduce((a, b) => a + b) / distances.length;
    for (const distance of distances) assert.ok(Math.abs(distance - mean) < 0.2 * mean, `${distance} beside ${mean}`);
  });

  test(`lightness alone tells the order of the ${theme} scale, to colour-blind readers too`, () => {
    for (const matrix of [[1, 0, 0, 0, 1, 0, 0, 0, 1], ...BLIND]) {
      const lightness = steps(dark).map((color) => lab(seen(color, matrix))[0]);
      const falls = lightness.slice(1).map((each, i) => (dark ? each - lightness[i] : lightness[i] - each));
      assert.ok(Math.min(...falls) > 0.01, `falls by ${Math.min(...falls)}`);
    }
  });

  test(`every colour of the ${theme} scale shows on its background`, () => {
    const background = lab(dark ? [20, 23, 29] : [255, 255, 255]);
    for (const color of steps(dark)) assert.ok(apart(lab(color), background) > 0.08);
  });
}

test("a value's cell is its decade, an exact zero is below all, what is not finite above", () => {
  assert.deepEqual([1e-3, 0, NaN, Infinity, -Infinity].map((value) => scaled("log", value)), [-3, -Infinity, Infinity, Infinity, Infinity]);
  assert.deepEqual([0, 0.5].map((value) => scaled("share", value)), [0, 0.5]);
  assert.deepEqual([0, 3].map((value) => scaled("count", value)), [0, Infinity]);
});

const cells = (...values: number[]): Float32Array => Float32Array.from(values);

test("the scale reaches over whole decades", () => {
  assert.deepEqual(chooseScale("log", cells(-7.5, -0.2), null), { reading: "log", low: -8, high: 0 });
});

test("values alike are not drawn as though they were far apart", () => {
  const { low, high } = chooseScale("log", cells(-1.4, -1.3), null);
  assert.ok(high - low === 3 && low <= -2 && high >= -1);
});

test("one explosion in a thousand cells does not stretch the scale", () => {
  const many = Float32Array.from({ length: 1000 }, (_, i) => (i === 500 ? 30 : -2.5));
  assert.ok(chooseScale("log", many, null).high <= 0);
});

test("one odd layer among a dozen does not make the others look alike", () => {
  const dozen = Float32Array.from({ length: 1200 }, (_, i) => (i < 100 ? -30 : -2 - (i % 2)));
  assert.deepEqual(chooseScale("log", dozen, null), { reading: "log", low: -6, high: -1 });
});

test("gradients that vanish from layer to layer keep their scale", () => {
  const vanishing = Float32Array.from({ length: 1200 }, (_, i) => -Math.floor(i / 100));
  assert.deepEqual(chooseScale("log", vanishing, null), { reading: "log", low: -11, high: 1 });
});

test("the scale stays while the cells fit it, and shrinks when they fill it no more", () => {
  const before = chooseScale("log", cells(-7.5, -0.2), null);
  assert.equal(chooseScale("log", cells(-6.5, -0.2), before), before);
  assert.deepEqual(chooseScale("log", cells(-2.5, -0.2), before), { reading: "log", low: -3, high: 0 });
});

test("nothing, zeros and what is not finite leave a scale to be read", () => {
  for (const each of [cells(), cells(NaN, -Infinity, Infinity)]) {
    const { low, high } = chooseScale("log", each, null);
    assert.ok(low < high);
  }
});

test("shares are read on the whole", () => {
  assert.deepEqual(chooseScale("share", cells(0.2), null), { reading: "share", low: 0, high: 1 });
  assert.equal(endText({ reading: "share", low: 0, high: 1 }, 1), "100\u00a0%");
  assert.equal(endText({ reading: "log", low: -8, high: 0 }, -8), "10⁻⁸");
});
