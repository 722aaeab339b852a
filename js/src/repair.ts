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
/** A kernel that has nothing more to send says within a second how far it has sent. */
const REST_MS = 1500;
const LONGEST_REST_MS = 10_000;

export type Have = Record<string, [number, number]>;

export class Repair implements Listeners {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private patience = PATIENCE_MS;
  /** Whether this page ever heard of the kernel: a saved notebook and an exported page never do. */
  heard = false;
  /** Messages may have been lost and left no gap in what came: only totals can tell. */
  private unsure = false;
  private over = false;
  /** Number of the frame up to which nothing is missing that the gaps do not tell. */
  private whole = -1;
  private resting: ReturnType<typeof setTimeout> | undefined;
  private came = 0;

  /** `send` throws where the kernel is gone. */
  constructor(private readonly store: RunStore, private readonly send: (have: Have) => void, signal: AbortSignal) {
    signal.addEventListener("abort", () => {
      clearTimeout(this.timer);
      clearTimeout(this.resting);
    });
  }

  /** What was sent before anybody listened is lost, and of layers the snapshot may hold fewer captures than the page can. */
  open(): void {
    try {
      this.send(Object.fromEntries(this.store.merged().map((tag) => [tag, [0, 0]])));
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
    // An answer about what lies between two steps tells nothing of what came before it.
    if (frame.detail) {
      if (frame.number === this.whole + 1) this.whole = frame.number;
      return;
    }
    // A frame of nothing is the answer of a run of which nothing was sent.
    const told = snapshot || frame.totals.size > 0 || !(frame.splices.length || frame.grown);
    if (this.store.strange) this.unsure = true;
    else if (told || frame.number === this.whole + 1) {
      this.whole = Math.max(this.whole, frame.number);
      if (this.unsure) this.startAnew();
      this.unsure = false;
    }
    this.expectRest(told);
    if (missing.length || this.unsure) this.ask();
    else this.heal();
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

  /** Rows that nothing follows, neither others nor totals, may have been followed by a tail that was lost. */
  private expectRest(told: boolean): void {
    const now = performance.now();
    const patience = Math.min(REST_MS + 2 * (now - this.came), LONGEST_REST_MS);
    this.came = now;
    clearTimeout(this.resting);
    if (!told) this.resting = setTimeout(() => this.back(), patience);
  }

  private heal(): void {
    this.startAnew();
    this.store.say("");
  }

  private startAnew(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.patience = PATIENCE_MS;
  }
}
