/** The page's store behind a pipe: a line of JSON in, a line of JSON out. Driven by tests/page.py. */

import { createInterface } from "node:readline";
import { Columns, decimate } from "../../js/src/decimate";
import { seen } from "../../js/src/detail";
import type { Scalars } from "../../js/src/model";
import { RunStore } from "../../js/src/store";
import { supersededBy } from "../../js/src/restarts";
import { bytesOf, decodeFrame } from "../../js/src/wire";

let store = new RunStore("run", "run");

const list = (column: Float64Array, length: number) => Array.from(column.subarray(0, length), String);

function dump() {
  return [...store.series.values()].map((series) => {
    const { generation } = series as unknown as { generation: number };
    const superseded = supersededBy(series.restarts!);
    const common = { restarts: series.restarts, tag: series.tag, kind: series.kind, place: series.place, generation, rows: series.rows, length: series.length };
    if (series.kind === "scalar") {
      const { length, steps, walls, values, index } = series;
      return { ...common, superseded: Array.from({ length }, (_, i) => superseded(index[i], steps[i])), monotone: series.monotone, index: list(index, length), steps: list(steps, length), walls: list(walls, length), values: list(values, length) };
    }
    const captures = series.captures.map(({ step, wall, total, nonfinite, zeros, counts, edges, row }) => ({
      step, wall, total, nonfinite, zeros, row, superseded: superseded(row, step), counts: Array.from(counts), edges: Array.from(edges),
    }));
    return { ...common, captures };
  });
}

const answers: Record<string, (argument: never) => unknown> = {
  reload: () => { store = new RunStore("run", "run"); return null; },
  apply: ([frame, snapshot]: [string, boolean]) => { const gaps = store.apply(decodeFrame(bytesOf(frame)!), snapshot); return { strange: store.strange, have: store.have(gaps) }; },
  seen: ([tag, first, last]: [string, number, number]) => seen(store.series.get(tag) as Scalars, [first, last]),
  drawn: ([tag, first, last, pixels]: [string, number, number, number]) => {
    const { steps, values, length } = store.series.get(tag) as Scalars;
    const scale = pixels / (last - first || 1);
    const { count, x, max } = decimate(steps, values, length, scale, -first * scale, new Columns());
    return Array.from(max.subarray(0, count)).filter((_, i) => x[i] >= 0 && x[i] <= pixels);
  },
  dump: () => ({ state: store.state, marks: store.marks, series: dump(), reduced: [...store.series.values()].filter(({ length, rows }) => length < rows).map(({ tag }) => tag) }),
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const [verb, argument] = JSON.parse(line);
  process.stdout.write(JSON.stringify(answers[verb](argument as never)) + "\n");
});
