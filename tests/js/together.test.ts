import assert from "node:assert/strict";
import { test } from "node:test";

class Text {
  nextSibling = null;
  constructor(public data: string) {}
}

/** As much of an element as a text needs; it keeps how often it was given a new node. */
class FakeElement {
  firstChild: Text | null = null;
  made = 0;
  get textContent(): string {
    return this.firstChild?.data ?? "";
  }
  set textContent(text: string) {
    this.firstChild = text ? new Text(text) : null;
    this.made++;
  }
}

class HTMLInputElement extends FakeElement {
  value = "";
}

const due: ((now: number) => void)[] = [];
const errors: unknown[] = [];
Object.assign(globalThis, {
  Text, HTMLInputElement, requestAnimationFrame: (callback: (now: number) => void) => due.push(callback), reportError: (error: unknown) => errors.push(error),
});
const { cancel, schedule, write } = await import("../../js/src/together");

const element = (): FakeElement & Element => new FakeElement() as FakeElement & Element;
const show = (now: number): void => due.splice(0).forEach((callback) => callback(now));

test("all that asked draw in one frame, and what they say is written when the last has drawn", () => {
  const [first, second] = [element(), element()];
  const seen: unknown[] = [];
  schedule((now) => (write(first, "a"), seen.push([now, first.textContent])));
  schedule((now) => (write(second, "b"), seen.push([now, first.textContent, second.textContent])));
  assert.equal(due.length, 1);
  show(16);
  assert.deepEqual(seen, [[16, ""], [16, "", ""]]);
  assert.deepEqual([first.textContent, second.textContent], ["a", "b"]);
});

test("of two texts for one element the later is written, outside of a frame at once", () => {
  const one = element();
  schedule(() => (write(one, "before"), write(one, "after")));
  show(16);
  assert.equal(one.textContent, "after");
  write(one, "now");
  assert.deepEqual([one.textContent, one.made], ["now", 1]);
});

test("a field is given its value", () => {
  const field = new HTMLInputElement() as HTMLInputElement & Element;
  write(field, "12");
  assert.deepEqual([field.value, field.made], ["12", 0]);
});

test("who asks while a frame is drawn draws in the next, who no longer wants to does not", () => {
  const drawn: string[] = [];
  let unwanted = 0;
  schedule(() => {
    drawn.push("first");
    cancel(unwanted);
    schedule(() => drawn.push("next"));
  });
  unwanted = schedule(() => drawn.push("unwanted"));
  show(16);
  assert.deepEqual(drawn, ["first"]);
  show(32);
  assert.deepEqual(drawn, ["first", "next"]);
});

test("one that fails is reported, and the others draw and are written", () => {
  const one = element();
  schedule(() => { throw new Error("broken"); });
  schedule(() => write(one, "drawn"));
  show(16);
  assert.deepEqual([one.textContent, errors.map(String)], ["drawn", ["Error: broken"]]);
});
