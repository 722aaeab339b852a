import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeStore, scalars } from "../../js/dev/fake";
import { groupSeries } from "../../js/src/group";
import { sectionsOf } from "../../js/src/sections";

const groupsOf = (tags: string[]) => groupSeries({ stores: [new FakeStore("run", tags.map((tag) => scalars(tag, {}, [1])))], tags: null });
const many = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}/${i}`);
const nothing = { search: "", top: [] as string[], folded: null };
const seen = (...args: Parameters<typeof sectionsOf>) =>
  sectionsOf(...args).map(({ name, folded, groups }) => `${name}${folded ? " folded" : ""}: ${groups.length}`);

test("without charts there is nothing", () => assert.deepEqual(sectionsOf([], nothing), []));

test("a few charts have no headings", () => assert.deepEqual(seen(groupsOf([...many("a", 6), ...many("b", 6)]), nothing), [": 12"]));

test("many charts stand under what their tags begin with, those that share it with none first and without a heading", () => {
  assert.deepEqual(seen(groupsOf(["loss", ...many("a", 6), ...many("b", 6), "time/data"]), nothing), [": 2", "a: 6", "b: 6"]);
});

test("of very many charts headings are folded, the first one too where others stand above it, until the reader chooses", () => {
  const groups = groupsOf([...many("a", 20), ...many("b", 20)]);
  assert.deepEqual(seen(groups, nothing), ["a: 20", "b folded: 20"]);
  assert.deepEqual(seen(groupsOf(["loss", ...many("a", 20), ...many("b", 20)]), nothing), [": 1", "a folded: 20", "b folded: 20"]);
  assert.deepEqual(seen(groups, { ...nothing, folded: ["a"] }), ["a folded: 20", "b: 20"]);
});

test("a search finds charts by their tags and opens their headings", () => {
  const groups = groupsOf([...many("a", 20), ...many("b", 20)]);
  assert.deepEqual(seen(groups, { ...nothing, search: "b/1" }), ["b: 11"]);
  assert.deepEqual(seen(groups, { ...nothing, search: "/^a.1$/" }), ["a: 1"]);
});

test("charts at the top come first, in the order chosen", () => {
  const [section] = sectionsOf(groupsOf([...many("a", 20), ...many("b", 20)]), { ...nothing, top: ["b/3", "a/1", "gone"] });
  assert.deepEqual([section.name, section.groups.map(({ chart }) => chart)], ["", ["b/3", "a/1"]]);
});
