import assert from "node:assert/strict";
import { test } from "node:test";
import { layersOf, nameLayers, shortenAll } from "../../js/src/layers";
import type { Capture, Scene, Series, Store } from "../../js/src/model";
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

const layered = (count: number, knobs: Record<string, unknown>, layer: string | null = null): Scene => {
  const tags = ["weights", "gradients", "activations"].flatMap((what) => Array.from({ length: count }, (_, i) => `${what}/fc${i}`));
  const series = tags.map((tag) => [tag, { kind: "histogram", tag, version: 1, captures: [capture([1], [0, 1])] } as unknown as Series] as const);
  const store = { run: "run", series: new Map(series) } as unknown as Store;
  return { stores: [store], tags: null, hidden: new Set<string>(), layer, knobs: new Map(Object.entries(knobs)) } as unknown as Scene;
};
const shownOf = (scene: Scene) => {
  const { all, total, what, whats } = layersOf(scene);
  return [what, all.length, total, whats.length];
};

test("what is too much to be seen at once is the gradients alone, few layers are all", () => {
  assert.deepEqual(shownOf(layered(4, { what: "auto", filter: "" })), ["all", 12, 12, 3]);
  assert.deepEqual(shownOf(layered(40, { what: "auto", filter: "" })), ["gradients", 40, 40, 3]);
  assert.deepEqual(shownOf(layered(40, { what: "all", filter: "" })), ["all", 120, 120, 3]);
  assert.deepEqual(shownOf(layered(40, { filter: "" })), ["all", 120, 120, 3]);
});

test("what was chosen is searched, and a layer chosen elsewhere is shown with its like", () => {
  assert.deepEqual(shownOf(layered(40, { what: "weights", filter: "/fc1.$/" })), ["weights", 10, 40, 3]);
  assert.deepEqual(shownOf(layered(40, { what: "auto", filter: "" }, "activations/fc1")), ["activations", 40, 40, 3]);
});

test("layers are the same objects until others are shown", () => {
  const scene = layered(4, { filter: "" });
  const before = layersOf(scene);
  assert.equal(layersOf(scene), before);
  scene.hidden.add(before.all[0].key);
  assert.deepEqual([layersOf(scene).all.length, layersOf(scene).total], [11, 11]);
  scene.hidden.clear();
  scene.knobs.set("filter", "fc1");
  assert.deepEqual([layersOf(scene).all.length, layersOf(scene).total], [3, 12]);
});

test("a layer has its whole tag for a name, whatever the search leaves of its label", () => {
  const [{ label, name }] = layersOf(layered(40, { what: "all", filter: "weights/fc1" })).all;
  assert.deepEqual([label, name], ["fc1", "weights/fc1"]);
});
