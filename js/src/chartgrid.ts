/** Where the charts of a view stand: a grid, headings between them, and above it a search where there are many. */

import { hide, make, setAttribute, setText } from "./dom";
import type { Group } from "./group";
import type { Scene } from "./model";
import { searchFor } from "./search";
import { sectionsOf, SEVERAL, type Section } from "./sections";

export class ChartGrid {
  readonly element: HTMLElement;
  private readonly grid = make("div", { class: "charts-grid" });
  private readonly search = make("input", {
    class: "field", type: "search", placeholder: "text or /regex/", "aria-label": "Search charts", title: "Search charts", spellcheck: "false",
    autocomplete: "off", maxlength: "1000",
  });
  private readonly count = make("span", { class: "charts-count" });
  private readonly tools = make("div", { class: "charts-tools" }, this.search, this.count);
  private readonly headings = new Map<string, HTMLElement>();
  private sections: readonly Section[] = [];
  /** What is searched for. */
  text = "";
  private order = "";

  constructor(private readonly scene: Scene, private readonly signal: AbortSignal) {
    this.element = make("div", { class: "charts-held" }, this.tools, this.grid);
    this.search.addEventListener("input", () => {
      const sound = searchFor(this.search.value) !== null;
      setAttribute(this.search, "aria-invalid", String(!sound));
      if (sound) this.text = this.search.value;
      scene.request();
    }, { signal });
    // Notebooks have shortcuts of one letter.
    this.search.addEventListener("keydown", (event) => event.stopPropagation(), { signal });
  }

  /** Whether there is nothing to show, folded or not. */
  get isEmpty(): boolean {
    return this.sections.length === 0;
  }

  get top(): readonly string[] {
    return (this.scene.knobs.get("top") as readonly string[] | undefined) ?? [];
  }

  /** The groups that are to be drawn, in their order. */
  choose(groups: readonly Group[]): Group[] {
    const folded = (this.scene.knobs.get("folded") as readonly string[] | null | undefined) ?? null;
    const several = groups.length > SEVERAL;
    hide(!several, this.tools);
    this.sections = sectionsOf(groups, { search: several ? this.text : "", top: this.top, folded });
    const found = this.sections.reduce((sum, each) => sum + each.groups.length, 0);
    setText(this.count, found === groups.length ? `${found} charts` : `${found} of ${groups.length} charts`);
    return this.sections.flatMap((each) => (each.folded ? [] : each.groups));
  }

  /** Puts headings and charts where they belong; only what is not in its place moves, as that loses the focus and the pointer. */
  arrange(elementOf: (group: Group) => HTMLElement): void {
    const order = JSON.stringify(this.sections.map(({ name, folded, groups }) => [name, groups.length, folded || groups.map(({ chart }) => chart)]));
    if (order === this.order) return;
    this.order = order;
    const elements = this.sections.flatMap((section) => [
      ...(section.name === "" ? [] : [this.heading(section)]), ...(section.folded ? [] : section.groups.map(elementOf)),
    ]);
    for (const [name, element] of this.headings) {
      if (elements.includes(element)) continue;
      element.remove();
      this.headings.delete(name);
    }
    elements.forEach((element, i) => {
      if (this.grid.children[i] !== element) this.grid.insertBefore(element, this.grid.children[i] ?? null);
    });
    this.grid.dataset.count = String(elements.length);
    hide(elements.length === 0, this.grid);
  }

  private heading({ name, folded, groups }: Section): HTMLElement {
    let element = this.headings.get(name);
    if (!element) {
      const button = make("button", { class: "charts-fold", type: "button" }, make("b"), make("span"));
      button.addEventListener("click", () => this.fold(name), { signal: this.signal });
      element = make("h3", { class: "charts-heading" }, button);
      this.headings.set(name, element);
    }
    const button = element.firstElementChild!;
    setAttribute(button, "aria-expanded", String(!folded));
    setText(button.children[0], name);
    setText(button.children[1], String(groups.length));
    return element;
  }

  private fold(name: string): void {
    const shut = this.sections.filter((each) => each.folded).map((each) => each.name);
    this.set("folded", shut.includes(name) ? shut.filter((each) => each !== name) : [...shut, name]);
  }

  /** Puts a chart at the top, or back to its place. */
  raise(chart: string): void {
    this.set("top", this.top.includes(chart) ? this.top.filter((each) => each !== chart) : [...this.top, chart]);
  }

  private set(knob: "folded" | "top", value: readonly string[]): void {
    this.scene.knobs.set(knob, value);
    this.scene.keep?.(knob);
    this.scene.request();
  }
}
