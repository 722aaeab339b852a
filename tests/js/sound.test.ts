import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plot } from "../../js/src/line";
import type { Theme } from "../../js/src/model";
import { frequencyOf, NOTES, panOf, SECONDS, voiceIn, voiceOf, type Spot } from "../../js/src/sound";

const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-9;

test("equal steps of height are equal ratios of pitch, over three octaves", () => {
  assert.deepEqual([0, 1 / 3, 2 / 3, 1].map((height) => Math.round(frequencyOf(height))), [220, 440, 880, 1760]);
  assert.deepEqual([-1, 2].map(frequencyOf), [220, 1760]);
});

test("pitches and pace are those of the guidelines: MIDI 35 to 100, 50 to 70 ms a value", () => {
  const midi = (hertz: number): number => 69 + 12 * Math.log2(hertz / 440);
  assert.ok(midi(frequencyOf(0)) >= 35 && midi(frequencyOf(1)) <= 100);
  assert.ok(SECONDS / NOTES >= 0.05 && SECONDS / NOTES <= 0.07);
});

test("a sound goes from the left to the right and leaves no ear", () => {
  assert.deepEqual([0, 0.5, 1, 7].map(panOf), [-0.8, 0, 0.8, 0.8]);
});

test("a line between two values is heard as it is drawn", () => {
  const { heights, broken } = voiceOf([[0, 0], [1, 1]]);
  assert.ok(heights.every((height, i) => near(height, i / (NOTES - 1))));
  assert.deepEqual(broken, []);
});

test("before the first value and after the last it is silent", () => {
  const { heights } = voiceOf([[0.5, 0.25], [0.75, 0.25]]);
  assert.equal(heights.findIndex((height) => !Number.isNaN(height)), 30);
  assert.equal(heights.findLastIndex((height) => !Number.isNaN(height)), 45);
  assert.ok(heights.slice(30, 46).every((height) => height === 0.25));
});

test("many values in one note are their mean, and a spike among them is heard", () => {
  const dense = (spike: number): Spot[] => Array.from({ length: 6000 }, (_, i) => [i / 6000, i === 3050 ? spike : 0.2 + 0.1 * (i % 2)]);
  assert.ok(voiceOf(dense(0.25)).heights.every((height) => Math.abs(height - 0.25) < 1e-3));
  const { heights } = voiceOf(dense(0.9));
  assert.equal(heights[30], 0.9);
  assert.equal(heights.filter((height) => height > 0.3).length, 1);
});

test("what is not finite begins with a tick, and no line leads over it", () => {
  const { heights, broken } = voiceOf([[0, 0.5], [0.25, 0.5], [0.5, NaN], [0.6, NaN], [0.75, 0.5]]);
  assert.deepEqual(broken, [30]);
  assert.ok(heights.slice(0, 16).every((height) => height === 0.5) && heights.slice(16, 45).every(Number.isNaN));
  assert.equal(heights[45], 0.5);
});

test("what lies beside the plot is not heard, and what is cut off is heard at its edge", () => {
  const { heights } = voiceOf([[-0.5, 0.1], [0.5, 7], [1.5, 0.1], [NaN, 0.3]]);
  assert.deepEqual([...heights].filter((height) => !Number.isNaN(height)), [1]);
});

test("without values there is silence", () => {
  assert.ok(voiceOf([]).heights.every(Number.isNaN));
});

test("a chart is heard as it is seen: zoomed, and between the ends of its axes", () => {
  const plot = { width: 400, height: 200, left: 40, right: 12, ratio: 1, x: [10, 20], y: [0, 2], percent: false, theme: {} as Theme } as unknown as Plot;
  const voice = voiceIn(plot, { x: [0, 10, 15, 19.99, 30], y: [9, 0, 1, 2, 9], length: 5 });
  assert.deepEqual([0, 30, 59].map((note) => Math.round(1e6 * voice.heights[note]) / 1e6), [0, 0.5, 1]);
});
