import { Runs } from "../src/runs";
import type { Cursor, Place, Scalars, Scene, Series, State, Store, Theme } from "../src/model";

/** A series as the store would hold it, from plain numbers. */
export function scalars(tag: string, place: Partial<Place>, values: ArrayLike<number>, more: Partial<Scalars> = {}): Scalars {
  const length = values.length;
  const steps = more.steps ?? Float64Array.from({ length }, (_, i) => i);
  return {
    kind: "scalar", tag, place: { chart: tag, role: "train", unit: "", best: "", panel: "charts", ...place }, rows: length, length, generation: 0, version: 1,
    steps, walls: Float64Array.from({ length }, (_, i) => 1.7e9 + steps[i] / 612), values: Float64Array.from(values),
    monotone: true, index: Float64Array.from({ length }, (_, i) => i), ...more,
  };
}

/** A store whose series can be exchanged. */
export class FakeStore implements Store {
  notice = "";
  series = new Map<string, Series>();
  private readonly listeners = new Set<() => void>();

  constructor(readonly run: string, all: readonly Series[] = [], public state: State = "finished", readonly family = run) {
    for (const series of all) this.series.set(series.tag, series);
  }

  put(series: Series): void {
    this.series.set(series.tag, series);
    for (const listener of this.listeners) listener();
  }

  subscribe(listener: () => void, signal: AbortSignal): void {
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener));
  }
}

class FakeCursor implements Cursor {
  step: number | null = null;
  private readonly listeners = new Set<() => void>();

  set(step: number | null): void {
    this.step = step;
    for (const listener of this.listeners) listener();
  }

  subscribe(listener: () => void): void {
    this.listeners.add(listener);
  }
}

export class FakeScene implements Scene {
  smoothing = 0.9;
  superseded = false;
  speech = true;
  zoom: readonly [number, number] | null = null;
  readonly panels: readonly string[] = ["header", "charts", "ridges", "scrubber"];
  readonly cursor = new FakeCursor();
  readonly hidden = new Set<string>();
  readonly knobs = new Map<string, unknown>();
  tags: readonly string[] | null = null;
  layer: string | null = null;
  request: () => void = () => {};
  say: (words: string) => void = () => {};
  readonly runs: Runs;

  constructor(readonly stores: readonly FakeStore[], public theme: Theme, readonly title = "") {
    this.runs = new Runs(stores, this.knobs);
  }

  get changes(): number {
    return this.stores.flatMap((store) => [...store.series.values()]).reduce((sum, { version }) => sum + version, 0);
  }

  now(): number {
    return performance.now();
  }

  range(): readonly [number, number] | null {
    let [low, high] = [Infinity, -Infinity];
    for (const store of this.stores) {
      for (const series of store.series.values()) {
        if (series.kind !== "scalar") continue;
        for (let i = 0; i < series.length; i++) {
          low = Math.min(low, series.steps[i]);
          high = Math.max(high, series.steps[i]);
        }
      }
    }
    return low <= high ? [low, high] : null;
  }
}

/** Numbers that look random and are the same every time. */
export function chance(seed: number): () => number {
  return () => {
    seed = (seed * 1664525 + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}
