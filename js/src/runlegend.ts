/** The legend of runs: names and hues, what is shown, and in a list their values in one chart. */

import { hide, make, setAttribute, setText } from "./dom";
import { makeSwatch, paintSwatch } from "./legend";
import type { Scene } from "./model";
import type { Entry } from "./runs";
import { RunTools } from "./runtools";
import { cycleDash } from "./strokes";

/** What each run has in a chart at the step that is read. */
export interface Readings {
  readonly title: string;
  /** By the number of the entry. */
  readonly values: ReadonlyMap<number, string>;
}

interface Row {
  readonly element: HTMLElement;
  readonly name: HTMLButtonElement;
  readonly label: HTMLElement;
  readonly value: HTMLElement;
  readonly swatch: SVGLineElement;
  readonly pin: HTMLButtonElement;
  /** What it shows. */
  entry: Entry | null;
  reading: string;
  state: string;
}

const KEYS: Readonly<Record<string, number>> = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1, Home: -Infinity, End: Infinity };

/** Whether a view has a legend of runs. */
export const namesRuns = ({ panels, runs }: Scene): boolean =>
  panels.includes("charts") && runs.all.length > 1 && (runs.entries.length > 1 || runs.grouped);

export class RunLegend {
  readonly element = make("section", { class: "runs", "aria-label": "runs" });
  private readonly list = make("div", { class: "runs-list", role: "toolbar", "aria-label": "runs" });
  private readonly what = make("span", { class: "runs-what" });
  private readonly tools: RunTools;
  private readonly rows = new Map<number, Row>();
  /** The rows in sight, as nobody reads those scrolled out of the list. */
  private readonly seen = new Set<Element>();
  private readonly sight: IntersectionObserver;
  private order = "";
  /** The entry that Tab goes to; the arrows move it. */
  private active = 0;

  constructor(private readonly scene: Scene, private readonly signal: AbortSignal) {
    this.tools = new RunTools(scene, signal, (knobs) => this.changed(knobs));
    this.element.append(this.tools.element, this.what, this.list);
    this.list.addEventListener("keydown", (event) => this.key(event), { signal });
    this.list.addEventListener("pointerleave", () => this.look(null), { signal });
    this.sight = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) this.seen[isIntersecting ? "add" : "delete"](target);
      scene.request();
    }, { root: this.list, rootMargin: "48px" });
    signal.addEventListener("abort", () => this.sight.disconnect(), { once: true });
  }

  draw(readings: Readings): void {
    const { runs } = this.scene;
    hide(!namesRuns(this.scene), this.element);
    if (this.element.hidden) return;
    this.element.classList.toggle("is-list", runs.many);
    this.tools.draw();
    const listed = runs.entries.filter(({ found, pinned }) => found || pinned);
    const entries = [...listed.filter(({ pinned }) => pinned), ...listed.filter(({ pinned }) => !pinned)];
    this.arrange(entries);
    if (!entries.some(({ index }) => index === this.active)) this.active = entries[0]?.index ?? 0;
    for (const entry of entries) this.fill(this.rows.get(entry.index)!, entry, readings);
    hide(!runs.many, this.what);
    setText(this.what, entries.length ? readings.title : "no run has such a name");
  }

  private arrange(entries: readonly Entry[]): void {
    const order = entries.map(({ index }) => index).join();
    if (order === this.order) return;
    this.order = order;
    for (const { index } of entries) if (!this.rows.has(index)) this.rows.set(index, this.make(index));
    for (const [index, { element }] of this.rows) {
      if (entries.some((entry) => entry.index === index)) continue;
      element.remove();
      this.sight.unobserve(element);
      this.seen.delete(element);
      this.rows.delete(index);
    }
    entries.forEach(({ index }, i) => {
      const { element } = this.rows.get(index)!;
      if (this.list.children[i] !== element) this.list.insertBefore(element, this.list.children[i] ?? null);
    });
  }

  private make(index: number): Row {
    const [svg, swatch] = makeSwatch();
    const label = make("span", { class: "run-label" });
    const value = make("span", { class: "run-value" });
    const name = make("button", { class: "run-name", type: "button", "aria-keyshortcuts": "Alt+Enter P" }, svg, label, value);
    const only = make("button", { class: "run-only", type: "button", tabindex: "-1", title: "Show nothing else; again: everything" }, "only");
    const pin = make("button", { class: "run-pin", type: "button", tabindex: "-1" }, "\u2605");
    const element = make("div", { class: "run" }, name, only, pin);
    const on = (target: HTMLElement, act: (event: MouseEvent) => void): void => target.addEventListener("click", act, { signal: this.signal });
    on(name, (event) => this.choose(index, event.altKey ? "solo" : "toggle"));
    on(only, () => this.choose(index, "solo"));
    on(pin, () => this.choose(index, "pin"));
    element.addEventListener("pointerenter", () => this.look(index), { signal: this.signal });
    name.addEventListener("focus", () => {
      this.active = index;
      if (name.matches(":focus-visible")) this.look(index);
    }, { signal: this.signal });
    name.addEventListener("blur", () => this.look(null), { signal: this.signal });
    this.sight.observe(element);
    return { element, name, label, value, swatch, pin, entry: null, reading: "", state: "" };
  }

  private fill(row: Row, entry: Entry, { values }: Readings): void {
    const { runs, theme } = this.scene;
    const { element, name, label, value, swatch, pin } = row;
    if (!runs.many || !entry.shown) row.reading = "";
    else if (row.reading === "" || this.seen.has(element)) row.reading = values.get(entry.index) ?? "\u2013";
    const color = theme.family(entry.index);
    const state = [row.reading, color, this.active === entry.index, runs.focus === entry.index].join("|");
    if (entry === row.entry && state === row.state) return;
    [row.entry, row.state] = [entry, state];
    if (element.dataset.color !== color) {
      element.dataset.color = color;
      element.style.setProperty("--series", color);
    }
    paintSwatch(swatch, cycleDash(entry.index));
    setText(label, entry.name);
    setText(value, row.reading);
    setAttribute(name, "aria-pressed", String(entry.shown));
    setAttribute(name, "tabindex", entry.index === this.active ? "0" : "-1");
    const several = runs.grouped && entry.members.length > 1 ? ` (mean of ${entry.members.length} runs)` : "";
    setAttribute(name, "title", `${entry.name}${several}\nclick: ${entry.shown ? "hide" : "show"} \u00b7 Alt+click: only this \u00b7 P: pin`);
    setAttribute(pin, "aria-pressed", String(entry.pinned));
    setAttribute(pin, "aria-label", `pin ${entry.name}`);
    setAttribute(pin, "title", entry.pinned ? "Pinned: at the top, and shown whatever is searched" : "Pin to the top");
    element.classList.toggle("is-focus", runs.focus === entry.index);
  }

  private look(index: number | null): void {
    if (this.scene.runs.pointed === index) return;
    this.scene.runs.pointed = index;
    this.scene.request();
  }

  private choose(index: number, what: "toggle" | "solo" | "pin"): void {
    const { runs } = this.scene;
    const entry = runs.entries.find((each) => each.index === index);
    if (entry) this.changed(runs[what](entry));
  }

  private changed(knobs: readonly string[]): void {
    for (const knob of knobs) this.scene.keep?.(knob);
    this.scene.request();
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" && event.altKey) this.choose(this.active, "solo");
    else if (event.key.toLowerCase() === "p" && !event.altKey) this.choose(this.active, "pin");
    else if (!this.move(KEYS[event.key])) return;
    // Notebooks have shortcuts of one letter, and move between cells by arrows.
    event.preventDefault();
    event.stopPropagation();
  }

  private move(by: number | undefined): boolean {
    if (by === undefined) return false;
    const order = this.order.split(",").map(Number);
    const at = Math.max(0, Math.min(order.length - 1, order.indexOf(this.active) + by));
    this.active = order[at];
    this.rows.get(this.active)?.name.focus();
    return true;
  }
}
