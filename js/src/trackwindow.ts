/** The zoom of the charts as a window on the scrubber's track, moved by its ends. */

import type { Scene, Theme } from "./model";
import { trackStep, trackX, type TrackPicture } from "./track";

type Picture = Pick<TrackPicture, "width" | "range">;

/** Pixels within which an end of the window is taken hold of, and of a drag that is but a click. */
const GRIP = 5;
const CLICK = 4;

export class TrackWindow {
  /** The step at the end that stays, while the other is dragged. */
  private held: number | null = null;
  private from = 0;

  constructor(private readonly scene: Scene) {}

  get active(): boolean {
    return this.held !== null;
  }

  /** The end of the window under the pointer, if it has one there. */
  private gripAt(picture: Picture, x: number): 0 | 1 | null {
    const { zoom } = this.scene;
    if (!zoom) return null;
    const far = zoom.map((step) => Math.abs(trackX(picture, step) - x));
    const end = far[0] <= far[1] ? 0 : 1;
    return far[end] <= GRIP ? end : null;
  }

  /** Whether a press takes hold of the window, or begins one. */
  begin(event: PointerEvent, picture: Picture, x: number): boolean {
    const grip = this.gripAt(picture, x);
    if (grip === null && !event.shiftKey) return false;
    this.held = grip === null ? trackStep(picture, x) : this.scene.zoom![1 - grip];
    this.from = x;
    return true;
  }

  move(picture: Picture, x: number): void {
    if (this.held === null || Math.abs(x - this.from) < CLICK) return;
    const [low, high] = picture.range;
    const to = Math.min(high, Math.max(low, trackStep(picture, x)));
    const [first, last] = this.held < to ? [this.held, to] : [to, this.held];
    const steps = [Math.floor(first), Math.ceil(last)] as const;
    if (steps[1] - steps[0] >= 2) this.scene.zoom = steps[0] <= low && steps[1] >= high ? null : steps;
  }

  end(): void {
    this.held = null;
  }

  /** What the pointer can do here. */
  cursor(picture: Picture, x: number): string {
    return this.gripAt(picture, x) === null ? "" : "ew-resize";
  }
}

/** Fades what the charts do not show, between the edges of the track and those of the window. */
export function drawWindow(
  pen: CanvasRenderingContext2D, picture: Picture & { readonly height: number; readonly theme: Theme }, zoom: readonly [number, number],
): void {
  const { width, height, theme } = picture;
  const [left, right] = zoom.map((step) => Math.round(Math.min(width, Math.max(0, trackX(picture, step)))));
  pen.fillStyle = theme.background;
  pen.globalAlpha = 0.66;
  pen.fillRect(0, 0, left, height);
  pen.fillRect(right, 0, width - right, height);
  pen.globalAlpha = 1;
  pen.fillStyle = theme.muted;
  for (const x of [left, right]) {
    pen.fillRect(x - 0.5, 2, 1, height - 4);
    pen.beginPath();
    pen.roundRect(x - 2, height / 2 - 7, 4, 14, 2);
    pen.fill();
  }
}
