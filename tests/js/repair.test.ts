import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { type Have, Repair } from "../../js/src/repair";
import { RunStore } from "../../js/src/store";
import type { Frame, Splice } from "../../js/src/wire";

const place = { chart: "loss", role: "train", unit: "", best: "min", panel: "charts" } as const;
let number = 0;

function rows(start: number, count: number, tag = "loss"): Splice {
  const column = Float64Array.from({ length: count }, (_, i) => start + i);
  const columns = { steps: column, walls: column, values: column, index: null };
  return { tag, kind: "scalar", generation: 0, start, rows: count, points: count, place: start ? null : place, of: start + count, restarts: [], columns };
}

const frame = (splices: Splice[], totals: [string, number][] = []): Frame => ({
  number: number++, state: "live", splices, totals: new Map(totals.map(([tag, sent]) => [tag, [0, sent] as const])), detail: null,
});

function page() {
  const store = new RunStore("run", "run");
  const asked: Have[] = [];
  const kernel = { gone: false };
  const repair = new Repair(store, (have) => {
    if (kernel.gone) throw new Error("Cannot send");
    asked.push(have);
  }, new AbortController().signal);
  const take = (each: Frame, snapshot = false) => {
    repair.hear();
    repair.taken(each, snapshot, store.apply(each, snapshot));
  };
  return { store, asked, repair, take, kernel };
}

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

test("a gap is asked for at once and said after half a second without an answer", () => {
  const { store, asked, take } = page();
  take(frame([rows(0, 3)]));
  take(frame([rows(5, 1)]));
  assert.deepEqual(asked, [{ loss: [0, 3] }]);
  assert.equal(store.notice, "");
  mock.timers.tick(500);
  assert.match(store.notice, /^some points are missing/);
  take(frame([rows(3, 3)]));
  assert.equal(store.notice, "");
});

test("rows of a series that was never heard of are asked for by its tag once totals have told it", () => {
  const { store, asked, take } = page();
  const column = Float64Array.of(5);
  const grown = (): Frame => ({ ...frame([]), grown: [{ generation: 0, start: 5, series: [7], steps: column, walls: column, values: [column] }] });
  take(frame([{ ...rows(0, 3, "lr"), series: 6 }]));
  number++;
  take(grown());
  take(grown());
  assert.deepEqual(asked, [{}]);
  take(frame([], [["loss", 6], ["lr", 3]]));
  assert.deepEqual(asked, [{}, { loss: [0, 0] }]);
  take(frame([{ ...rows(0, 6), series: 7 }], [["loss", 6], ["lr", 3]]));
  take({ ...grown(), grown: [{ generation: 0, start: 6, series: [7, 6], steps: column, walls: column, values: [column, column] }] });
  assert.equal(store.series.get("loss")?.length, 7);
  assert.deepEqual(asked.slice(2), [{ lr: [0, 3] }]);
});

test("a kernel that does not answer is asked ever more seldom", () => {
  const { asked, take } = page();
  take(frame([rows(5, 1)]));
  for (let second = 0; second < 3600; second++) mock.timers.tick(1000);
  assert.ok(asked.length > 15 && asked.length < 25, String(asked.length));
});

test("once filled nothing is asked any more, and the next gap is asked for at once again", () => {
  const { asked, take } = page();
  take(frame([rows(0, 3)]));
  take(frame([rows(5, 1)]));
  mock.timers.tick(10_000);
  take(frame([rows(3, 3)], [["loss", 6]]));
  const before = asked.length;
  mock.timers.tick(3_600_000);
  assert.equal(asked.length, before);
  take(frame([rows(9, 1)]));
  assert.equal(asked.length, before + 1);
});

test("after the connection comes back the totals tell what was lost, also of a series never heard of", () => {
  const { store, asked, repair, take } = page();
  take(frame([rows(0, 3)]));
  repair.lost();
  assert.match(store.notice, /connection to the kernel is lost/);
  repair.back();
  assert.deepEqual(asked, [{}]);
  take(frame([], [["loss", 4], ["val_loss", 2]]));
  assert.deepEqual(asked.at(-1), { loss: [0, 3], val_loss: [0, 0] });
  take(frame([rows(3, 1), rows(0, 2, "val_loss")], [["loss", 4], ["val_loss", 2]]));
  assert.equal(store.notice, "");
});

test("rows that go on do not prove that nothing was lost", () => {
  const { store, repair, take } = page();
  take(frame([rows(0, 3)]));
  number++;
  repair.lost();
  repair.back();
  take(frame([rows(3, 1)]));
  mock.timers.tick(500);
  assert.match(store.notice, /^some points may be missing/);
  take(frame([], [["loss", 4]]));
  assert.equal(store.notice, "");
});

test("of a kernel that ended nothing is asked, and what it had sent is said to be that", () => {
  const { store, asked, repair, take } = page();
  take(frame([rows(0, 3)]));
  take(frame([rows(5, 1)]));
  repair.ended();
  repair.lost();
  repair.back();
  mock.timers.tick(3_600_000);
  assert.equal(asked.length, 1);
  assert.match(store.notice, /^the kernel has restarted or died/);
});

test("sending that throws says that the kernel is gone", () => {
  const { store, repair, take, kernel } = page();
  take(frame([rows(0, 3)]));
  kernel.gone = true;
  repair.back();
  assert.match(store.notice, /^the kernel has restarted or died/);
});

test("a page that never heard of a kernel says nothing of it", () => {
  const { store, asked, repair, kernel } = page();
  kernel.gone = true;
  repair.open();
  repair.lost();
  repair.back();
  repair.ended();
  mock.timers.tick(3_600_000);
  assert.deepEqual(asked, []);
  assert.equal(store.notice, "");
});

test("rows that neither rows nor totals follow may have lost their tail, so the page asks how far it should be", () => {
  const { store, asked, take } = page();
  take(frame([rows(0, 3)]));
  for (let quarter = 0; quarter < 80; quarter++) mock.timers.tick(250);
  assert.deepEqual(asked[0], {});
  assert.match(store.notice, /^some points may be missing/);
});

test("totals are the end of it, and nothing is asked", () => {
  const { asked, take } = page();
  take(frame([rows(0, 3)]));
  take(frame([], [["loss", 3]]));
  for (let quarter = 0; quarter < 80; quarter++) mock.timers.tick(250);
  assert.deepEqual(asked, []);
});

test("the next frame in number proves that nothing was lost before it", () => {
  const { store, repair, take } = page();
  take(frame([], [["loss", 0]]));
  take(frame([rows(0, 3)]));
  repair.back();
  take(frame([rows(3, 1)]));
  mock.timers.tick(500);
  assert.equal(store.notice, "");
});
