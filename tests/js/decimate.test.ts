import assert from "node:assert/strict";
import { test } from "node:test";
import { chance } from "../../js/dev/fake";
import { Columns, decimate } from "../../js/src/decimate";
import { noiseOf, travelOf } from "../../js/src/trace";

interface Column { x: number; first: number; min: number; max: number; last: number; joined: boolean }

function columnsOf(steps: readonly number[], values: readonly number[], scale = 1, offset = 0): Column[] {
  const out = decimate(Float64Array.from(steps), Float64Array.from(values), steps.length, scale, offset, new Columns());
  return Array.from({ length: out.count }, (_, i) => ({
    x: out.x[i], first: out.first[i], min: out.min[i], max: out.max[i], last: out.last[i], joined: out.joined[i] === 1,
  }));
}

/** The same by grouping rows into lists. */
function plain(steps: readonly number[], values: readonly number[], scale: number): Column[] {
  const groups: { column: number; rows: number[]; count: number; joined: boolean }[] = [];
  let broken = true;
  steps.forEach((step, row) => {
    const column = Math.floor(step * scale);
    const open = groups.at(-1);
    const same = open?.column === column && open.rows.at(-1)! >= 0;
    if (!Number.isFinite(values[row])) {
      if (open && same) open.count++;
      broken = true;
    } else if (open && same) {
      open.rows.push(row);
      open.count++;
      broken = false;
    } else {
      groups.push({ column, rows: [row], count: 1, joined: !broken });
      broken = false;
    }
  });
  return groups.map(({ column, rows, count, joined }) => {
    const own = rows.map((row) => values[row]);
    const x = count === 1 ? steps[rows[0]] * scale : column + 0.5;
    return { x, first: own[0], min: Math.min(...own), max: Math.max(...own), last: own.at(-1)!, joined };
  });
}

test("a column holds the first, smallest, largest and last of its rows", () => {
  assert.deepEqual(columnsOf([0, 0.25, 0.5, 0.75], [2, 9, 1, 4]), [{ x: 0.5, first: 2, min: 1, max: 9, last: 4, joined: false }]);
});

test("a row that is alone in its column stays exactly where it is", () => {
  assert.deepEqual(columnsOf([0.3, 7.9], [1, 2]).map(({ x }) => x), [0.3, 7.9]);
});

test("a row that is not finite breaks the line", () => {
  assert.deepEqual(columnsOf([0, 1, 2, 3], [1, 2, NaN, 4]).map(({ x, joined }) => [x, joined]), [[0, false], [1, true], [3, false]]);
});

test("a row that is not finite inside a column breaks nothing", () => {
  const [first, second] = columnsOf([0, 0.2, 0.4, 1], [1, Infinity, 3, 4]);
  assert.deepEqual([first.max, second.joined], [3, true]);
});

test("steps that go back come back to their column", () => {
  assert.deepEqual(columnsOf([0, 5, 0, 5], [1, 2, 3, 4]).map(({ x, first }) => [x, first]), [[0, 1], [5, 2], [0, 3], [5, 4]]);
});

test("no spike is lost among a million rows", () => {
  const steps = Float64Array.from({ length: 1e6 }, (_, i) => i);
  const values = new Float64Array(1e6);
  values[123_456] = 1;
  values[987_654] = -1;
  const out = decimate(steps, values, 1e6, 700 / 1e6, 0, new Columns());
  assert.equal(out.count, 700);
  assert.equal(Math.max(...out.max.subarray(0, 700)), 1);
  assert.equal(Math.min(...out.min.subarray(0, 700)), -1);
});

test("it agrees with plain grouping, whatever the steps and values", () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = chance(seed);
    const forward = random() < 0.5;
    let step = 0;
    const steps = Array.from({ length: 60 }, () => (step += Math.floor(random() * 4) - (forward ? 0 : 1)));
    const values = steps.map(() => (random() < 0.1 ? [NaN, Infinity, -Infinity][Math.floor(random() * 3)] : Math.floor(random() * 100)));
    // A power of two, so that both ways of finding the column round alike.
    const scale = [0.125, 0.25, 0.5, 1][seed % 4];
    assert.deepEqual(columnsOf(steps, values, scale), plain(steps, values, scale), `seed ${seed}`);
  }
});

/** How much of a blot 600 pixels with so many rows are. */
function noise(rows: number, value: (row: number) => number): number {
  const steps = Float64Array.from({ length: rows }, (_, row) => row);
  const columns = decimate(steps, steps.map(value), rows, 600 / rows, 0, new Columns());
  const placing = { width: 1, base: 0, scale: 100 };
  return noiseOf(columns, placing, travelOf(columns, placing), rows);
}

test("a curve is no noise however many rows it has, nor is a zigzag that can be followed", () => {
  const zigzag = (row: number): number => row % 2;
  assert.equal(noise(5000, (row) => Math.exp(-row / 500)), 0);
  assert.equal(noise(60, zigzag), 0);
  assert.equal(noise(2000, zigzag), 1);
  assert.ok(noise(300, zigzag) > 0 && noise(300, zigzag) < 1);
});

test("nothing and a single row are no noise", () => {
  assert.deepEqual([0, 1].map((rows) => noise(rows, () => 1)), [0, 0]);
});
