import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeStore, scalars } from "../../js/dev/fake";
import type { Stroke } from "../../js/src/line";
import { textsOf } from "../../js/src/strokes";
import { survey } from "../../js/src/survey";

/** How the last value of each line is written beside an axis from 0 to `largest`. */
function written(lines: readonly (readonly number[])[], largest: number): string[] {
  const strokes = lines.map((values) => {
    const series = scalars("lr", {}, values);
    const line = { key: "", store: new FakeStore("run", [series]), series, family: 0, right: false };
    return { line, shown: series.values, survey: survey(series) } as unknown as Stroke;
  });
  const texts = textsOf({ ends: [0, largest], percent: false }, null, strokes);
  return strokes.map((stroke, i) => texts(stroke)(lines[i].at(-1)!));
}

test("a line far below the others keeps its digits", () => {
  assert.deepEqual(written([[1e-3, 2.5e-4], [5e-4, 1.25e-4], [0.08, 0.02]], 0.08), ["0.000250", "1.25×10⁻⁴", "0.0200"]);
});

test("lines of like size are written alike, zeros as the others", () => {
  assert.deepEqual(written([[2.3, 0.0481], [0.2, 0.115], [0, 0]], 2.5), ["0.048", "0.115", "0.000"]);
});
