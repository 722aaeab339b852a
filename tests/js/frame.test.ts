import assert from "node:assert/strict";
import { test } from "node:test";
import { Frames } from "../../js/src/frame";

/** Frames that come when the test says so. */
function stage(draw: (now: number) => boolean) {
  const waiting = new Map<number, (now: number) => void>();
  const controller = new AbortController();
  let id = 0;
  const frames = new Frames(draw, controller.signal, (callback) => (waiting.set(++id, callback), id), (each) => waiting.delete(each));
  const show = (now: number) => {
    const due = [...waiting.values()];
    waiting.clear();
    for (const callback of due) callback(now);
  };
  return { frames, waiting, controller, show };
}

test("many requests are one frame", () => {
  const drawn: number[] = [];
  const { frames, show } = stage((now) => { drawn.push(now); return false; });
  for (let i = 0; i < 100; i++) frames.request();
  show(16);
  show(32);
  assert.deepEqual(drawn, [16]);
});

test("nothing is drawn unasked", () => {
  const { waiting } = stage(() => assert.fail("drawn"));
  assert.equal(waiting.size, 0);
});

test("a request after a frame is another frame", () => {
  const drawn: number[] = [];
  const { frames, show } = stage((now) => { drawn.push(now); return false; });
  frames.request();
  show(16);
  frames.request();
  show(32);
  assert.deepEqual(drawn, [16, 32]);
});

test("what still eases is drawn in the next frame too, until it stands", () => {
  const drawn: number[] = [];
  const { frames, waiting, show } = stage((now) => drawn.push(now) < 3);
  frames.request();
  for (const now of [16, 32, 48, 64]) show(now);
  assert.deepEqual(drawn, [16, 32, 48]);
  assert.equal(waiting.size, 0);
});

test("a request made while drawing is not lost", () => {
  const drawn: number[] = [];
  const { frames, waiting, show } = stage((now) => {
    if (drawn.push(now) === 1) frames.request();
    return true;
  });
  frames.request();
  show(16);
  assert.equal(waiting.size, 1);
});

test("a frame that fails does not stop the next", () => {
  let fails = true;
  const { frames, waiting, show } = stage(() => {
    if (fails) throw new Error("once");
    return false;
  });
  frames.request();
  assert.throws(() => show(16), /once/);
  fails = false;
  frames.request();
  assert.equal(waiting.size, 1);
});

test("a view that has gone draws no more", () => {
  const { frames, waiting, controller } = stage(() => assert.fail("drawn"));
  frames.request();
  controller.abort();
  assert.equal(waiting.size, 0);
});

test("out of sight nothing is drawn and no frame is asked for; back in sight one frame catches up", () => {
  const drawn: number[] = [];
  const { frames, waiting, show } = stage((now) => { drawn.push(now); return true; });
  frames.request();
  frames.show(false);
  for (let i = 0; i < 100; i++) frames.request();
  show(16);
  assert.deepEqual([drawn, waiting.size], [[], 0]);
  frames.show(true);
  assert.equal(waiting.size, 1);
  show(32);
  assert.deepEqual(drawn, [32]);
});

test("what was not asked for out of sight is not drawn on coming back", () => {
  const { frames, waiting } = stage(() => false);
  frames.show(false);
  frames.show(true);
  assert.equal(waiting.size, 0);
});
