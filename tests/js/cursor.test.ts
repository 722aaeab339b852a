import assert from "node:assert/strict";
import { test } from "node:test";
import { joined, Shared, StepCursor } from "../../js/src/cursor";

const { signal } = new AbortController();
const make = () => new StepCursor();

function heard(cursor: { step: number | null; subscribe(listener: () => void, signal: AbortSignal): void }, until = signal) {
  const steps: (number | null)[] = [];
  cursor.subscribe(() => steps.push(cursor.step), until);
  return steps;
}

test("a cursor starts at the latest step", () => {
  assert.equal(new StepCursor().step, null);
});

test("whoever listens hears of a move, and of none that goes nowhere", () => {
  const cursor = new StepCursor(3);
  const steps = heard(cursor);
  for (const step of [3, 4, 4, null, null, 0]) cursor.set(step);
  assert.deepEqual(steps, [4, null, 0]);
});

test("a cursor stands at whole steps", () => {
  const cursor = new StepCursor();
  cursor.set(2.6);
  assert.equal(cursor.step, 3);
});

test("a step that is no number is the latest", () => {
  for (const step of [NaN, Infinity, -Infinity]) {
    const cursor = new StepCursor(1);
    cursor.set(step);
    assert.equal(cursor.step, null);
  }
});

test("who has gone hears nothing", () => {
  const cursor = new StepCursor();
  const gone = new AbortController();
  const steps = heard(cursor, gone.signal);
  cursor.set(1);
  gone.abort();
  cursor.set(2);
  assert.deepEqual(steps, [1]);
});

test("the cursor of one run is its own", () => {
  const cursor = new StepCursor();
  assert.equal(joined([cursor], make, signal), cursor);
});

test("joined cursors move together, whichever is moved", () => {
  const [first, second] = [new StepCursor(), new StepCursor()];
  const both = joined([first, second], make, signal);
  for (const [moved, step] of [[both, 5], [first, 6], [second, null], [second, 7]] as const) {
    moved.set(step);
    assert.deepEqual([both.step, first.step, second.step], [step, step, step]);
  }
});

test("joined cursors start where one of them stands", () => {
  assert.equal(joined([new StepCursor(), new StepCursor(4)], make, signal).step, 4);
});

test("a move of joined cursors is heard once", () => {
  const cursors = [new StepCursor(), new StepCursor(), new StepCursor()];
  const both = joined(cursors, make, signal);
  const steps = [both, ...cursors].map((cursor) => heard(cursor));
  cursors[1].set(9);
  assert.deepEqual(steps, [[9], [9], [9], [9]]);
});

test("cursors of a view that has gone are joined no more", () => {
  const [first, second] = [new StepCursor(), new StepCursor()];
  const gone = new AbortController();
  joined([first, second], make, gone.signal);
  gone.abort();
  first.set(3);
  assert.equal(second.step, null);
});

test("the layer that was chosen in one of several runs is chosen in all of them", () => {
  const [first, second] = [new Shared<string>(), new Shared("gradients/fc1")];
  const both = joined([first, second], () => new Shared<string>(), signal);
  assert.equal(both.value, "gradients/fc1");
  for (const [moved, tag] of [[first, "weights/fc2"], [both, null]] as const) {
    moved.set(tag);
    assert.deepEqual([both.value, first.value, second.value], [tag, tag, tag]);
  }
});
