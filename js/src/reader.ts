/** What the views of layers have in common: they are pointed at, dragged along, stepped through with keys and heard. */

import { setAttribute } from "./dom";
import type { Scene } from "./model";
import { watchSize } from "./sizes";

/** A layer, by its place in the list, and a step. */
export interface Spot {
  readonly row: number;
  readonly step: number;
}

export interface Reading {
  /** What lies under the pointer. */
  locate(event: PointerEvent): Spot | null;
  /** A spot was pressed, or dragged to. */
  choose(spot: Spot, dragging: boolean): void;
  /** Does what a key asks for; false where it is none of ours. */
  key(name: string): boolean;
  resized(width: number): void;
}

export class Reader {
  hover: Spot | null = null;
  private words = "";
  private speak = false;

  constructor(
    private readonly scene: Scene, private readonly element: HTMLElement,
    private readonly reading: Reading, signal: AbortSignal,
  ) {
    watchSize(element, (width) => {
      reading.resized(Math.floor(width));
      scene.request();
    }, signal);
    const on = <K extends keyof HTMLElementEventMap>(name: K, listener: (event: HTMLElementEventMap[K]) => void): void =>
      element.addEventListener(name, listener, { signal });
    on("pointermove", (event) => this.move(event));
    on("pointerdown", (event) => this.press(event));
    on("pointerleave", () => this.point(null));
    on("pointercancel", () => this.point(null));
    on("scroll", () => scene.request());
    on("dblclick", () => scene.cursor.set(null));
    on("keydown", (event) => this.key(event));
  }

  /** Says in words what is shown; aloud only after a key, for who holds the keys may not see it. */
  say(words: string): void {
    if (words === this.words) return;
    this.words = words;
    setAttribute(this.element, "aria-label", words);
    if (this.speak) this.scene.say(words);
    this.speak = false;
  }

  private point(hover: Spot | null): void {
    if (hover?.row === this.hover?.row && hover?.step === this.hover?.step) return;
    this.hover = hover;
    this.scene.request();
  }

  private move(event: PointerEvent): void {
    const spot = this.reading.locate(event);
    this.point(spot);
    if (spot && this.element.hasPointerCapture(event.pointerId)) this.reading.choose(spot, true);
  }

  private press(event: PointerEvent): void {
    const spot = this.reading.locate(event);
    if (!spot || event.button !== 0 || event.detail > 1) return;
    this.element.setPointerCapture(event.pointerId);
    this.reading.choose(spot, false);
  }

  private key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (!this.reading.key(event.key)) return;
    this.speak = true;
    // Notebooks move between cells with the same keys.
    event.preventDefault();
    event.stopPropagation();
    this.scene.request();
  }
}
