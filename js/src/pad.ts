import { make, setAttribute, setText } from "./dom";
import { toStep, type Plot } from "./line";
import type { Scalars, Scene } from "./model";
import { loggedStep } from "./survey";
import { Tooltip } from "./tooltip";
import type { Shared } from "./chart";

const DIRECTION: Readonly<Record<string, -1 | 1>> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };

/** The part of a chart that is pointed at, dragged along and stepped through with the keys. */
export class Pad {
  readonly lines = make("canvas");
  readonly overlay = make("canvas");
  readonly tooltip = new Tooltip();
  readonly element: HTMLElement;
  plot: Plot | null = null;
  series: readonly Scalars[] = [];
  private readonly said = make("output", { class: "only-heard", "aria-live": "polite" });
  private words = "";
  private speak = false;

  constructor(
    private readonly scene: Scene, private readonly shared: Pick<Shared, "hover">,
    private readonly chart: string, signal: AbortSignal,
  ) {
    const attributes = { class: "plot", tabindex: "0", role: "group", "aria-roledescription": "line chart", "aria-label": chart };
    this.element = make("div", attributes, this.lines, this.overlay, this.tooltip.element, this.said);
    const listen = <K extends keyof HTMLElementEventMap>(name: K, listener: (event: HTMLElementEventMap[K]) => void): void =>
      this.element.addEventListener(name, listener, { signal });
    listen("pointermove", (event) => this.move(event));
    listen("pointerdown", (event) => this.press(event));
    listen("pointerleave", () => this.leave());
    listen("pointercancel", () => this.leave());
    listen("dblclick", () => scene.cursor.set(null));
    listen("keydown", (event) => this.key(event));
  }

  /** Says in words what the chart shows; aloud only after a key, for who holds the keys may not see it. */
  describe(words: string): void {
    if (words === this.words) return;
    this.words = words;
    setAttribute(this.element, "aria-label", words);
    if (this.speak) setText(this.said, words);
    this.speak = false;
  }

  private stepAt(event: PointerEvent): number | null {
    if (!this.plot) return null;
    const { left } = this.element.getBoundingClientRect();
    return loggedStep(this.series, toStep(this.plot, event.clientX - left), 0);
  }

  private move(event: PointerEvent): void {
    const step = this.stepAt(event);
    if (step === null) return this.leave();
    if (this.element.hasPointerCapture(event.pointerId)) this.scene.cursor.set(step);
    const { hover } = this.shared;
    if (hover?.step === step && hover.chart === this.chart) return;
    this.shared.hover = { step, chart: this.chart };
    this.scene.request();
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0 || event.detail > 1) return;
    const step = this.stepAt(event);
    if (step === null) return;
    this.element.setPointerCapture(event.pointerId);
    this.scene.cursor.set(step);
    this.scene.request();
  }

  private leave(): void {
    if (this.shared.hover?.chart !== this.chart) return;
    this.shared.hover = null;
    this.scene.request();
  }

  private key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const to = this.stepFor(event.key);
    if (to === undefined) return;
    // Notebooks move between cells with the same keys.
    event.preventDefault();
    event.stopPropagation();
    this.speak = true;
    this.scene.cursor.set(to);
    this.scene.request();
  }

  /** Where a key takes the cursor; undefined for keys that are not ours. */
  private stepFor(key: string): number | null | undefined {
    if (key === "Escape") return null;
    if (key === "Home") return loggedStep(this.series, -Infinity, 1) ?? undefined;
    if (key === "End") return this.last() ?? undefined;
    const direction = DIRECTION[key];
    if (!direction) return undefined;
    const from = this.scene.cursor.step ?? this.last();
    return from === null ? undefined : loggedStep(this.series, from, direction) ?? undefined;
  }

  private last(): number | null {
    return loggedStep(this.series, Infinity, -1);
  }
}
