import assert from "node:assert/strict";
import { test } from "node:test";
import { HUES } from "../../js/src/theme";

type Triple = readonly number[];

/** Machado, Oliveira and Fernandes 2009, at full severity: https://doi.org/10.1109/TVCG.2009.113 */
const SIGHTS: Readonly<Record<string, readonly Triple[]>> = {
  full: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
const XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]];
const WHITE = [0.9505, 1, 1.089];

const times = (matrix: readonly Triple[], values: Triple): Triple => matrix.map((row) => row.reduce((sum, each, i) => sum + each * values[i], 0));

function linear(hex: string): Triple {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((share) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4));
}

function lab(light: Triple): Triple {
  const [x, y, z] = times(XYZ, light.map((each) => Math.min(1, Math.max(0, each))))
    .map((each, i) => each / WHITE[i]).map((each) => (each > 0.008856 ? Math.cbrt(each) : 7.787 * each + 16 / 116));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

for (const [theme, hues] of Object.entries(HUES)) {
  test(`any two hues of the ${theme} theme are told apart by whoever sees two of three colours`, () => {
    for (const [sight, matrix] of Object.entries(SIGHTS)) {
      const seen = hues.map((hue) => lab(times(matrix, linear(hue))));
      seen.forEach((one, i) => seen.slice(0, i).forEach((other, j) => {
        const far = Math.hypot(...one.map((each, k) => each - other[k]));
        assert.ok(far >= 16, `${sight}: ${hues[i]} and ${hues[j]} are ${far.toFixed(1)} apart`);
      }));
    }
  });

  test(`every hue of the ${theme} theme can be read as text`, () => {
    const background = theme === "light" ? 1 : 0;
    for (const hue of hues) {
      const [low, high] = [times(XYZ, linear(hue))[1], background].sort((a, b) => a - b);
      assert.ok((high + 0.05) / (low + 0.05) >= 4.5, hue);
    }
  });
}
