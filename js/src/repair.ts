/** Knows whether the page's copy of a run is whole, asks the kernel for what it lacks, and says so while it lacks it. */

import type { Listeners } from "./connection";
import type { RunStore } from "./store";
import type { Frame } from "./wire";

const ENDED = "the kernel has restarted or died: this is what it had sent";
const LOST = "the connection to the kernel is lost: this is what came before";
const MISSING = "some points are missing: the kernel sends them when its cell ends";
const UNSURE = "some points may be missing: the kernel tells when its cell ends";
/** A kernel that can answer has done so by then. */
const PATIENCE_MS = 500;
const LONGEST_MS = 300_000;

export type Have = Record<string, [number, number]>;

export class Repair implements Listeners {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private patience = PATIENCE_MS;
  /** Whether this page ever heard of the kernel: a saved notebook and an exported page never do. */
  private heard = false;
  /** Messages may have been lost and left no gap in what came: only totals can tell. */
  private unsure = false;
  private over = false;

  /** `send` throws where the kernel is gone. */
  constructor(private readonly store: RunStore, private readonly send: (have: Have) => void, signal: AbortSignal) {
    signal.addEventListener("abort", () => clearTimeout(this.timer));
  }

  /** What was sent before anybody listened is lost, and of some series the snapshot may hold less than the page can. */
  open(): void {
    try {
      this.send(Object.fromEntries(this.store.reduced().map((tag) => [tag, [0, 0]])));
    } catch {
      // Without a kernel the snapshot is all there is, which is no news for the reader.
    }
  }

  /** A message came: there is a kernel. */
  hear(): void {
    this.heard = true;
    this.over = false;
  }

  /** A message was applied to the store, which misses these tags now. */
  taken(frame: Frame, snapshot: boolean, missing: readonly string[]): void {
    // A frame of nothing is the answer of a run of which nothing was sent.
    if (this.unsure && (snapshot || frame.totals.size || !frame.splices.length)) {
      this.unsure = false;
      this.startAnew();
    }
    if (missing.length || this.unsure) this.ask();
    else this.rest();
  }

  lost(): void {
    if (!this.heard || this.over) return;
    this.unsure = true;
    clearTimeout(this.timer);
    this.store.say(LOST);
  }

  back(): void {
    if (!this.heard || this.over) return;
    this.unsure = true;
    this.startAnew();
    this.ask();
  }

  ended(): void {
    if (!this.heard) return;
    this.over = true;
    this.startAnew();
    this.store.say(ENDED);
  }

  private ask(): void {
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => this.askAgain(), this.patience);
    try {
      this.send(this.store.have(this.store.missing()));
    } catch {
      this.ended();
    }
  }

  /** A kernel that is busy answers all that was asked in the end, so it is asked ever more seldom. */
  private askAgain(): void {
    this.timer = undefined;
    this.patience = Math.min(2 * this.patience, LONGEST_MS);
    this.store.say(this.store.missing().length ? MISSING : UNSURE);
    this.ask();
  }

  private rest(): void {
    this.startAnew();
    this.store.say("");
  }

  private startAnew(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.patience = PATIENCE_MS;
  }
}
