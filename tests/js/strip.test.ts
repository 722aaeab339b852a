import assert from "node:assert/strict";
import { test } from "node:test";
import type { Scalars } from "../../js/src/model";
import { labelY, rowLabels } from "../../js/src/maplayout";
import type { MapLayer } from "../../js/src/statistics";
import { colour, pointAt, stretches, Strip, trackOf } from "../../js/src/strip";

function layer(name: string, steps: number[], values: number[], more: Partial<Scalars> = {}): MapLayer {
  const series = {
    kind: "scalar", tag: name, generation: 0, version: steps.length, rows: steps.length, length: steps.length, monotone: true,
    steps: Float64Array.from(steps), walls: Float64Array.from(steps), values: Float64Array.from(values), index: Float64Array.from(steps.keys()),
    ...more,
  } as unknown as Scalars;
  return { key: name, name, label: name, tag: name, store: null!, series };
}

const cellsOf = (strip: Strip, row: number): number[] => [...strip.cells.subarray(row * strip.width, (row + 1) * strip.width)];
const drawn = (width: number, domain: readonly [number, number], ...layers: MapLayer[]): Strip => {
  const strip = new Strip();
  strip.update(layers, "gradients/zeros", "share", domain, width);
  return strip;
};

test("a value holds until the next one", () => {
  const strip = drawn(6, [0, 30], layer("a", [0, 10, 20], [0.25, 0.5, 0.75]));
  assert.deepEqual(cellsOf(strip, 0), [0.25, 0.25, 0.5, 0.5, 0.75, 0.75]);
});

test("where a layer was not captured its cells are empty", () => {
  const strip = drawn(10, [0, 100], layer("a", [0, 10, 20, 80, 90], [1, 1, 1, 1, 1]), layer("b", [50, 60], [0.5, 0.5]));
  assert.deepEqual(cellsOf(strip, 0), [1, 1, 1, 1, NaN, NaN, NaN, NaN, 1, 1]);
  assert.deepEqual(cellsOf(strip, 1), [NaN, NaN, NaN, NaN, NaN, 0.5, 0.5, NaN, NaN, NaN]);
});

test("of values that share a pixel the largest shows, and what is not finite before all", () => {
  const steps = Array.from({ length: 100 }, (_, i) => i);
  const strip = drawn(10, [0, 100], layer("a", steps, steps.map((step) => (step === 33 ? 1 : step === 77 ? NaN : 0.5))));
  assert.deepEqual(cellsOf(strip, 0), [0.5, 0.5, 0.5, 1, 0.5, 0.5, 0.5, 0.5, Infinity, 0.5]);
});

test("rows that came later change only their own cells, and give what drawing all at once gives", () => {
  const steps = Array.from({ length: 57 }, (_, i) => 3 * i);
  const values = steps.map((step) => Math.sin(step) ** 2);
  for (const width of [7, 40, 400]) {
    const grown = new Strip();
    let first = 0;
    for (let n = 1; n <= steps.length; n++) first = grown.update([layer("a", steps.slice(0, n), values.slice(0, n))], "gradients/zeros", "share", [0, 171], width);
    assert.ok(first >= Math.round((width * 165) / 171) - 1);
    assert.deepEqual([...grown.cells], [...drawn(width, [0, 171], layer("a", steps, values)).cells]);
  }
});

test("nothing new draws nothing, and rows begun anew are drawn anew", () => {
  const strip = drawn(4, [0, 4], layer("a", [0, 1, 2, 3], [1, 1, 1, 1]));
  assert.equal(strip.update([layer("a", [0, 1, 2, 3], [1, 1, 1, 1])], "gradients/zeros", "share", [0, 4], 4), 4);
  assert.equal(strip.update([layer("a", [1, 2, 3], [0.5, 0.5, 0.5])], "gradients/zeros", "share", [0, 4], 4), 0);
  assert.deepEqual(cellsOf(strip, 0), [NaN, 0.5, 0.5, 0.5]);
});

test("what a restart superseded is faint, and only where nothing took its place", () => {
  const past = layer("past", [2, 3], [1, 1]).series as Scalars;
  const strip = drawn(4, [0, 4], layer("a", [0, 1, 2], [0.5, 0.5, 0.5], { past }));
  assert.deepEqual(cellsOf(strip, 0), [0.5, 0.5, 0.5, 1]);
  assert.deepEqual([...strip.faint], [0, 0, 0, 1]);
});

test("a line of which the page holds fewer rows than there are has no gaps", () => {
  assert.equal(trackOf(layer("a", [0, 1, 50], [1, 1, 1], { rows: 1000 }), "gradients/zeros").reach, Infinity);
});

test("the value read at a step is the last one not past it", () => {
  const track = trackOf(layer("a", [10, 20, 30, 90, 100], [1, 2, 3, 4, 5]), "gradients/zeros");
  assert.deepEqual([5, 10, 29, 45, 70, 95, 500].map((step) => pointAt(track, step)), [-1, 0, 1, 2, -1, 3, 4]);
});

test("cells have the colours of the scale, of zeros, of what is broken, and none where there is no value", () => {
  const strip = new Strip();
  strip.update([layer("a", [0, 1, 2, 3], [1e-4, 1, 0, NaN])], "gradients/norm", "log", [0, 5], 5);
  const pixels = new Uint32Array(5);
  const heat = Uint32Array.from({ length: 256 }, (_, i) => 1000 + i);
  colour(strip, pixels, 0, { reading: "log", low: -4, high: 0 }, heat, { broken: 7, zero: 8 });
  assert.deepEqual([...pixels], [1000, 1255, 8, 7, 0]);
  assert.deepEqual(stretches(strip, Infinity, 10), [[0, 3, 4]]);
});

test("stretches end with their row", () => {
  const strip = drawn(3, [0, 3], layer("a", [0, 1, 2], [0, NaN, NaN]), layer("b", [0, 1, 2], [NaN, 0, NaN]));
  assert.deepEqual(stretches(strip, Infinity, 10), [[0, 1, 3], [1, 0, 1], [1, 2, 3]]);
  assert.equal(stretches(strip, Infinity, 1).length, 1);
});

const blocks = Array.from({ length: 48 }, (_, i) => `layers.${i >> 2}.${["q", "k", "v", "o"][i & 3]}`);

test("names are thinned to modules where there is no room for all", () => {
  assert.deepEqual(rowLabels(blocks, 14).length, 48);
  assert.deepEqual(rowLabels(blocks, 6)[1], { text: "layers.1", first: 4, last: 7 });
  assert.deepEqual(rowLabels(blocks, 1), [{ text: "layers", first: 0, last: 47 }]);
});

test("no name of a map stands on the one before", () => {
  const blocks = Array.from({ length: 96 }, (_, i) => `encoder.layers.${Math.floor(i / 8)}.p${i % 8}`);
  const labels = rowLabels(["embed.weight", "embed.bias", ...blocks, "head.weight", "head.bias"], 4);
  assert.deepEqual(labels.map(({ text }) => text).slice(0, 2), ["embed.weight", "encoder.layers.0"]);
  const middles = labels.map((label) => labelY(label, 4, 400));
  assert.ok(middles.slice(1).every((middle, i) => middle - middles[i] >= 11));
});

test("names without modules are thinned evenly", () => {
  const labels = rowLabels(Array.from({ length: 100 }, (_, i) => `fc${i}`), 2);
  assert.ok(labels.length <= 14 && labels[1].first === labels[1].last);
});
