import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { scalars } from "../../js/dev/fake";
import { Closer, REST_MS } from "../../js/src/closer";
import { seen, wanted } from "../../js/src/detail";
import type { Lack, Series } from "../../js/src/model";

const every = (length: number, by: number): Float64Array => Float64Array.from({ length }, (_, i) => i * by);
/** Every hundredth of a million rows. */
const reduced = scalars("loss", {}, new Float64Array(10_000), { steps: every(10_000, 100), index: every(10_000, 100), rows: 1_000_000 });

function asking(send?: () => void, heard = true) {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  const sent: { steps: unknown; tags: unknown }[] = [];
  const store = { series: new Map<string, Series>([["loss", reduced]]), lack: "" as Lack, lacks: (lack: Lack) => void (store.lack = lack) };
  const closer = new Closer({ store, send: send ?? ((message) => sent.push(message as never)), heard: () => heard }, new AbortController().signal);
  return { closer, sent, store };
}

test("what is on screen is exact where no row is missing between the two steps", () => {
  const whole = scalars("loss", {}, [1, 2, 3, 4, 5, 6], { index: Float64Array.of(0, 40, 41, 42, 43, 99), steps: Float64Array.of(0, 40, 41, 42, 43, 99), rows: 100 });
  assert.deepEqual(seen(whole, [41, 42]), { rows: 2, points: 2 });
  assert.deepEqual(seen(whole, [39, 42]), { rows: 42, points: 3 });
  assert.deepEqual(seen(whole), { rows: 100, points: 6 });
});

test("more is wanted where every row would fit, or where there are too few points to draw", () => {
  assert.ok(wanted(reduced, [500_000, 501_000], 16_384));
  assert.ok(!wanted(reduced, [0, 1_000_000], 16_384));
  assert.ok(wanted(reduced, [0, 100_000], 16_384));
});

test("while the zoom moves nobody is asked; the newest wish wins", () => {
  const { closer, sent } = asking();
  for (let first = 0; first < 5; first++) {
    closer.want(["loss"], [first, 100], 1000);
    mock.timers.tick(REST_MS / 2);
  }
  assert.deepEqual(sent, []);
  mock.timers.tick(REST_MS);
  assert.deepEqual(sent, [{ type: "detail", tags: ["loss"], steps: [4, 100], points: 1000 }]);
});

test("one question at a time, and the same one is not asked again", () => {
  const { closer, sent } = asking();
  closer.want(["loss"], [0, 100], 1000);
  mock.timers.tick(REST_MS);
  closer.want(["loss"], [50, 100], 1000);
  closer.want(["loss"], [60, 100], 1000);
  mock.timers.tick(10 * REST_MS);
  assert.equal(sent.length, 1);
  closer.answered();
  mock.timers.tick(REST_MS);
  assert.deepEqual(sent.map(({ steps }) => steps), [[0, 100], [60, 100]]);
  closer.answered();
  closer.want(["loss"], [60, 100], 1000);
  mock.timers.tick(10 * REST_MS);
  assert.equal(sent.length, 2);
});

test("a kernel that is busy is waited for, asked ever more seldom, and said to be", () => {
  const { closer, sent, store } = asking();
  closer.want(["loss"], [0, 100], 1000);
  mock.timers.tick(REST_MS);
  mock.timers.tick(3000);
  assert.deepEqual([store.lack, sent.length], ["late", 2]);
  mock.timers.tick(3000);
  assert.equal(sent.length, 2);
  mock.timers.tick(3000);
  assert.equal(sent.length, 3);
  closer.answered();
  assert.equal(store.lack, "");
  mock.timers.tick(1_000_000);
  assert.equal(sent.length, 3);
});

test("without a kernel nobody is asked twice", () => {
  for (const alone of [() => asking(() => { throw new Error("no kernel"); }), () => asking(undefined, false)]) {
    const { closer, sent, store } = alone();
    closer.want(["loss"], [0, 100], 1000);
    mock.timers.tick(REST_MS);
    mock.timers.tick(3000);
    assert.equal(store.lack, "alone");
    closer.want(["loss"], [7, 100], 1000);
    mock.timers.tick(1_000_000);
    assert.ok(sent.length <= 1);
    closer.revive();
    closer.want(["loss"], [0, 100], 1000);
    assert.equal(store.lack, "");
  }
});
