/** Many requests, one animation frame. */

export type Schedule = (draw: (now: number) => void) => number;

export class Frames {
  private pending = 0;

  /** `draw` returns true when something is still easing and wants the next frame too. */
  constructor(
    private readonly draw: (now: number) => boolean,
    signal: AbortSignal,
    private readonly schedule: Schedule = (callback) => requestAnimationFrame(callback),
    cancel: (id: number) => void = (id) => cancelAnimationFrame(id),
  ) {
    signal.addEventListener("abort", () => cancel(this.pending));
  }

  request(): void {
    if (this.pending) return;
    this.pending = this.schedule((now) => {
      this.pending = 0;
      if (this.draw(now)) this.request();
    });
  }
}
