/** What is above the runs: a search, what they are grouped by, and a way back to all of them. */

import { hide, make, setAttribute, setText } from "./dom";
import type { Scene } from "./model";
import type { SpreadMode } from "./runs";
import { searchFor } from "./search";

/** Finds what is left of a name without the number of a repetition at its end. */
const REPEATED = "/^(.*?)[-_ .]*(?:seed|run|trial|rep|fold)?[-_ .=]*\\d+$/i";
const SPREADS: readonly (readonly [SpreadMode, string, string])[] = [
  ["std", "\u00b1 std", "The mean, and its standard deviation around it"],
  ["range", "range", "The mean, between the smallest and the largest value"],
  ["runs", "runs", "The mean, and every run faint behind it"],
];
const PATTERN = "a pattern";
const MOST_LETTERS = "1000";

export class RunTools {
  readonly element = make("div", { class: "runs-tools" });
  private readonly count = make("span", { class: "runs-count" });
  private readonly all = make("button", { class: "runs-all", type: "button" }, "show all");
  private readonly search = makeField("runs-search", "text or /regex/", "Search runs");
  private readonly by = make("select", { class: "runs-by", "aria-label": "group runs by", title: "Draws the runs that have the same as one line, their mean" });
  private readonly pattern = makeField("runs-pattern", "(.*)-seed\\d+", "Pattern in the names of runs whose first group names what they are drawn as");
  private readonly spreads = make("span", { class: "toggle", role: "group", "aria-label": "around the mean" });
  private options = "";
  private writing = false;

  constructor(private readonly scene: Scene, signal: AbortSignal, changed: (knobs: readonly string[]) => void) {
    this.spreads.append(...SPREADS.map(([value, words, title]) => make("button", { type: "button", value, title }, words)));
    this.element.append(this.count, this.search, this.all, this.by, this.pattern, this.spreads);
    const set = (knob: string, value: string): void => {
      scene.knobs.set(knob, value);
      changed([knob]);
    };
    this.all.addEventListener("click", () => changed(scene.runs.showAll()), { signal });
    for (const [field, knob] of [[this.search, "search"], [this.pattern, "group"]] as const) {
      field.addEventListener("input", () => {
        const sound = knob === "search" ? searchFor(field.value) !== null : isPattern(field.value);
        setAttribute(field, "aria-invalid", String(!sound));
        if (sound) set(knob, field.value);
      }, { signal });
      // Notebooks have shortcuts of one letter.
      field.addEventListener("keydown", (event) => event.stopPropagation(), { signal });
    }
    this.by.addEventListener("change", () => {
      this.writing = this.by.value === PATTERN;
      set("group", this.writing ? "" : this.by.value);
      if (this.writing) {
        this.draw();
        this.pattern.focus();
      }
    }, { signal });
    this.spreads.addEventListener("click", ({ target }) => {
      const { value } = target as HTMLButtonElement;
      if (value) set("spread", value);
    }, { signal });
  }

  draw(): void {
    const { runs } = this.scene;
    const shown = runs.entries.filter((each) => each.shown).length;
    const { length } = runs.entries;
    hide(!runs.many, this.count);
    setText(this.count, shown === length ? `${length} ${runs.grouped ? "groups" : "runs"}` : `${shown} of ${length}`);
    hide(shown === length, this.all);
    hide(!runs.many && runs.text("search") === "", this.search);
    write(this.search, runs.text("search"));
    this.drawGrouping();
  }

  private drawGrouping(): void {
    const { runs } = this.scene;
    const group = runs.text("group");
    const choices = [
      ["", "each run"], ...runs.keys.map((key) => [key, `mean by ${key}`]),
      ...(repeats(runs.all.map(({ family, run }) => family || run)) ? [[REPEATED, "mean of repetitions"]] : []),
    ];
    const known = choices.some(([value]) => value === group);
    const options = JSON.stringify(choices);
    if (options !== this.options) {
      this.options = options;
      this.by.replaceChildren(...[...choices, [PATTERN, "mean by a pattern\u2026"]].map(([value, words]) => make("option", { value }, words)));
    }
    if (group !== "" && known) this.writing = false;
    const value = this.writing || !known ? PATTERN : group;
    if (this.by.value !== value) this.by.value = value;
    hide(runs.all.length < 3, this.by);
    hide(value !== PATTERN, this.pattern);
    write(this.pattern, group);
    hide(!runs.grouped, this.spreads);
    for (const button of this.spreads.children) setAttribute(button, "aria-pressed", String((button as HTMLButtonElement).value === runs.spread));
  }
}

function makeField(name: string, placeholder: string, label: string): HTMLInputElement {
  return make("input", {
    class: `field ${name}`, type: "search", placeholder, "aria-label": label, title: label, spellcheck: "false", autocomplete: "off", maxlength: MOST_LETTERS,
  });
}

/** A field that is being written in is left alone. */
function write(field: HTMLInputElement, text: string): void {
  if (field.value === text || (field.getRootNode() as ShadowRoot).activeElement === field) return;
  field.value = text;
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

/** Whether names without their last number are fewer. */
function repeats(names: readonly string[]): boolean {
  const expression = new RegExp(REPEATED.slice(1, -2), "i");
  const found = names.map((name) => expression.exec(name)?.[1]).filter((name) => name !== undefined);
  return new Set(found).size < found.length;
}
