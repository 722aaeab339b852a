import { make } from "./dom";

export interface TooltipRow {
  readonly color: string;
  readonly label: string;
  readonly value: string;
  readonly slope?: string;
}

export interface TooltipState {
  readonly heading: string;
  readonly note: string;
  /** What the values are, where the chart shows something else as well. */
  readonly kind: string;
  /** What slopes are told per; empty where there are none. */
  readonly per?: string;
  readonly rows: readonly TooltipRow[];
  /** How many more there are, where there are too many to show. */
  readonly more?: string;
  /** What was noted there. */
  readonly mark?: string;
}

const GAP = 14;

/** Says exactly what lies under the pointer, beside it and never over it. */
export class Tooltip {
  readonly element = make("div", { class: "tooltip", hidden: "" });
  private shown = "";

  hide(): void {
    this.element.hidden = true;
  }

  /** `left` and `right` span what must stay uncovered, in a plot `width` wide; all in CSS pixels. */
  show(state: TooltipState, left: number, right: number, width: number): void {
    const text = JSON.stringify(state);
    if (text !== this.shown) {
      this.shown = text;
      this.fill(state);
    }
    this.element.hidden = false;
    const own = this.element.offsetWidth;
    const [after, before] = [right + GAP, left - GAP - own];
    const beside = after + own <= width ? after : before >= 0 ? before : null;
    this.element.classList.toggle("is-below", beside === null);
    const at = beside ?? Math.max(0, Math.min(width - own, (left + right - own) / 2));
    this.element.style.transform = `translateX(${Math.round(at)}px)`;
  }

  private fill({ heading, note, kind, per, rows, more, mark }: TooltipState): void {
    const cells = rows.flatMap(({ color, label, value, slope }) => {
      const dot = make("span", { class: "tooltip-dot" });
      dot.style.background = color;
      return [make("span", { class: "tooltip-label" }, dot, label), make("span", { class: "tooltip-value" }, value),
        ...(per ? [make("span", { class: "tooltip-slope" }, slope ?? "")] : [])];
    });
    const head = (text: string): HTMLElement => make("span", { class: "tooltip-head" }, text);
    const heads = kind || per ? [make("span"), head(kind), ...(per ? [head(per)] : [])] : [];
    this.element.replaceChildren(
      make("div", { class: "tooltip-step" }, make("b", {}, heading), make("span", {}, note)),
      ...(mark ? [make("div", { class: "tooltip-mark" }, mark)] : []),
      make("div", { class: per ? "tooltip-grid has-slopes" : "tooltip-grid" }, ...heads, ...cells),
      ...(more ? [make("div", { class: "tooltip-more" }, more)] : []),
    );
  }
}
