/** What the runs of one model have to say to the kernel, which goes as one message: a hundred would take as long as what they ask for. */

import type { Model } from "./host";

/** Milliseconds within which questions of one cause come: timers that were set together fire one after the other. */
const TOGETHER_MS = 8;

export class Post {
  private waiting: [number, unknown][] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the last message found no kernel. */
  private alone = false;

  constructor(private readonly model: Pick<Model, "send">, signal: AbortSignal) {
    signal.addEventListener("abort", () => clearTimeout(this.timer));
  }

  /** Throws where there is no kernel, as far as that is known. */
  send(run: number, message: unknown): void {
    if (this.alone) throw new Error("no kernel");
    this.waiting.push([run, message]);
    this.timer ??= setTimeout(() => this.flush(), TOGETHER_MS);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const messages = this.waiting;
    this.waiting = [];
    if (messages.length === 0) return;
    try {
      this.model.send({ type: "each", messages });
    } catch {
      this.alone = true;
    }
  }

  /** There is a kernel after all. */
  hear(): void {
    this.alone = false;
  }
}
