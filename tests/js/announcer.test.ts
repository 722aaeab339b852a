import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeStore, scalars } from "../../js/dev/fake";
import { Announcer, EVERY_MS } from "../../js/src/announcer";
import { groupSeries } from "../../js/src/group";

/** A view of one run that trains, under a clock that stands still until it is told to go on. */
function training(...more: FakeStore[]) {
  let now = 0;
  const waiting: { at: number; call: () => void }[] = [];
  const store = new FakeStore("net", [], "live");
  const stores = [store, ...more];
  const said: string[] = [];
  const view = { stores, heard: true };
  const announcer = new Announcer({
    stores, heard: () => view.heard, say: (words) => said.push(words), groups: (some) => groupSeries({ stores: some, tags: null }),
  }, { now: () => now, later: (call, milliseconds) => waiting.push({ at: now + milliseconds, call }) });
  const log = (...values: number[]): void => {
    store.put(scalars("loss", { best: "min" }, values));
    announcer.changed();
  };
  const go = (milliseconds: number): void => {
    const until = now + milliseconds;
    for (;;) {
      const next = waiting.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      waiting.splice(waiting.indexOf(next), 1);
      now = Math.max(now, next.at);
      next.call();
    }
    now = until;
  };
  const end = (state: "finished" | "failed"): void => {
    store.state = state;
    announcer.changed();
  };
  return { log, go, end, said, view, announcer, waiting };
}

test("the first words come after a while, the next not sooner than as long after", () => {
  const { log, go, said } = training();
  log(3);
  go(EVERY_MS - 1);
  assert.deepEqual(said, []);
  go(1);
  assert.deepEqual(said, ["loss 3.00 after 0 steps."]);
  for (let i = 0; i < 100; i++) {
    log(3, ...Array.from({ length: i + 1 }, () => 2));
    go(EVERY_MS / 101);
  }
  assert.equal(said.length, 1);
  go(EVERY_MS);
  assert.equal(said.length, 2);
});

test("where nothing has changed nothing is said, and nothing waits", () => {
  const { log, go, said, waiting } = training();
  log(3);
  go(10 * EVERY_MS);
  assert.equal(said.length, 1);
  assert.equal(waiting.length, 0);
});

test("the end is said at once, and once", () => {
  const { log, go, end, said } = training();
  log(3, 2);
  go(10);
  end("finished");
  assert.deepEqual(said, ["Training finished: loss 2.00 after 1 step, the best so far."]);
  end("finished");
  go(10 * EVERY_MS);
  assert.equal(said.length, 1);
});

test("a NaN is said at once, and a flapping one not more often than a summary", () => {
  const { log, go, said } = training();
  log(3);
  log(3, NaN);
  assert.deepEqual(said, ["loss is NaN since step 1."]);
  log(3, NaN, 2);
  log(3, NaN, 2, NaN);
  log(3, NaN, 2, NaN, 2, NaN, 1);
  assert.equal(said.length, 1);
  go(EVERY_MS);
  assert.deepEqual(said.slice(1), ["loss 1.00 after 6 steps, the best so far."]);
});

test("a NaN between two finite values of one flush is heard as well", () => {
  const { log, said } = training();
  log(3);
  log(3, Infinity, 2);
  assert.deepEqual(said, ["loss was infinite at step 1."]);
});

test("a view that is hidden or silenced says nothing, and goes on when it is heard again", () => {
  const { log, go, said, view, end } = training();
  view.heard = false;
  log(3);
  log(3, NaN);
  go(3 * EVERY_MS);
  assert.deepEqual(said, []);
  view.heard = true;
  log(3, NaN, 2);
  go(EVERY_MS);
  assert.deepEqual(said, ["loss 2.00 after 2 steps, the best so far."]);
  view.heard = false;
  end("failed");
  assert.equal(said.length, 1);
});

test("on request the summary comes at once, and the next one a while later", () => {
  const { log, go, said, announcer } = training();
  log(3);
  go(EVERY_MS - 1);
  announcer.summary();
  assert.deepEqual(said, ["loss 3.00 after 0 steps."]);
  log(3, 2);
  go(EVERY_MS - 1);
  assert.equal(said.length, 1);
  go(1);
  assert.equal(said.length, 2);
});

test("beside finished runs the one that trains is spoken of", () => {
  const { log, go, said } = training(new FakeStore("old", [scalars("loss", {}, [9, 9])]));
  log(3, 2);
  go(EVERY_MS);
  assert.deepEqual(said, ["loss 2.00 after 1 step, the best so far."]);
});

test("what was not finite before the view was made is no news", () => {
  const { said, go } = training(new FakeStore("old", [scalars("loss", {}, [NaN])], "live"));
  go(1);
  assert.deepEqual(said, []);
});
