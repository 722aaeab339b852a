import assert from "node:assert/strict";
import { test } from "node:test";
import { groupLayers } from "../../js/src/groups";
import type { Layer } from "../../js/src/layers";
import { searchFor } from "../../js/src/search";

const layers = (labels: string[]): Layer[] => labels.map((label) => ({ key: label, label, depth: 0 }) as Layer);
const shape = (labels: string[]) => groupLayers(layers(labels)).map(({ name, layers: { length } }) => `${name} (${length})`);
const block = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}.${i}.weight`);

test("few layers have no headings", () => {
  assert.deepEqual(shape(block("layer1", 6).concat(block("layer2", 6))), [" (12)"]);
});

test("many layers stand below the modules they are in, in the order in which those appear", () => {
  const labels = [...block("layer2", 9), ...block("layer1", 8)];
  assert.deepEqual(shape(labels), ["layer2 (9)", "layer1 (8)"]);
  assert.equal(groupLayers(layers(labels))[0].labels[0], "0.weight");
});

test("a layer that is alone in its module has no heading", () => {
  assert.deepEqual(shape(["conv1.weight", ...block("layer1", 8), ...block("layer2", 8)]), [" (1)", "layer1 (8)", "layer2 (8)"]);
});

test("a module with very many layers is parted by the modules within it", () => {
  const labels = Array.from({ length: 36 }, (_, i) => `h.${Math.floor(i / 12)}.attn.${i % 12}`);
  assert.deepEqual(shape(["wte.weight", ...labels]), [" (1)", "h.0.attn (12)", "h.1.attn (12)", "h.2.attn (12)"]);
});

test("layers that have no modules in common stay one group", () => {
  assert.deepEqual(shape(Array.from({ length: 30 }, (_, i) => `dense_${i}`)), [" (30)"]);
});

test("every layer is in exactly one group", () => {
  let state = 7;
  const random = (below: number) => (state = (state * 16807) % 2147483647) % below;
  for (let round = 0; round < 100; round++) {
    const labels = Array.from({ length: random(120) }, (_, i) =>
      `${Array.from({ length: 1 + random(4) }, () => "abc"[random(3)]).join("./"[random(2)])}.${i}`);
    const grouped = groupLayers(layers(labels)).flatMap((group) => group.layers.map(({ label }) => label));
    assert.deepEqual([...grouped].sort(), [...labels].sort());
  }
});

test("a text is searched for whatever its case, between slashes stands a regular expression", () => {
  const found = (text: string) => ["fc1.weight", "FC2.bias", "conv"].filter(searchFor(text)!);
  assert.deepEqual(found("fc"), ["fc1.weight", "FC2.bias"]);
  assert.deepEqual(found("/fc/"), ["fc1.weight"]);
  assert.deepEqual(found("/fc\\d"), ["fc1.weight"], "while it is typed");
  assert.deepEqual(found("/^(fc2|conv)/i"), ["FC2.bias", "conv"]);
  assert.deepEqual(found(""), ["fc1.weight", "FC2.bias", "conv"]);
  assert.deepEqual(found("."), ["fc1.weight", "FC2.bias"]);
});

test("a regular expression that is none is told from a search that finds nothing", () => {
  assert.equal(searchFor("/fc[/"), null);
  assert.equal(searchFor("fc[")!("fc"), false);
});
