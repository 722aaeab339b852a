import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { KEYS, keysOf } from "../../js/src/keys";

test("the guide has the keys of the page's help, and no others", () => {
  const guide = readFileSync("../docs/charts.md", "utf-8");
  const section = guide.slice(guide.indexOf("## Keys\n"), guide.indexOf("\n## ", guide.indexOf("## Keys\n") + 4));
  const rows = KEYS.flatMap(({ title, keys }) => keys.map(([key, does], i) => `| ${i ? "" : title} | ${key} | ${does} |`.replace("|  |", "| |")));
  assert.deepEqual(section.split("\n").filter((line) => line.startsWith("| ") && line !== "| | | |"), rows);
});

test("a view lists the keys of its own panels", () => {
  assert.deepEqual(keysOf(["map"]).map(({ title }) => title), ["Everywhere", "Maps and distributions"]);
});
