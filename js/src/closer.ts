/** Asks the kernel for what is to be seen between two steps: one question at a time, the newest wins, once the zoom rests. */

import { seen } from "./detail";
import type { Lack, Scalars, Store } from "./model";

/** Milliseconds for which nobody may have wished for something else before the kernel is asked. */
export const REST_MS = 120;
const PATIENCE_MS = 3000;
const LONGEST_MS = 300_000;
/** How many times more rows make what was answered worth asking again. */
const GROWN = 1.25;

interface Wish {
  readonly tags: readonly string[];
  readonly steps: readonly [number, number];
  readonly points: number;
}

interface Asking {
  readonly store: Pick<Store, "series" | "lack"> & { lacks(lack: Lack): void };
  /** Throws where there is no kernel. */
  readonly send: (message: unknown) => void;
  /** Whether the kernel has said anything since the page opened. */
  readonly heard: () => boolean;
}

export class Closer {
  private wish: Wish | null = null;
  private asked: Wish | null = null;
  /** What each series was asked for last, and the rows that it had there. */
  private readonly known = new Map<string, { readonly question: string; readonly rows: number }>();
  private rest: ReturnType<typeof setTimeout> | undefined;
  private patience: ReturnType<typeof setTimeout> | undefined;
  private wait = PATIENCE_MS;

  constructor(private readonly to: Asking, signal: AbortSignal) {
    signal.addEventListener("abort", () => [this.rest, this.patience].forEach(clearTimeout));
  }

  want(tags: readonly string[], steps: readonly [number, number], points: number): void {
    const wish = { tags: tags.filter((tag) => this.isNews(tag, steps, points)), steps, points };
    if (wish.tags.length === 0 || this.to.store.lack === "alone" || String(Object.values(wish)) === String(Object.values(this.wish ?? {}))) return;
    this.wish = wish;
    if (this.asked) return;
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.ask(), REST_MS);
  }

  /** An answer arrived, whichever: what is still wished for is asked next. */
  answered(): void {
    clearTimeout(this.patience);
    clearTimeout(this.rest);
    this.asked = null;
    this.wait = PATIENCE_MS;
    this.to.store.lacks("");
    if (this.wish) this.rest = setTimeout(() => this.ask(), REST_MS);
  }

  /** A kernel is there after all: whoever lacks detail asks anew. */
  revive(): void {
    if (this.to.store.lack !== "alone") return;
    this.known.clear();
    this.to.store.lacks("");
  }

  private isNews(tag: string, steps: readonly [number, number], points: number): boolean {
    const before = this.known.get(tag);
    const series = this.to.store.series.get(tag) as Scalars;
    return before?.question !== this.question(series, steps, points) || seen(series, steps).rows > GROWN * before.rows;
  }

  private question({ generation, restarts }: Scalars, steps: readonly [number, number], points: number): string {
    return [generation, restarts, steps, points].join(";");
  }

  private ask(): void {
    const { wish, to: { store, send } } = this;
    if (!wish) return;
    [this.asked, this.wish] = [wish, null];
    for (const tag of wish.tags) {
      const series = store.series.get(tag);
      if (series?.kind !== "scalar") continue;
      this.known.set(tag, { question: this.question(series, wish.steps, wish.points), rows: seen(series, wish.steps).rows });
    }
    try {
      send({ type: "detail", ...wish });
    } catch {
      this.asked = null;
      return store.lacks("alone");
    }
    this.patience = setTimeout(() => this.tire(), this.wait);
  }

  /** No answer: a busy kernel answers all that was asked in the end, so ask ever more seldom. */
  private tire(): void {
    this.wish ??= this.asked;
    this.asked = null;
    if (!this.to.heard()) return this.to.store.lacks("alone");
    this.to.store.lacks("late");
    this.wait = Math.min(2 * this.wait, LONGEST_MS);
    this.ask();
  }
}
