import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { foldRows } from "../../js/src/folding";
import type { Capture, Captures, Place, Scalars, Scene, Series, Store } from "../../js/src/model";
import { compute, histogramOf, inOrder, mapLayers, normOf, pastOf, readingOf, scalarOf, titleOf } from "../../js/src/statistics";
import { RunStore } from "../../js/src/store";
import { bytesOf, decodeFrame } from "../../js/src/wire";

const place = (panel: Place["panel"]): Place => ({ chart: "", role: "train", unit: "", best: "", panel });

const capture = (counts: number[], edges: number[], more: Partial<Capture> = {}): Capture => ({
  row: 0, step: 0, wall: 0, counts: Float32Array.from(counts), edges: Float64Array.from(edges), total: counts.reduce((a, b) => a + b, 0),
  nonfinite: 0, zeros: 0, ...more,
});

const histogram = (tag: string, ...captures: Capture[]): Captures => ({
  kind: "histogram", tag, place: place("charts"), generation: 0, version: 1, rows: captures.length, length: captures.length, captures,
});

const scalars = (tag: string, values = [1], more: Partial<Scalars> = {}): Scalars => ({
  kind: "scalar", tag, place: place("layers"), generation: 0, version: 1, rows: values.length, length: values.length, monotone: true,
  steps: Float64Array.from(values.keys()), walls: Float64Array.from(values.keys()), values: Float64Array.from(values),
  index: Float64Array.from(values.keys()), ...more,
});

const store = (run: string, ...series: Series[]): Store =>
  ({ run, family: run, series: new Map(series.map((each) => [each.tag, each])) }) as unknown as Store;

const scene = (statistic: string, ...stores: Store[]): Scene =>
  ({ stores, tags: null, knobs: new Map([["statistic", statistic]]) }) as unknown as Scene;

const one = capture([1], [1, 2]);

test("what histograms are of is read from the first part of the tag, else the last", () => {
  assert.deepEqual(histogramOf("gradients/fc1.weight"), ["gradients", "fc1.weight"]);
  assert.deepEqual(histogramOf("grad/layers/3/w"), ["gradients", "layers/3/w"]);
  assert.deepEqual(histogramOf("layer1/weight"), ["weights", "layer1"]);
  assert.deepEqual(histogramOf("conv1/Output"), ["activations", "conv1"]);
  assert.deepEqual(histogramOf("fc1.weight.grad"), ["gradients", "fc1.weight"]);
  assert.deepEqual(histogramOf("logits"), ["values", "logits"]);
  assert.deepEqual(histogramOf("gradients"), ["values", "gradients"]);
});

test("a derived scalar's layer may have slashes in its name", () => {
  assert.deepEqual(scalarOf("gradients/norm/enc/fc1.weight"), ["gradients/norm", "enc/fc1.weight"]);
});

test("layers come in the order of their first appearance, and a click opens their histograms", () => {
  const all = [scalars("gradients/norm/fc2.weight"), scalars("gradients/norm/fc1.weight"), histogram("grads/fc1.weight", one)];
  const { layers, statistic, approximate } = mapLayers(scene("gradients/norm", store("run", ...all)));
  assert.equal(statistic, "gradients/norm");
  assert.equal(approximate, false);
  assert.deepEqual(layers.map(({ name, tag, series }) => [name, tag, series.kind]), [
    ["fc2.weight", "gradients/fc2.weight", "scalar"],
    ["fc1.weight", "grads/fc1.weight", "scalar"],
  ]);
});

test("the layer of an update is that of its weights", () => {
  const { layers } = mapLayers(scene("updates/ratio", store("run", scalars("updates/ratio/fc1.weight"))));
  assert.equal(layers[0].tag, "weights/fc1.weight");
});

test("without such scalars the histograms serve, and the page says so", () => {
  const { all, layers, approximate } = mapLayers(scene("gradients/norm", store("run", histogram("gradients/fc1", one), scalars("loss", [1], { place: place("charts") }))));
  assert.deepEqual(all, ["gradients/norm", "gradients/zeros", "gradients/nonfinite"]);
  assert.equal(layers.length, 1);
  assert.equal(approximate, true);
});

test("where a run lacks the wanted statistic the first that it has is shown", () => {
  const run = store("run", scalars("activations/dead/fc1"), scalars("weights/norm/fc1"));
  assert.equal(mapLayers(scene("gradients/norm", run)).statistic, "weights/norm");
  assert.equal(mapLayers(scene("activations/dead", run)).statistic, "activations/dead");
});

test("a run without layers has none, and a series without rows is none", () => {
  assert.deepEqual(mapLayers(scene("gradients/norm", store("run", histogram("gradients/fc1"), scalars("gradients/norm/fc2", [])))).layers, []);
});

test("layers of several runs lie side by side and are told apart", () => {
  const runs = ["a", "b"].map((run) => store(run, scalars("gradients/norm/fc1"), scalars("gradients/norm/fc2")));
  assert.deepEqual(mapLayers(scene("gradients/norm", ...runs)).layers.map(({ label }) => label), ["a fc1", "b fc1", "a fc2", "b fc2"]);
});

test("only the tags asked for are looked at", () => {
  const asked = { ...scene("gradients/norm", store("run", histogram("gradients/a", one), histogram("gradients/b", one))), tags: ["gradients/b"] };
  assert.deepEqual(mapLayers(asked).layers.map(({ name }) => name), ["b"]);
});

test("a map is searched by the tags of the histograms that its layers have", () => {
  const all = store("run", histogram("gradients/enc.a", one), histogram("gradients/enc.b", one), histogram("gradients/dec.a", one));
  const asked = { ...scene("gradients/norm", all), knobs: new Map(Object.entries({ statistic: "gradients/norm", filter: "/^gradients.enc/" })) };
  const { layers, total } = mapLayers(asked);
  assert.deepEqual([layers.map(({ name }) => name), total], [["enc.a", "enc.b"], 3]);
});

test("a folded module is one strip of the largest value at each step, and what is not finite is larger than all", () => {
  const names = Array.from({ length: 14 }, (_, i) => `${i < 7 ? "enc" : "dec"}.${i}`);
  const series = names.map((name, i) => scalars(`gradients/norm/${name}`, i === 2 ? [5, NaN] : [i / 10, 0.5]));
  const { layers, statistic } = mapLayers(scene("gradients/norm", store("run", ...series)));
  const { headings } = foldRows(layers, new Set(), statistic);
  assert.equal(new Set(headings).size, 2);
  const { rows } = foldRows(layers, new Set([headings[0]]), statistic);
  assert.deepEqual(rows.map(({ label }) => label).slice(0, 2), ["▸ enc (7)", "dec.7"]);
  assert.equal(rows.length, 8);
  assert.deepEqual([...(rows[0].series as Scalars).values], [5, NaN]);
});

test("the norm of values spread over bins is that of the values", () => {
  const values = Array.from({ length: 20000 }, (_, i) => Math.sin(i) + Math.sin(1.7 * i) + Math.sin(2.3 * i));
  const edges = Array.from({ length: 65 }, (_, i) => -3 + (6 * i) / 64);
  const counts = edges.slice(1).map((edge, i) => values.filter((value) => value >= edges[i] && value < edge).length);
  const exact = Math.hypot(...values);
  assert.ok(Math.abs(normOf(capture(counts, edges)) / exact - 1) < 2e-3);
});

test("the norm of merged captures is that of one, and huge values do not overflow", () => {
  assert.ok(Math.abs(normOf(capture([8, 8], [-1, 0, 1], { merged: 4 })) - Math.sqrt(4 / 3)) < 1e-12);
  assert.ok(Math.abs(normOf(capture([3], [1e300, 1.0000001e300])) / (Math.sqrt(3) * 1e300) - 1) < 1e-6);
});

test("values that are not finite have no norm, zeros have none but zero", () => {
  const zero = capture([5], [-1e-12, 1e-12]);
  assert.ok(Number.isNaN(compute([capture([5], [0, 1], { nonfinite: 1 })], "gradients/norm").values[0]));
  assert.deepEqual([...compute([zero], "gradients/norm").values], [0]);
  assert.deepEqual([...compute([zero], "gradients/zeros").values], [1]);
  assert.deepEqual([...compute([capture([5], [0, 1], { nonfinite: 3 })], "gradients/nonfinite").values], [3]);
});

test("points come in the order of their steps, the later of two at one step last", () => {
  const points = inOrder(compute([9, 3, 9].map((step, i) => capture([i + 1], [1, 1.0001], { step })), "values/norm"));
  assert.deepEqual([...points.steps], [3, 9, 9]);
  assert.ok(points.values[1] < points.values[2]);
});

test("the breaks between superseded rows are none of their values", () => {
  const past = scalars("x", [1, NaN, 2, NaN], { index: Float64Array.from([0, 4, 4, 5]), steps: Float64Array.from([7, 3, 3, 4]) });
  const { steps, values } = pastOf(past);
  assert.deepEqual([[...steps], [...values]], [[3, 4, 7], [2, NaN, 1]]);
});

test("statistics are read as decades, shares or counts, and are named in words", () => {
  assert.deepEqual(["gradients/norm", "updates/ratio", "activations/dead", "weights/nonfinite"].map(readingOf), ["log", "log", "share", "count"]);
  assert.equal(titleOf("gradients/norm"), "gradient norm");
  assert.equal(titleOf("weights/zeros"), "zeros in weights");
});

test("what was computed of captures that are still there is taken over", () => {
  const all = [1, 2, 3].map((count, step) => capture([count], [1, 1.0001], { step }));
  const before = { ...compute(all.slice(0, 2), "values/norm"), values: Float64Array.from([7, 8]) };
  const after = compute(all, "values/norm", before);
  assert.deepEqual([...after.values.subarray(0, 2)], [7, 8]);
  assert.ok(Math.abs(after.values[2] - Math.sqrt(3)) < 1e-3);
  assert.notEqual(compute(all, "values/zeros", before).values[0], 7);
});

test("the page knows how many rows were merged into a capture", () => {
  const store = new RunStore("run", "run");
  store.apply(decodeFrame(bytesOf(readFileSync(new URL("../../../tests/golden/restarts.bin", import.meta.url)))!));
  const merged = store.series.get("layer/weight") as Captures;
  assert.deepEqual(merged.captures.map((each) => each.merged), [4, 2, 1]);
});
