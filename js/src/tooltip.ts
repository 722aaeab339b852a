import { make } from "./dom";

export interface TooltipRow {
  readonly color: string;
  readonly label: string;
  readonly value: string;
  readonly smoothed: string;
}

export interface TooltipState {
  readonly heading: string;
  readonly note: string;
  readonly rows: readonly TooltipRow[];
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

  private fill({ heading, note, rows }: TooltipState): void {
    const smoothed = rows.some((row) => row.smoothed !== "");
    const cells = rows.flatMap((row) => {
      const dot = make("span", { class: "tooltip-dot" });
      dot.style.background = row.color;
      const cells = [make("span", { class: "tooltip-label" }, dot, row.label), make("span", { class: "tooltip-value" }, row.value)];
      return smoothed ? [...cells, make("span", { class: "tooltip-smoothed" }, row.smoothed)] : cells;
    });
    const heads = ["", "logged", "smoothed"].map((text) => make("span", { class: "tooltip-head" }, text));
    const grid = make("div", { class: smoothed ? "tooltip-grid has-smoothed" : "tooltip-grid" }, ...(smoothed ? heads : []), ...cells);
    this.element.replaceChildren(make("div", { class: "tooltip-step" }, make("b", {}, heading), make("span", {}, note)), grid);
  }
}
