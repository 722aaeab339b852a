import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeStore, scalars } from "../../js/dev/fake";
import { Runs } from "../../js/src/runs";

const NAMES = ["lr0.1-seed0", "lr0.1-seed1", "lr0.2-seed0", "other"];

function view(knobs: Record<string, unknown> = {}, names = NAMES) {
  const held = new Map(Object.entries(knobs));
  const runs = new Runs(names.map((name) => new FakeStore(name, [scalars("loss", {}, [1])], "finished", name.replace(/\/(train|validation)$/, ""))), held);
  const entry = (name: string) => runs.entries.find((each) => each.name === name)!;
  const shown = () => runs.shown.map(({ run }) => run);
  return { runs, held, entry, shown };
}

test("a search shows the runs that it finds, a text or a regular expression, and pinned ones beside them", () => {
  assert.deepEqual(view({ search: "SEED0" }).shown(), ["lr0.1-seed0", "lr0.2-seed0"]);
  assert.deepEqual(view({ search: "/0\\.1.*0$/" }).shown(), ["lr0.1-seed0"]);
  assert.deepEqual(view({ search: "/half-typed[" }).shown(), NAMES);
  assert.deepEqual(view({ search: "seed1", pinned: ["other"] }).shown(), ["lr0.1-seed1", "other"]);
  assert.deepEqual(view({ search: "seed1", pinned: ["other"], hidden: ["other"] }).shown(), ["lr0.1-seed1"], "what is hidden is not shown");
});

test("only the selected runs are shown, all where none is selected, and names that there are not change nothing", () => {
  assert.deepEqual(view({ selected: ["other", "gone"] }).shown(), ["other"]);
  assert.deepEqual(view({ selected: [] }).shown(), NAMES);
  assert.deepEqual(view({ hidden: ["gone"] }).shown(), NAMES);
});

test("a run keeps its number, and so its hue, when others are not shown", () => {
  const { entry } = view({ hidden: [NAMES[0]] });
  assert.deepEqual([entry("other").index, entry(NAMES[0]).shown], [3, false]);
});

test("a click hides a run and shows it again, whatever hid it", () => {
  const { runs, held, entry, shown } = view();
  assert.deepEqual(runs.toggle(entry("other")), ["hidden"]);
  assert.deepEqual(held.get("hidden"), ["other"]);
  runs.toggle(entry("other"));
  assert.deepEqual(shown(), NAMES);
  held.set("selected", ["other"]);
  runs.refresh();
  assert.deepEqual(runs.toggle(entry(NAMES[0])), ["hidden", "selected"]);
  assert.deepEqual(shown(), [NAMES[0], "other"]);
});

test("solo shows nothing else, pinned runs neither, and a second time everything", () => {
  const { runs, held, entry, shown } = view({ pinned: [NAMES[1]] });
  runs.solo(entry("other"));
  assert.deepEqual(shown(), ["other"]);
  runs.solo(entry("other"));
  assert.deepEqual([shown(), held.get("pinned")], [NAMES, [NAMES[1]]]);
});

test("show all takes back what was hidden, selected and searched", () => {
  const { runs, shown } = view({ hidden: ["other"], selected: ["other"], search: "x" });
  assert.deepEqual(shown(), []);
  runs.showAll();
  assert.deepEqual(shown(), NAMES);
});

test("runs that differ only in their role are one, by the family's name or by their own", () => {
  const names = ["a/train", "a/validation", "b/train"];
  const { runs, entry, held } = view({}, names);
  assert.deepEqual(runs.families, ["a", "b"]);
  runs.toggle(entry("a"));
  assert.deepEqual([held.get("hidden"), runs.shown.map(({ run }) => run)], [["a"], ["b/train"]]);
  assert.deepEqual(view({ selected: ["a/train"] }, names).shown(), ["a/train"]);
});

test("a pattern groups runs by what its first group finds, others stand alone", () => {
  const { runs } = view({ group: "(.*)-seed\\d+" });
  assert.deepEqual(runs.families, ["lr0.1", "lr0.2", "other"]);
  assert.deepEqual(runs.charted.map(({ family }) => family), ["lr0.1", "lr0.2", "other"]);
  assert.deepEqual(view({ group: "/(.*)-SEED/i" }).runs.families, ["lr0.1", "lr0.2", "other"]);
  assert.deepEqual(view({ group: "(half" }).runs.families, NAMES, "what is no pattern groups nothing");
});

test("a group is of its runs that are shown, and is gone with the last of them", () => {
  const { runs, held } = view({ group: "(.*)-seed\\d+", hidden: [NAMES[0], NAMES[2]] });
  assert.deepEqual(runs.charted.map(({ run }) => run), ["lr0.1", "other"]);
  runs.toggle(runs.entries[0]);
  assert.deepEqual([held.get("hidden"), runs.charted.map(({ run }) => run)], [[NAMES[2], NAMES[0], NAMES[1]], ["other"]]);
});

test("a hyper-parameter groups runs by its value; what all or none share is not offered", () => {
  const hparams = Object.fromEntries(NAMES.slice(0, 3).map((name, i) => [name, { lr: i < 2 ? 0.1 : 0.2, seed: i, batch: 32 }]));
  const { runs } = view({ group: "lr", hparams });
  assert.deepEqual(runs.families, ["lr 0.1", "lr 0.2", "other"]);
  assert.deepEqual(runs.keys, ["lr"]);
});
