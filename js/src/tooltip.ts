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
const TOP = 12;

/** Shows an element over everything, as nothing that surrounds a view can cut it off there, or hides it. */
export function float(element: HTMLElement, on: boolean): void {
  if (element.matches(":popover-open") !== on) element.togglePopover(on);
}

/** Moves what floats, in CSS pixels of the window. */
export function moveTo(element: HTMLElement, x: number, y: number): void {
  element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
}

/** Says exactly what lies under the pointer, beside it and never over it. */
export class Tooltip {
  readonly element = make("div", { class: "tooltip", popover: "manual" });
  private shown = "";

  hide(): void {
    float(this.element, false);
  }

  /** `left` and `right` span what must stay uncovered, in a plot `width` wide; all in CSS pixels. */
  show(state: TooltipState, left: number, right: number, width: number): void {
    const text = JSON.stringify(state);
    if (text !== this.shown) {
      this.shown = text;
      this.fill(state);
    }
    float(this.element, true);
    const plot = this.element.parentElement!.getBoundingClientRect();
    const { offsetWidth: own, offsetHeight: height } = this.element;
    const [before, after] = [plot.left + left - GAP - own, plot.left + right + GAP];
    const beside = after + own <= plot.left + width ? after : before >= plot.left ? before
      : after + own <= innerWidth ? after : before >= 0 ? before : null;
    if (beside !== null) return moveTo(this.element, beside, Math.max(0, Math.min(plot.top + TOP, innerHeight - height)));
    const middle = plot.left + (left + right - own) / 2;
    const below = plot.bottom + height <= innerHeight;
    moveTo(this.element, Math.max(0, Math.min(innerWidth - own, middle)), below ? plot.bottom : plot.top - height);
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
