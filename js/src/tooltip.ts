import { make, ordered } from "./dom";

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
  private shape = "";
  private texts: Text[] = [];
  private rows: { readonly dot: HTMLElement; readonly texts: readonly Text[] }[] = [];

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

  private fill(state: TooltipState): void {
    const { per = "", kind, rows, more, mark } = state;
    const shape = [rows.length, per !== "", kind !== "", Boolean(more), Boolean(mark)].join();
    if (shape !== this.shape) this.build(state);
    this.shape = shape;
    const words = [state.heading, state.note, mark, kind, per, more];
    this.texts.forEach((text, i) => write(text, words[i] ?? ""));
    rows.forEach(({ color, label, value, slope = "" }, i) => {
      const { dot, texts } = this.rows[i];
      if (dot.dataset.color !== color) dot.style.background = dot.dataset.color = color;
      [label, value, slope].forEach((word, at) => write(texts[at], word));
    });
  }

  /** Elements for what is then written into them, again and again: made anew they would be laid out anew. */
  private build({ kind, per, rows, more, mark }: TooltipState): void {
    const [heading, note, marked, kinds, pers, mores] = (this.texts = Array.from({ length: 6 }, () => new Text()));
    this.rows = rows.map(() => ({ dot: make("span", { class: "tooltip-dot" }), texts: [new Text(), new Text(), new Text()] }));
    const cells = this.rows.flatMap(({ dot, texts: [label, value, slope] }) => [
      make("span", { class: "tooltip-label" }, dot, label), make("span", { class: "tooltip-value" }, value),
      ...(per ? [make("span", { class: "tooltip-slope" }, slope)] : []),
    ]);
    const head = (text: Text): HTMLElement => make("span", { class: "tooltip-head" }, text);
    const heads = kind || per ? [make("span"), head(kinds), ...(per ? [head(pers)] : [])] : [];
    this.element.replaceChildren(
      make("div", { class: "tooltip-step" }, make("b", {}, heading), make("span", {}, note)),
      ...(mark ? [make("div", { class: "tooltip-mark" }, marked)] : []),
      make("div", { class: per ? "tooltip-grid has-slopes" : "tooltip-grid" }, ...heads, ...cells),
      ...(more ? [make("div", { class: "tooltip-more" }, mores)] : []),
    );
  }
}

function write(text: Text, words: string): void {
  const shown = ordered(words);
  if (text.data !== shown) text.data = shown;
}
