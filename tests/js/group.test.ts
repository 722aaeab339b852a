import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeStore, scalars } from "../../js/dev/fake";
import { familiesOf, groupSeries, labelsOf } from "../../js/src/group";
import type { Role, Series } from "../../js/src/model";

const series = (tag: string, chart: string, role: Role = "train"): Series => scalars(tag, { chart, role }, [1]);

function labels(stores: FakeStore[], tags: string[] | null = null): Record<string, string[]> {
  const families = familiesOf(stores).length;
  return Object.fromEntries(groupSeries({ stores, tags }).map((group) => [group.chart, labelsOf(group, families)]));
}

test("training and validation share a chart and are named by their roles", () => {
  const run = new FakeStore("run", [series("val_loss", "loss", "validation"), series("loss", "loss"), series("lr", "lr")]);
  assert.deepEqual(labels([run]), { loss: ["train", "validation"], lr: [""] });
});

test("a series alone is named where the title does not name it", () => {
  assert.deepEqual(labels([new FakeStore("run", [series("val_loss", "loss", "validation")])]), { loss: ["validation"] });
});

test("two series of one role are named by their tags", () => {
  const run = new FakeStore("run", [series("loss/box", "loss"), series("loss/class", "loss")]);
  assert.deepEqual(labels([run]), { loss: ["loss/box", "loss/class"] });
});

test("Keras's two runs are one family, told apart by role", () => {
  const train = new FakeStore("fit/train", [series("epoch_loss", "loss")], "finished", "fit");
  const validation = new FakeStore("fit/validation", [series("epoch_loss", "loss", "validation")], "finished", "fit");
  assert.deepEqual(labels([validation, train]), { loss: ["train", "validation"] });
});

test("several families are named by family, and by role where there is more than one", () => {
  const stores = ["a", "b"].map((name) => new FakeStore(name, [series("loss", "loss"), series("lr", "lr"), series("val_loss", "loss", "validation")]));
  assert.deepEqual(labels(stores), { loss: ["a train", "a validation", "b train", "b validation"], lr: ["a", "b"] });
});

test("beside other families a run called only by its role is named by it", () => {
  const both = () => [series("acc", "accuracy"), series("loss", "loss")];
  const a = new FakeStore("a", [...both(), series("val_loss", "loss", "validation")]);
  const train = new FakeStore("train", both(), "finished", "");
  assert.deepEqual(labels([a, train]), { accuracy: ["a", "train"], loss: ["a train", "a validation", "train"] });
});

test("runs of one family with the same tag are told apart by run", () => {
  const stores = ["x", "y"].map((name) => new FakeStore(name, [series("loss", "loss")], "finished", "one"));
  assert.deepEqual(labels(stores), { loss: ["x loss", "y loss"] });
});

test("only the tags asked for are shown, and no histograms", () => {
  const histogram: Series = { ...series("w", "w"), kind: "histogram", captures: [] };
  const run = new FakeStore("run", [series("loss", "loss"), series("lr", "lr"), histogram]);
  assert.deepEqual(Object.keys(labels([run])), ["loss", "lr"]);
  assert.deepEqual(Object.keys(labels([run], ["lr"])), ["lr"]);
});

test("what is derived from layers stands in no chart unless its tag is asked for", () => {
  const norm = scalars("gradients/norm/fc.weight", { panel: "layers" }, [1]);
  const run = new FakeStore("run", [series("loss", "loss"), norm]);
  assert.deepEqual(Object.keys(labels([run])), ["loss"]);
  assert.deepEqual(Object.keys(labels([run], ["gradients/norm/fc.weight"])), ["gradients/norm/fc.weight"]);
});

const choice = (title: string, left: string[], right: string[] = []) => ({ title, left, right });

function charted(stores: FakeStore[], charts: ReturnType<typeof choice>[]): Record<string, string[]> {
  return Object.fromEntries(groupSeries({ stores, tags: null, charts }).map(({ chart, lines }) =>
    [chart, lines.map(({ series: { tag }, right }) => (right ? `${tag} on the right` : tag))]));
}

test("charts that are chosen show their tags, in their order and on their side, and no others", () => {
  const norm = scalars("gradients/norm/fc.weight", { panel: "layers" }, [1]);
  const run = new FakeStore("run", [series("lr", "lr"), series("loss", "loss"), series("val_loss", "loss", "validation"), norm]);
  assert.deepEqual(charted([run], [choice("both", ["val_loss", "loss"], ["lr"]), choice("norms", ["/^gradients/"]), choice("none", ["lo"])]), {
    both: ["loss", "val_loss", "lr on the right"], norms: ["gradients/norm/fc.weight"],
  });
});

test("what is no regular expression in the page's language finds nothing", () => {
  assert.deepEqual(charted([new FakeStore("run", [series("loss", "loss")])], [choice("a", ["/(?P<name>loss)/"]), choice("b", ["loss"])]), { b: ["loss"] });
});

test("lines of several metrics in one chart are named by their tags, beside several runs by both", () => {
  const stores = ["a", "b"].map((name) => new FakeStore(name, [series("loss", "loss"), series("lr", "lr")]));
  const named = (shown: FakeStore[]) => groupSeries({ stores: shown, tags: null, charts: [choice("both", ["loss", "lr"])] })
    .flatMap((group) => labelsOf(group, shown.length));
  assert.deepEqual(named(stores.slice(0, 1)), ["loss", "lr"]);
  assert.deepEqual(named(stores), ["a loss", "a lr", "b loss", "b lr"]);
});

test("a family keeps its number when others are not shown", () => {
  const shown = [new FakeStore("b", [series("loss", "loss")])];
  assert.equal(groupSeries({ stores: shown, tags: null, families: ["a", "b"] })[0].lines[0].family, 1);
});
