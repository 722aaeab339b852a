import assert from "node:assert/strict";
import { test } from "node:test";
import type { Capture, Captures, Series, Store } from "../../js/src/model";
import { capturedSteps, Player, Stops, stopsOf, WHOLE_RUN_MS } from "../../js/src/player";

const stops = (...columns: number[][]) => new Stops(columns);
const place = { chart: "", role: "train", unit: "", best: "", panel: "charts" } as const;
const base = (tag: string, length: number) => ({ tag, place, rows: length, length, generation: 0, version: 1 });

function scalars(tag: string, steps: number[], monotone = true): Series {
  const room = [...steps, 9e9];
  const column = Float64Array.from(room);
  return { ...base(tag, steps.length), kind: "scalar", steps: column, walls: column, values: column, index: column, monotone };
}

function captures(tag: string, steps: number[]): Series {
  return { ...base(tag, steps.length), kind: "histogram", captures: steps.map((step) => ({ step }) as Capture) };
}

const scene = (...series: Series[]) => ({
  stores: [{ series: new Map(series.map((each) => [each.tag, each])) } as unknown as Store],
});

test("stops of several series are walked in one order without repeats", () => {
  const both = stops([0, 10, 20], [5, 10, 15]);
  const seen = [both.first!];
  for (let next = both.after(0); next !== null; next = both.after(next)) seen.push(next);
  assert.deepEqual(seen, [0, 5, 10, 15, 20]);
});

test("a step between two stops has one before, one after and a nearest", () => {
  const some = stops([0, 10, 20]);
  assert.deepEqual([some.before(12), some.after(12), some.nearest(12), some.nearest(18)], [10, 20, 10, 20]);
  assert.deepEqual([some.before(10), some.atOrBefore(10)], [0, 10]);
});

test("beyond the ends there is nothing, and a walk stops there", () => {
  const some = stops([0, 10, 20]);
  assert.deepEqual([some.before(0), some.after(20), some.walk(10, 10), some.walk(10, -10)], [null, null, 20, 0]);
});

test("without any step there is no stop", () => {
  assert.deepEqual([stops().first, stops([]).last, stops([]).nearest(3)], [null, null, null]);
});

test("rows that a column has no values for yet are no stops", () => {
  assert.equal(stopsOf(scene(scalars("loss", [1, 2, 3]))).all.last, 3);
});

test("steps that went back are walked in order", () => {
  const { all } = stopsOf(scene(scalars("loss", [0, 10, 20, 10, 15, 30], false)));
  assert.deepEqual([all.after(10), all.after(15), all.last], [15, 20, 30]);
});

test("a capture that comes later is a stop as well", () => {
  const layer = captures("w", [0, 20]) as { -readonly [K in keyof Captures]: Captures[K] };
  const shown = scene(layer, captures("v", [10, 0]));
  assert.deepEqual([...capturedSteps([layer])], [0, 20]);
  assert.deepEqual([stopsOf(shown).all.after(0), stopsOf(shown).all.last], [10, 20]);
  Object.assign(layer, captures("w", [0, 20, 30]), { version: 2 });
  assert.equal(stopsOf(shown).all.last, 30);
});

test("a short run is walked step by step, a long one with captures by its captures", () => {
  const short = stopsOf(scene(scalars("loss", [0, 1, 2]), captures("w", [0, 2])));
  assert.equal(short.walked.after(0), 1);
  const long = Array.from({ length: 5000 }, (_, step) => step);
  assert.equal(stopsOf(scene(scalars("loss", long), captures("w", [0, 2000, 4000]))).walked.after(0), 2000);
  assert.equal(stopsOf(scene(scalars("loss", long), captures("w", [0, 2000, 4000]))).all.after(0), 1);
  assert.equal(stopsOf(scene(scalars("loss", long))).walked.after(0), 1);
});

/** Draws at 60 frames a second until playing ends; the steps the cursor was at, and the time that took. */
function playThrough(player: Player, from: number | null, run: Stops): { steps: (number | null)[]; time: number } {
  const steps: (number | null)[] = [];
  let [now, cursor] = [1e6, from];
  player.play(from, run);
  while (player.playing && now < 1e6 + 1e5) {
    cursor = player.advance(now, cursor, run);
    if (steps.at(-1) !== cursor) steps.push(cursor);
    now += 1000 / 60;
  }
  return { steps, time: now - 1e6 };
}

test("a run plays in twelve seconds however long it is", () => {
  for (const last of [10, 1000, 1e7]) {
    const { time } = playThrough(new Player(), 0, stops(Array.from({ length: 11 }, (_, i) => (i * last) / 10)));
    assert.ok(Math.abs(time - WHOLE_RUN_MS) < 50);
  }
});

test("playing shows every step that was logged, in order, and ends at the latest", () => {
  assert.deepEqual(playThrough(new Player(), null, stops([0, 10, 20, 30])).steps, [0, 10, 20, null]);
});

test("playing at the end starts over, elsewhere it goes on", () => {
  const run = stops([0, 10, 20, 30]);
  assert.deepEqual(playThrough(new Player(), 30, run).steps, [0, 10, 20, null]);
  assert.deepEqual(playThrough(new Player(), 10, run).steps, [10, 20, null]);
});

test("twice the speed takes half the time", () => {
  const player = new Player();
  player.speed = 2;
  assert.ok(Math.abs(playThrough(player, 0, stops([0, 50, 100])).time - WHOLE_RUN_MS / 2) < 50);
});

test("a cursor moved by someone else is where playing goes on", () => {
  const run = stops([0, 10, 20, 30, 40]);
  const player = new Player();
  player.play(0, run);
  player.advance(0, 0, run);
  assert.equal(player.advance(16, 30, run), 30);
});

test("a page that slept goes on where it stood", () => {
  const run = stops(Array.from({ length: 1201 }, (_, step) => step));
  const player = new Player();
  player.play(0, run);
  player.advance(0, 0, run);
  assert.equal(player.advance(60_000, 0, run), 25);
});

test("paused, the cursor stays", () => {
  const run = stops([0, 10]);
  const player = new Player();
  player.play(0, run);
  player.pause();
  assert.equal(player.advance(1e9, 0, run), 0);
});

test("nothing to play is not played", () => {
  const player = new Player();
  player.play(null, stops([7]));
  assert.equal(player.playing, false);
});
