/** Many requests, one animation frame; none while nobody sees what it would draw. */

import * as together from "./together";

export type Schedule = (draw: (now: number) => void) => number;

export class Frames {
  private pending = 0;
  private seen = true;
  private missed = false;

  /** `draw` returns true when something is still easing and wants the next frame too. */
  constructor(
    private readonly draw: (now: number) => boolean,
    signal: AbortSignal,
    private readonly schedule: Schedule = together.schedule,
    private readonly cancel: (id: number) => void = together.cancel,
  ) {
    signal.addEventListener("abort", () => cancel(this.pending));
  }

  /** What was asked for out of sight is drawn once when it comes into sight. */
  show(seen: boolean): void {
    this.seen = seen;
    if (seen && this.missed) this.request();
    if (seen || !this.pending) return;
    this.cancel(this.pending);
    this.pending = 0;
    this.missed = true;
  }

  request(): void {
    this.missed = !this.seen;
    if (this.pending || !this.seen) return;
    this.pending = this.schedule((now) => {
      this.pending = 0;
      if (this.draw(now)) this.request();
    });
  }
}
