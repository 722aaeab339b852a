/** Pointer and keys of the ridge panel: what they read, open, fold, seek and brush. */

import type { Column } from "./gutter";
import type { Row } from "./rows";

export interface Place {
  /** Row, or capture where a layer is open. */
  readonly row: number;
  /** Display bin; -1 beside the axis, where there may be a column. */
  readonly bin: number;
  readonly column: Column | null;
  /** Whether it is where the steps are written. */
  readonly beside: boolean;
  readonly x: number;
  readonly y: number;
}

/** What the panel lets its pointer and keys do. */
export interface Target {
  readonly viewport: HTMLElement;
  /** `held` keeps a drag on its row and its axis. */
  locate(event: MouseEvent, held: Place | null): Place | null;
  isOpen(): boolean;
  rows(): readonly Row[];
  /** Captures of the layer that is open, and which of them is at the cursor. */
  captures(): { readonly count: number; readonly index: number };
  bins(): number;
  active(): number;
  read(place: Place | null, byKey: boolean): void;
  seek(index: number): void;
  activate(row: number): void;
  openRow(row: Row): void;
  toggle(row: Row): void;
  brush(from: Place, to: Place, done: boolean): void;
  /** false where there was nothing to clear, or no layer to close. */
  escape(): boolean;
}

/** A pointer that moves less than this has clicked. */
const SLACK = 5;

export class RidgeInput {
  private pressed: Place | null = null;
  private brushing = false;
  /** Where the keys read, and where the brush of the keys began. */
  private at: Place | null = null;
  private anchor: Place | null = null;

  constructor(private readonly target: Target, signal: AbortSignal) {
    const { viewport } = target;
    const listen = <K extends keyof HTMLElementEventMap>(name: K, listener: (event: HTMLElementEventMap[K]) => void): void =>
      viewport.addEventListener(name, listener, { signal });
    listen("pointermove", (event) => this.move(event));
    listen("pointerdown", (event) => this.press(event));
    listen("pointerup", (event) => this.release(event));
    listen("pointercancel", () => this.drop());
    listen("pointerleave", () => this.pressed ?? target.read(null, false));
    listen("keydown", (event) => this.key(event));
    listen("blur", () => {
      this.drop();
      target.activate(-1);
    });
  }

  private drop(): void {
    [this.pressed, this.brushing, this.at, this.anchor] = [null, false, null, null];
    this.target.read(null, false);
  }

  private move(event: PointerEvent): void {
    const { target, pressed } = this;
    const place = target.locate(event, pressed);
    if (pressed && place) {
      if (pressed.beside) target.seek(place.row);
      else if (this.brushing || Math.hypot(place.x - pressed.x, place.y - pressed.y) > SLACK) this.drag(event, pressed, place);
    }
    target.read(place, false);
  }

  private drag(event: PointerEvent, from: Place, to: Place): void {
    if (!this.brushing) this.target.viewport.setPointerCapture(event.pointerId);
    this.brushing = true;
    this.target.brush(from, to, false);
  }

  private press(event: PointerEvent): void {
    const place = event.button === 0 ? this.target.locate(event, null) : null;
    if (!place) return;
    this.pressed = place;
    if (!place.beside) return;
    this.target.viewport.setPointerCapture(event.pointerId);
    this.target.seek(place.row);
  }

  private release(event: PointerEvent): void {
    const { target, pressed, brushing } = this;
    [this.pressed, this.brushing] = [null, false];
    const place = pressed && target.locate(event, pressed);
    if (!pressed || !place || pressed.beside) return;
    if (brushing) target.brush(pressed, place, true);
    else if (target.isOpen()) target.seek(place.row);
    else this.enter(target.rows()[place.row]);
  }

  private enter(row: Row | undefined): void {
    if (row?.group) this.target.toggle(row);
    else if (row) this.target.openRow(row);
  }

  private key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { key } = event;
    const done = key === "Escape" ? this.escape() : key === "Enter" || key === " " ? this.enterActive() : this.walk(key, event.shiftKey);
    if (!done) return;
    event.preventDefault();
    // Notebooks move between cells with the same keys.
    event.stopPropagation();
  }

  private escape(): boolean {
    [this.at, this.anchor] = [null, null];
    return this.target.escape();
  }

  private enterActive(): boolean {
    const row = this.target.isOpen() ? undefined : this.target.rows()[this.target.active()];
    this.enter(row);
    return row !== undefined;
  }

  private walk(key: string, extend: boolean): boolean {
    const across = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (across) return this.across(across, extend);
    const by = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity }[key];
    if (by === undefined) return false;
    const { target } = this;
    if (!target.isOpen()) {
      this.anchor = null;
      const to = Math.min(target.rows().length - 1, Math.max(0, target.active() + by));
      target.activate(to);
      this.readAt(to);
      return true;
    }
    const { count, index } = target.captures();
    const to = Math.min(count - 1, Math.max(0, index + by));
    if (extend) this.extend({ ...this.from(index), row: to });
    else this.anchor = null;
    target.seek(to);
    this.readAt(to);
    return true;
  }

  /** Folds and unfolds a heading; elsewhere reads the next bin. */
  private across(by: number, extend: boolean): boolean {
    const { target } = this;
    const row = target.isOpen() ? target.captures().index : target.active();
    const heading = target.isOpen() ? undefined : target.rows()[row];
    if (row < 0 || (heading && !heading.capture && by > 0)) return false;
    if (heading?.group && heading.folded === by > 0) target.toggle(heading);
    else {
      const from = this.from(row);
      const to = { ...from, row, bin: Math.min(target.bins() - 1, Math.max(0, from.bin + by)) };
      if (extend) this.extend(to);
      else this.anchor = null;
      this.at = to;
      target.read(to, true);
    }
    return true;
  }

  private from(row: number): Place {
    return { ...(this.at ?? { bin: (this.target.bins() - 1) >> 1, column: null, beside: false, x: NaN, y: NaN }), row };
  }

  private readAt(row: number): void {
    if (this.at) this.target.read((this.at = { ...this.at, row }), true);
  }

  private extend(to: Place): void {
    this.anchor ??= this.from(this.target.isOpen() ? this.target.captures().index : this.target.active());
    this.target.brush(this.anchor, to, true);
  }
}
