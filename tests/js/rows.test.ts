import assert from "node:assert/strict";
import { test } from "node:test";
import { groupLayers } from "../../js/src/groups";
import { columnsFor } from "../../js/src/gutter";
import type { Layer } from "../../js/src/layers";
import type { Capture } from "../../js/src/model";
import { finiteCount } from "../../js/src/rebin";
import { rowsOf, shareText } from "../../js/src/rows";
import { makeAxis } from "../../js/src/valueaxis";

const axis = makeAxis("linear", -1, 1, 1, 4);

function layer(label: string, captures: Partial<Capture>[] = [{}]): Layer {
  const whole = captures.map((capture, i) => ({
    row: i, step: i, wall: 0, counts: Float32Array.of(1, 1), edges: Float64Array.of(-1, 0, 1), total: 2, nonfinite: 0, zeros: 0, ...capture,
  }));
  return { key: label, label, depth: 0, store: null, series: { tag: label, captures: whole, version: 1 } } as unknown as Layer;
}

const many = (count: number) => ["a", "b"].flatMap((name) => Array.from({ length: count }, (_, i) => layer(`${name}.${i}`)));
const said = (folded: string[]) => rowsOf(groupLayers(many(7)), new Set(folded), 0, axis).map(({ label, folded: is }) => (is ? `${label}…` : label));

test("headings stand above their layers, and alone where they are folded", () => {
  assert.deepEqual(said([]), ["a", "0", "1", "2", "3", "4", "5", "6", "b", "0", "1", "2", "3", "4", "5", "6"]);
  assert.deepEqual(said(["a\na.0"]), ["a…", "b", "0", "1", "2", "3", "4", "5", "6"]);
});

test("a folded heading shows all its layers together", () => {
  const [row] = rowsOf(groupLayers(many(7)), new Set(["a\na.0"]), 0, axis);
  assert.deepEqual([...row.capture!.counts], [3.5, 3.5, 3.5, 3.5]);
  assert.equal(finiteCount(row.capture!), 14);
});

test("there is a column for zeros, and one for what is not finite, where there are any at any step", () => {
  const heads = (captures: Partial<Capture>[]) => columnsFor([layer("a", captures)]).map(({ head }) => head);
  assert.deepEqual(heads([{}]), []);
  assert.deepEqual(heads([{}, { zeros: 1 }]), ["=\u00a00"]);
  assert.deepEqual(heads([{ counts: Float32Array.of(1, 1, 1), edges: Float64Array.of(-1, -1e-9, 1e-9, 1) }]), ["≈\u00a00"]);
  assert.deepEqual(heads([{ zeros: 1, nonfinite: 3 }]), ["=\u00a00", "NaN\u00a0∞"]);
});

test("a share is never rounded to nothing or to all", () => {
  const cases: [number, string][] = [[0, "0"], [1e-9, "< 0.01"], [0.0004, "0.04"], [0.0123, "1.2"], [0.333, "33"], [0.9999, "99.9"], [1, "100"]];
  for (const [share, text] of cases) assert.equal(shareText(share).replace(/\u00a0/g, " "), `${text} %`);
});
