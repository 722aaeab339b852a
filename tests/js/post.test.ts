import assert from "node:assert/strict";
import { test } from "node:test";
import { Post } from "../../js/src/post";

function posting(failing = false) {
  const sent: unknown[] = [];
  const state = { failing };
  const send = (message: unknown): void => {
    if (state.failing) throw new Error("no comm");
    sent.push(message);
  };
  return { sent, state, post: new Post({ send }, new AbortController().signal) };
}

test("what runs ask for together is one message, in their order", () => {
  const { sent, post } = posting();
  post.send(4, { type: "resync", have: {} });
  post.send(0, { type: "detail", tags: ["loss"] });
  assert.deepEqual(sent, []);
  post.flush();
  post.flush();
  assert.deepEqual(sent, [{ type: "each", messages: [[4, { type: "resync", have: {} }], [0, { type: "detail", tags: ["loss"] }]] }]);
});

test("without a kernel who asks is told so, until one is heard of", () => {
  const { sent, state, post } = posting(true);
  post.send(1, "first");
  post.flush();
  assert.throws(() => post.send(1, "second"));
  state.failing = false;
  post.hear();
  post.send(1, "third");
  post.flush();
  assert.deepEqual(sent, [{ type: "each", messages: [[1, "third"]] }]);
});

test("it sends by itself, soon", async () => {
  const said = new Promise<unknown>((resolve) => {
    new Post({ send: resolve }, new AbortController().signal).send(0, "asked");
  });
  assert.deepEqual(await said, { type: "each", messages: [[0, "asked"]] });
});
