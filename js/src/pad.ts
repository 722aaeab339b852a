import type { Horizontal } from "./horizontal";
import { Gestures } from "./gestures";
import { hide, make, setAttribute, setText } from "./dom";
import { nextMark } from "./marks";
import { bottomOf, fromX, type Plot } from "./line";
import type { Scene } from "./model";
import type { Drawn } from "./drawn";
import { setLimits, toggleLogY } from "./reading";
import { nearestStep } from "./nearest";
import { loggedStep } from "./survey";
import type { Unseen } from "./vertical";
import { formatStep } from "./axes";
import { Tooltip } from "./tooltip";
import type { Shared } from "./shared";

const DIRECTION: Readonly<Record<string, -1 | 1>> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
/** Two presses within this time may be a double-click. */
const DOUBLE_MS = 600;
const ZOOM = "Drag to zoom; also Shift + drag, Ctrl or \u2318 + wheel, a pinch, and + \u2212 0";
const PAN = "Drag to move along; Shift + drag, Ctrl or \u2318 + wheel, + and \u2212 zoom; double-click, Escape or 0 for all";
const LIMITS = "Drag to choose what the axis spans; double-click to fit it to the lines";

/** The part of a chart that is pointed at, dragged along and stepped through with the keys. */
export class Pad {
  readonly lines = make("canvas");
  readonly overlay = make("canvas");
  readonly tooltip = new Tooltip();
  readonly gestures: Gestures;
  readonly element: HTMLElement;
  plot: Plot | null = null;
  all: readonly Drawn[] = [];
  /** The coordinate of the cursor, where there is one. */
  cursor: number | null = null;
  marks: readonly number[] = [];
  private readonly below = make("div", { class: "axis-steps", "aria-hidden": "true" });
  private readonly beside = make("div", { class: "axis-values", "aria-hidden": "true", title: LIMITS });
  private readonly log = make("button", { class: "axis-log", type: "button" }, "log");
  /** What the chart cannot show, for its title line. */
  readonly note = make("span", { class: "legend-unseen", hidden: "" });
  private words = "";
  private speak = false;
  /** Where the cursor was before the press, the first of two, and when that was. */
  private before: number | null = null;
  private pressed = -Infinity;

  constructor(
    private readonly scene: Scene, private readonly shared: Pick<Shared, "hover"> & { readonly horizontal: Horizontal },
    private readonly chart: string, signal: AbortSignal,
  ) {
    // A screen reader keeps the arrow keys for itself, except in an application.
    const attributes = { class: "plot", tabindex: "0", role: "application", "aria-roledescription": "line chart", "aria-label": chart };
    this.element = make(
      "div", attributes, this.lines, this.overlay, this.below, this.beside, this.log, this.tooltip.element,
    );
    this.gestures = new Gestures(scene, shared.horizontal, chart, this.element, () => this.plot, signal);
    const listen = <K extends keyof HTMLElementEventMap>(name: K, listener: (event: HTMLElementEventMap[K]) => void): void =>
      this.element.addEventListener(name, listener, { signal });
    listen("pointermove", (event) => this.move(event));
    listen("pointerdown", (event) => this.press(event));
    listen("pointerleave", () => this.leave());
    listen("pointercancel", () => this.leave());
    listen("dblclick", (event) => this.back(event));
    listen("keydown", (event) => this.key(event));
    this.log.addEventListener("click", () => toggleLogY(scene, chart), { signal });
    for (const name of ["pointerdown", "dblclick", "keydown"] as const) {
      this.log.addEventListener(name, (event) => event.stopPropagation(), { signal });
    }
  }

  /** Says in words what the chart shows; aloud only after a key, for who holds the keys may not see it. */
  describe(words: string): void {
    if (words === this.words) return;
    this.words = words;
    setAttribute(this.element, "aria-label", words);
    if (this.speak) this.scene.say(words);
    this.speak = false;
  }

  /** Brings what stands beside the axes up to date. */
  dress(unseen: readonly Unseen[], log: boolean): void {
    const zoomed = this.scene.zoom !== null;
    setAttribute(this.below, "title", zoomed ? PAN : ZOOM);
    this.below.classList.toggle("is-zoomed", zoomed);
    setAttribute(this.log, "aria-pressed", String(log));
    setAttribute(this.log, "title", `Values of ${this.chart} on a ${log ? "linear" : "logarithmic"} axis`);
    setAttribute(this.log, "aria-label", `logarithmic values of ${this.chart}`);
    hide(unseen.length === 0, this.note);
    setText(this.note, unseen.map(({ count, brief }) => `${formatStep(count)} ${brief}`).join(" \u00b7 "));
    const full = unseen.map((each) => each.full).join(", ");
    setAttribute(this.note, "title", full);
    setAttribute(this.note, "aria-label", full);
  }

  private at(event: MouseEvent): readonly [number, number] {
    const { left, top } = this.element.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  private stepAt(event: MouseEvent): number | null {
    return this.plot && nearestStep(this.shared.horizontal, this.all, fromX(this.plot, this.at(event)[0]));
  }

  private onAxis(event: PointerEvent): boolean {
    const [x, y] = this.at(event);
    return this.plot !== null && (x < this.plot.left - 4 || y > bottomOf(this.plot) + 2);
  }

  private move(event: PointerEvent): void {
    if (this.gestures.move(event)) return this.leave();
    const scrubbing = this.element.hasPointerCapture(event.pointerId);
    const step = !scrubbing && this.onAxis(event) ? null : this.stepAt(event);
    if (step === null) return this.leave();
    if (scrubbing) this.scene.cursor.set(step);
    this.shared.hover = { step, chart: this.chart, y: this.at(event)[1] };
    this.scene.request();
  }

  private press(event: PointerEvent): void {
    if (this.gestures.begin(event)) return event.shiftKey ? event.preventDefault() : undefined;
    if (event.button !== 0) return;
    const step = this.stepAt(event);
    if (step === null) return;
    if (event.timeStamp - this.pressed > DOUBLE_MS) this.before = this.scene.cursor.step;
    this.pressed = event.timeStamp;
    this.element.setPointerCapture(event.pointerId);
    this.scene.cursor.set(step);
    this.scene.request();
  }

  /** The way back: to all values, to all steps, or to the latest one. */
  private back(event: MouseEvent): void {
    if (this.plot && this.at(event)[0] < this.plot.left - 4) return setLimits(this.scene, this.chart, null);
    if (!this.scene.zoom) return this.scene.cursor.set(null);
    // The click before was but the first half of this one.
    if (this.at(event)[1] <= bottomOf(this.plot!) + 2) this.scene.cursor.set(this.before);
    this.shared.horizontal.reset(this.scene);
  }

  private leave(): void {
    if (this.shared.hover?.chart !== this.chart) return;
    this.shared.hover = null;
    this.scene.request();
  }

  private key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const zoomed = this.gestures.key(event, this.cursor);
    const to = zoomed ? undefined : this.stepFor(event.key);
    if (to === undefined && !zoomed) return;
    // Notebooks move between cells with the same keys.
    event.preventDefault();
    event.stopPropagation();
    this.speak = true;
    if (to !== undefined) this.scene.cursor.set(to);
    this.scene.request();
  }

  /** Where a key takes the cursor; undefined for keys that are not ours. */
  private stepFor(key: string): number | null | undefined {
    const series = this.all.flatMap(({ line, past }) => (past ? [line.series, past.series] : [line.series]));
    const last = loggedStep(series, Infinity, -1);
    if (key === "Escape") return null;
    if (key === "Home") return loggedStep(series, -Infinity, 1) ?? undefined;
    if (key === "End") return last ?? undefined;
    if (key === "m" || key === "M") return nextMark(this.marks, this.scene.cursor.step, key === "m");
    const direction = DIRECTION[key];
    if (!direction) return undefined;
    const from = this.scene.cursor.step ?? last;
    return from === null ? undefined : loggedStep(series, from, direction) ?? undefined;
  }
}
