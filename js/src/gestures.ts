/** The hands on a chart that zoom and pan: a drag with Shift or along an axis, a wheel, two fingers, keys. */

import type { Domain } from "./axes";
import type { Horizontal } from "./horizontal";
import { bottomOf, fromX, fromY, rightOf, type Plot } from "./line";
import type { Scene } from "./model";
import type { Pointers } from "./pointers";
import { project, unproject } from "./projection";
import { limitsOf, setLimits } from "./reading";

/** Pixels of a drag that are but an unsteady click. */
const CLICK = 4;
const KEY_ZOOM = 2;
/** The part of what is shown that a key moves by. */
const KEY_PAN = 0.25;
const WHEEL_ZOOM = 0.002;
const LINE = 16;

type Kind = "zoom" | "pan" | "limits" | "pinch";
interface Drag {
  readonly kind: Kind;
  readonly from: readonly [x: number, y: number];
  readonly domain: Domain;
  to: readonly [x: number, y: number];
}

export class Gestures {
  private drag: Drag | null = null;
  private readonly touches = new Map<number, readonly [number, number]>();

  constructor(
    private readonly scene: Scene, private readonly horizontal: Horizontal, private readonly chart: string,
    private readonly element: HTMLElement, private readonly plot: () => Plot | null, signal: AbortSignal,
  ) {
    element.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    element.addEventListener("pointerup", (event) => this.end(event), { signal });
    element.addEventListener("pointercancel", (event) => this.cancel(event), { signal });
  }

  get active(): boolean {
    return this.drag !== null;
  }

  /** What a drag is about to zoom to, in coordinates. */
  get band(): Pointers["band"] {
    const plot = this.plot();
    if (!plot || !this.drag || !this.moved()) return null;
    if (this.drag.kind === "zoom") return { x: this.between(plot), y: null };
    return this.drag.kind === "limits" ? { x: null, y: this.beside(plot) } : null;
  }

  /** Whether a press begins a zoom or a pan, so that it does not move the cursor. */
  begin(event: PointerEvent): boolean {
    const plot = this.plot();
    const domain = this.horizontal.shown;
    if (!plot || !domain) return false;
    const at = this.at(event);
    if (event.pointerType === "touch") this.touches.set(event.pointerId, at);
    const kind = this.touches.size === 2 ? "pinch" : this.kindAt(event, plot, at);
    if (!kind) return false;
    this.drag = { kind, from: at, to: at, domain };
    this.element.setPointerCapture(event.pointerId);
    return true;
  }

  private kindAt(event: PointerEvent, plot: Plot, [x, y]: readonly [number, number]): Kind | null {
    if (event.button !== 0) return null;
    if (x < plot.left - 4) return "limits";
    if (event.shiftKey) return "zoom";
    if (y > bottomOf(plot) + 2) return this.scene.zoom ? "pan" : "zoom";
    return null;
  }

  private at(event: MouseEvent): readonly [number, number] {
    const { left, top } = this.element.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  /** Follows the pointer; whether that was a gesture. */
  move(event: PointerEvent): boolean {
    const plot = this.plot();
    const { drag } = this;
    if (!drag || !plot) return false;
    const at = this.at(event);
    if (drag.kind === "pinch") return this.pinch(event, plot, drag);
    drag.to = at;
    if (drag.kind === "pan" && this.moved()) {
      const width = drag.domain[1] - drag.domain[0];
      this.pan(drag.domain, ((drag.from[0] - at[0]) / (rightOf(plot) - plot.left)) * width);
    }
    this.scene.request();
    return true;
  }

  private moved(): boolean {
    const { from, to, kind } = this.drag!;
    return Math.abs(kind === "limits" ? to[1] - from[1] : to[0] - from[0]) >= CLICK;
  }

  private between(plot: Plot): Domain {
    const [a, b] = [this.drag!.from[0], this.drag!.to[0]].map((x) => Math.min(plot.x[1], Math.max(plot.x[0], fromX(plot, x))));
    return a < b ? [a, b] : [b, a];
  }

  private beside(plot: Plot): Domain {
    const [a, b] = [this.drag!.from[1], this.drag!.to[1]].map((y) => Math.min(plot.y[1], Math.max(plot.y[0], fromY(plot, y))));
    return a < b ? [a, b] : [b, a];
  }

  private end(event: PointerEvent): void {
    this.touches.delete(event.pointerId);
    const plot = this.plot();
    const { drag } = this;
    if (!drag || !plot) return;
    const moved = this.moved();
    const band = { zoom: this.between(plot), limits: this.beside(plot) };
    this.drag = null;
    if (moved && drag.kind === "zoom") this.horizontal.zoom(this.scene, band.zoom);
    if (moved && drag.kind === "limits") this.limit(plot, band.limits);
    this.scene.request();
  }

  private cancel(event: PointerEvent): void {
    this.touches.delete(event.pointerId);
    this.drag = null;
    this.scene.request();
  }

  /** Two fingers keep what lies beneath them. */
  private pinch(event: PointerEvent, plot: Plot, drag: Drag): boolean {
    const ends = (): Domain => {
      const [a, b] = [...this.touches.values()].map(([x]) => (x - plot.left) / (rightOf(plot) - plot.left));
      return a < b ? [a, b] : [b, a];
    };
    const before = ends();
    this.touches.set(event.pointerId, this.at(event));
    const after = ends();
    const [low, high] = this.horizontal.shown ?? drag.domain;
    const held = before.map((share) => low + share * (high - low));
    const width = (held[1] - held[0]) / Math.max(0.02, after[1] - after[0]);
    const start = held[0] - after[0] * width;
    this.horizontal.zoom(this.scene, [start, start + width], true);
    return true;
  }

  private wheel(event: WheelEvent): void {
    const plot = this.plot();
    const shown = this.horizontal.shown;
    if (!plot || !shown) return;
    const unit = event.deltaMode === 1 ? LINE : 1;
    const width = shown[1] - shown[0];
    if (event.ctrlKey || event.metaKey) {
      const share = Math.min(1, Math.max(0, (this.at(event)[0] - plot.left) / (rightOf(plot) - plot.left)));
      this.scale(shown, shown[0] + share * width, Math.exp(event.deltaY * unit * WHEEL_ZOOM));
    } else if (this.scene.zoom && Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.pan(shown, ((event.deltaX * unit) / (rightOf(plot) - plot.left)) * width);
    } else return;
    event.preventDefault();
  }

  /** Makes what is shown so many times as wide, about a place that stays. */
  private scale([low, high]: Domain, about: number, by: number, direct = true): void {
    this.horizontal.zoom(this.scene, [about - (about - low) * by, about + (high - about) * by], direct);
  }

  private pan([low, high]: Domain, by: number, direct = true): void {
    if (this.scene.zoom) this.horizontal.zoom(this.scene, [low + by, high + by], direct);
  }

  /** Whether a key is one of ours; `about` is the coordinate of the cursor. */
  key({ key, shiftKey }: KeyboardEvent, about: number | null): boolean {
    const shown = this.horizontal.shown;
    if (!shown) return false;
    const [low, high] = shown;
    const middle = about !== null && about >= low && about <= high ? about : (low + high) / 2;
    if (key === "+" || key === "=" || (shiftKey && key === "ArrowUp")) this.scale(shown, middle, 1 / KEY_ZOOM, false);
    else if (key === "-" || key === "_" || key === "\u2212" || (shiftKey && key === "ArrowDown")) this.scale(shown, middle, KEY_ZOOM, false);
    else if (key === "0" || (key === "Escape" && this.scene.zoom)) this.horizontal.reset(this.scene);
    else if (shiftKey && key === "ArrowLeft") this.pan(shown, -KEY_PAN * (high - low), false);
    else if (shiftKey && key === "ArrowRight") this.pan(shown, KEY_PAN * (high - low), false);
    else return this.alongValues(key);
    return true;
  }

  /** What a drag along the value axis does, by keys. */
  private alongValues(key: string): boolean {
    const plot = this.plot();
    if (!plot) return false;
    // What is on its way is not where a second press begins.
    const set = limitsOf(this.scene, this.chart);
    const [low, high] = set && (!plot.logy || set[0] > 0) ? set.map((each) => project(each, plot.logy)) : plot.y;
    const height = high - low;
    const moves: Readonly<Record<string, Domain>> = {
      y: [height / 4, -height / 4], Y: [-height / 2, height / 2],
      PageUp: [height * KEY_PAN, height * KEY_PAN], PageDown: [-height * KEY_PAN, -height * KEY_PAN],
    };
    if (key === "f") setLimits(this.scene, this.chart, null);
    else if (Object.hasOwn(moves, key)) this.limit(plot, [low + moves[key][0], high + moves[key][1]]);
    else return false;
    return true;
  }

  private limit(plot: Plot, ends: Domain): void {
    const [low, high] = ends.map((each) => Number(unproject(each, plot.logy).toPrecision(3)));
    if (low < high) setLimits(this.scene, this.chart, [low, high]);
  }
}
