import assert from "node:assert/strict";
import { test } from "node:test";
import type { HeldScalars } from "../../js/src/held";
import { RunStore } from "../../js/src/store";
import type { Frame } from "../../js/src/wire";

const TAGS = ["loss", "val_loss", "accuracy", "lr"];
const PLACE = { chart: "loss", role: "train", unit: "", best: "", panel: "charts" } as const;

/** Rows of every tag from `start` on, as a frame has them. */
function rows(start: number, count: number): Frame {
  const steps = Float64Array.from({ length: count }, (_, i) => start + i);
  const values = steps.map((step) => Math.sin(step * 12.9898) * 43758.5453 % 1);
  const splices = TAGS.map((tag) => ({
    tag, kind: "scalar" as const, generation: 0, start, rows: count, points: count, of: start + count, place: PLACE, restarts: [],
    columns: { steps, walls: steps, values, index: null },
  }));
  return { number: start, state: "live", splices, totals: new Map(), detail: null };
}

/** Bytes of all columns that a store holds, the room to grow included. */
function held(store: RunStore): number {
  const buffers = new Set<ArrayBufferLike>();
  const visit = (value: unknown, depth: number): void => {
    if (ArrayBuffer.isView(value)) buffers.add(value.buffer);
    else if (value && typeof value === "object" && depth < 6) Object.values(value).forEach((each) => visit(each, depth + 1));
  };
  for (const series of store.series.values()) visit(series, 0);
  return [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

test("ten million steps of four metrics take the page no more memory than one million, and less than 64 MB", () => {
  const store = new RunStore("run", "run");
  const taken: number[] = [];
  for (let start = 0; start < 10_000_000; start += 10_000) {
    store.apply(rows(start, 10_000));
    if (start + 10_000 === 1_000_000) taken.push(held(store));
  }
  taken.push(held(store));
  const loss = store.series.get("loss") as HeldScalars;
  assert.equal(loss.rows, 10_000_000);
  assert.equal(loss.index[loss.length - 1], 9_999_999);
  assert.equal(taken[1], taken[0]);
  assert.ok(taken[1] < 64e6 / 10);
});
