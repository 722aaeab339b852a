import assert from "node:assert/strict";
import { test } from "node:test";
import { nameLayers, shortenAll } from "../../js/src/layers";
import type { Capture } from "../../js/src/model";
import { warningOf } from "../../js/src/rows";

const capture = (counts: number[], edges: number[], nonfinite = 0, zeros = 0): Capture => ({
  row: 0, step: 0, wall: 0, counts: Float32Array.from(counts), edges: Float64Array.from(edges), total: 0, nonfinite, zeros,
});
const upTo = (length: number) => (text: string) => text.length <= length;

test("what all tags have in common is said once, in the title", () => {
  assert.deepEqual(nameLayers(["gradients/fc1", "gradients/fc2"]), { labels: ["fc1", "fc2"], title: "gradients by layer" });
  assert.deepEqual(nameLayers(["fc1/grad", "fc2/grad"]), { labels: ["fc1", "fc2"], title: "grad by layer" });
});

test("tags with nothing in common keep their names", () => {
  assert.deepEqual(nameLayers(["weight", "activation"]), { labels: ["weight", "activation"], title: "layers" });
});

test("a bare number keeps the word before it", () => {
  const tags = [0, 1].map((i) => `grad/model.layers.${i}.query.weight`);
  assert.deepEqual(nameLayers(tags), { labels: ["layers.0", "layers.1"], title: "grad by layer" });
});

test("a single tag is its own title", () => {
  assert.deepEqual(nameLayers(["grad/fc1"]), { labels: ["grad/fc1"], title: "grad/fc1" });
});

test("long names lose the left of their middle first", () => {
  assert.deepEqual(shortenAll(["model.decoder.attention.query"], upTo(22)), ["model.…attention.query"]);
});

test("names that fit stay whole", () => {
  assert.deepEqual(shortenAll(["fc1", "fc2"], upTo(3)), ["fc1", "fc2"]);
});

test("shortened names are still told apart", () => {
  const short = shortenAll(["encoder.block.alpha.weight", "encoder.block.gamma.weight"], upTo(16));
  assert.equal(new Set(short).size, 2);
  assert.ok(short.every(upTo(16)));
});

test("a third of zeros is worth a look, a quarter is not", () => {
  assert.equal(warningOf(capture([50, 50, 50], [-1, -1e-9, 1e-9, 1])), "33\u00a0% ≈ 0");
  assert.equal(warningOf(capture([50, 30, 50], [-1, -1e-9, 1e-9, 1])), "");
});

test("zeros that are counted apart are known to be zero, and none in a bin is taken for one", () => {
  assert.equal(warningOf(capture([1, 1], [-1, 0, 1], 0, 1)), "33\u00a0% = 0");
  assert.equal(warningOf(capture([1, 1, 1], [-1, -1e-9, 1e-9, 1], 0, 3)), "50\u00a0% = 0");
  assert.equal(warningOf(capture([0], [-1, 1], 0, 9)), "100\u00a0% = 0");
  assert.equal(warningOf(capture([10, 10], [-1, 0, 1], 0, 1)), "");
});

test("values that no bin holds are counted", () => {
  assert.equal(warningOf(capture([50, 0, 50], [-1, -1e-9, 1e-9, 1], 12)), "12 NaN/Inf");
});
