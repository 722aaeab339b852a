import { formatStep } from "./axes";
import { hide, make, setAttribute, setText } from "./dom";

export interface LegendItem {
  readonly key: string;
  readonly label: string;
  /** What this item and those after it have in common, where a legend above says the rest. */
  readonly lead?: string;
  /** Read aloud where there is no label. */
  readonly name: string;
  readonly color: string;
  readonly dash: readonly number[];
  readonly value: string;
  /** Said of the value on demand, such as what was logged where the line is smoothed. */
  readonly note: string;
  readonly finite: boolean;
  readonly hidden: boolean;
}

export interface Best {
  readonly key: string;
  readonly text: string;
  readonly step: number;
  readonly whose: string;
}

export interface LegendState {
  readonly items: readonly LegendItem[];
  readonly best: Best | null;
  readonly badge: { readonly text: string; readonly title: string } | null;
  /** Characters that the widest value takes. */
  readonly width: number;
  /** Whether the items change with every movement of a hand: then each takes the place of the one before. */
  readonly passing?: boolean;
}

interface Entry {
  /** The item that it shows. */
  key: string;
  readonly button: HTMLButtonElement;
  /** Begins a line of the title line, where that has several. */
  readonly rest: HTMLElement;
  readonly lead: HTMLElement;
  readonly swatch: SVGLineElement;
  readonly label: HTMLElement;
  readonly value: HTMLElement;
}

/** Values without names that a line has room for. */
const MOST_BRIEF = 4;
const SVG = "http://www.w3.org/2000/svg";

/** A swatch is short: dashes are drawn at some five eighths of their size, dots as they are. */
function swatchDash(dash: readonly number[]): string {
  return dash[0] < 2 ? "1 4" : dash.map((length) => Math.max(1, 0.6 * length + 0.5)).join(" ");
}

export function makeSwatch(): [SVGSVGElement, SVGLineElement] {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "line");
  for (const [name, value] of [["width", "22"], ["height", "10"], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
  for (const [name, value] of [["x1", "1"], ["x2", "21"], ["y1", "5"], ["y2", "5"]]) line.setAttribute(name, value);
  svg.append(line);
  return [svg, line];
}

export function paintSwatch(swatch: SVGLineElement, dash: readonly number[]): void {
  setAttribute(swatch, "stroke-dasharray", dash.length ? swatchDash(dash) : "none");
  setAttribute(swatch, "stroke-linecap", dash.length && dash[0] < 2 ? "round" : "butt");
}

/** The title line of a chart: it names the lines, reads their values and hides them on a click. */
export class Legend {
  readonly element: HTMLElement;
  private readonly items = make("span", { class: "legend-items" });
  private readonly best = make("span", { class: "legend-best" });
  private readonly bestText = [make("b"), make("span"), make("span", { class: "legend-whose" })];
  private readonly badge = make("span", { class: "legend-badge", hidden: "" });
  private readonly entries = new Map<string, Entry>();

  constructor(title: string, private readonly toggle: (key: string) => void, private readonly signal: AbortSignal) {
    this.best.append("best ", ...this.bestText);
    hide(true, this.best);
    const name = make("h3", { class: "legend-title", title }, title);
    this.element = make("div", { class: "legend" }, name, this.items, make("span", { class: "legend-end" }, this.best, this.badge));
  }

  update({ items, best, badge, width, passing = false }: LegendState): void {
    this.element.classList.toggle("is-long", items.length > (items[0]?.label ? 3 : MOST_BRIEF));
    // Letters are narrower than digits.
    const lead = `${0.86 * Math.max(0, ...items.map((item) => item.lead?.length ?? 0))}ch`;
    if (this.items.style.getPropertyValue("--lead") !== lead) this.items.style.setProperty("--lead", lead);
    const names = items.map(({ key }, i) => (passing ? String(i) : key));
    const children = items.flatMap((item, i) => {
      const entry = this.entries.get(names[i]) ?? this.add(names[i]);
      entry.key = item.key;
      this.updateEntry(entry, item, width);
      return [...(item.lead && i > 0 ? [entry.rest] : []), ...(item.lead ? [entry.lead] : []), entry.button];
    });
    children.forEach((child, i) => {
      if (this.items.children[i] !== child) this.items.insertBefore(child, this.items.children[i] ?? null);
    });
    while (this.items.children.length > children.length) this.items.lastElementChild!.remove();
    for (const name of this.entries.keys()) if (!names.includes(name)) this.entries.delete(name);
    hide(best === null, this.best);
    if (best) {
      setText(this.bestText[0], best.text);
      setText(this.bestText[1], ` at ${formatStep(best.step)}`);
      setText(this.bestText[2], best.whose && ` · ${best.whose}`);
    }
    hide(badge === null, this.badge);
    if (badge) {
      setText(this.badge, badge.text);
      setAttribute(this.badge, "title", badge.title);
      setAttribute(this.badge, "aria-label", badge.title);
    }
  }

  private add(name: string): Entry {
    const [svg, swatch] = makeSwatch();
    const lead = make("span", { class: "legend-lead" });
    const label = make("span", { class: "legend-label" });
    const value = make("span", { class: "legend-value" });
    const button = make("button", { class: "legend-item", type: "button" }, svg, label, value);
    const entry = { key: name, button, rest: make("span", { class: "legend-rest" }), lead, swatch, label, value };
    button.addEventListener("click", () => this.toggle(entry.key), { signal: this.signal });
    this.entries.set(name, entry);
    return entry;
  }

  private updateEntry({ button, lead, swatch, label, value }: Entry, item: LegendItem, width: number): void {
    setAttribute(button, "aria-pressed", String(!item.hidden));
    setAttribute(button, "title", `${item.name}: click to ${item.hidden ? "show" : "hide"}${item.note && `\n${item.note}`}`);
    if (!item.label) setAttribute(button, "aria-label", `${item.name} ${item.value}`);
    else button.removeAttribute("aria-label");
    if (button.style.color !== item.color && button.dataset.color !== item.color) {
      button.dataset.color = item.color;
      button.style.setProperty("--series", item.color);
    }
    paintSwatch(swatch, item.dash);
    setText(lead, item.lead ?? "");
    hide(item.label === "", label);
    setText(label, item.label);
    // A line without a label would leave nothing but its swatch to click on.
    setText(value, item.hidden ? "hidden" : item.value);
    hide(item.hidden && item.label !== "", value);
    value.classList.toggle("is-broken", !item.finite && !item.hidden);
    const room = `${width}ch`;
    if (value.style.minWidth !== room) value.style.minWidth = room;
  }
}
