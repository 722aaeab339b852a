import assert from "node:assert/strict";
import { test } from "node:test";
import { Memo, Memos } from "../../js/src/memo";

test("it is made anew only when one of what it is made of is another, and from what it was", () => {
  const memo = new Memo<number>();
  const made: unknown[] = [];
  const of = (...from: unknown[]) => memo.of(from, (before) => (made.push(before), made.length));
  assert.deepEqual([of(1, NaN), of(1, NaN), of(1, 2), of(1, 2, 3), of(1, 2)], [1, 1, 2, 3, 4]);
  assert.deepEqual(made, [undefined, 1, 2, 3]);
});

test("what was made of nothing is kept, too", () => {
  let made = 0;
  const memo = new Memo<undefined>();
  for (let i = 0; i < 2; i++) memo.of([], () => void made++);
  assert.equal(made, 1);
});

test("each owner has its own", () => {
  const memos = new Memos<object, string>();
  const [a, b] = [{}, {}];
  assert.deepEqual([memos.of(a, [1], () => "a"), memos.of(b, [1], () => "b"), memos.of(a, [1], () => "c")], ["a", "b", "a"]);
});
