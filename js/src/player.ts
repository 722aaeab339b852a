/** Where the cursor may stand, and how playing moves it. No clock and no page: the caller says what time it is. */

import { bisectLeft, bisectRight } from "d3-array";
import { Memos } from "./memo";
import type { Captures, Scalars, Scene, Series } from "./model";
import { withPast } from "./restarts";

/** The steps of several sorted columns together, found by bisection: they are never merged, however long the run. */
export class Stops {
  constructor(private readonly columns: readonly ArrayLike<number>[]) {}

  private best(pick: (column: ArrayLike<number>) => number | undefined, better: (a: number, b: number) => number): number | null {
    let best: number | null = null;
    for (const column of this.columns) {
      const step = pick(column);
      if (step !== undefined) best = best === null ? step : better(best, step);
    }
    return best;
  }

  get first(): number | null {
    return this.best((column) => column[0], Math.min);
  }

  get last(): number | null {
    return this.best((column) => column[column.length - 1], Math.max);
  }

  after(step: number): number | null {
    return this.best((column) => column[bisectRight(column, step)], Math.min);
  }

  before(step: number): number | null {
    return this.best((column) => column[bisectLeft(column, step) - 1], Math.max);
  }

  atOrBefore(step: number): number | null {
    return this.best((column) => column[bisectRight(column, step) - 1], Math.max);
  }

  nearest(step: number): number | null {
    const [below, above] = [this.atOrBefore(step), this.after(step)];
    if (below === null || above === null) return below ?? above;
    return step - below <= above - step ? below : above;
  }

  /** `count` stops on (or back, where negative); at the ends it stays. */
  walk(step: number, count: number): number {
    let at = step;
    for (let left = Math.abs(count); left > 0; left--) {
      const next = count > 0 ? this.after(at) : this.before(at);
      if (next === null) break;
      at = next;
    }
    return at;
  }
}

const known = new Memos<object, { all: Stops; walked: Stops }>();
const sorted = new Memos<Series, Float64Array>();
const captured = new Memos<Series, Float64Array>();

const stepsOf = (series: Scalars): Float64Array => (series.monotone
  ? series.steps.subarray(0, series.length)
  : sorted.of(series, [series.version], () => series.steps.slice(0, series.length).sort()));

/** Every step of a capture, once: layers are captured together. Gathered anew only when a histogram has changed. */
export const capturedSteps = (all: readonly Captures[]): Float64Array => (!all.length ? new Float64Array(0)
  : captured.of(all[0], [...all, ...all.map(({ version }) => version)], () =>
    Float64Array.from(new Set(all.flatMap(({ captures }) => captures.map(({ step }) => step)))).sort()));

/** More steps than this are too many to walk one by one where captures give coarser ones. */
const MANY = 2000;

/** Every step at which something was logged, for pointing; and those that keys and playing walk. */
export function stopsOf(scene: Pick<Scene, "stores">): { all: Stops; walked: Stops } {
  const series = scene.stores.flatMap((store) => [...store.series.values()]).flatMap(withPast);
  return known.of(scene, [...series, ...series.map(({ version }) => version)], () => {
    const captured = capturedSteps(series.filter((each) => each.kind === "histogram"));
    const scalars = series.filter((each) => each.kind === "scalar");
    const dense = scalars.some(({ length }) => length > MANY);
    const all = new Stops([captured, ...scalars.map(stepsOf)]);
    return { all, walked: dense && captured.length > 0 ? new Stops([captured]) : all };
  });
}

/** At normal speed a run plays in this time, however long it is. */
export const WHOLE_RUN_MS = 12_000;
/** A page that was not drawn for a while goes on where it stood. */
const LONGEST_FRAME_MS = 250;

export class Player {
  speed = 1;
  playing = false;
  private at = 0;
  private sent: number | null = null;
  private time: number | null = null;

  /** Plays on from `step`, or from the start when that is null (the latest) or the end. */
  play(step: number | null, stops: Stops): void {
    const [first, last] = [stops.first, stops.last];
    if (first === null || last === null || first === last) return;
    this.at = step === null || step >= last ? first : Math.max(step, first);
    this.sent = step;
    this.time = null;
    this.playing = true;
  }

  pause(): void {
    this.playing = false;
  }

  /**
   * Where the cursor belongs at `now`, in milliseconds; null means the latest step, where playing ends.
   * `step` is where it stands: moved by someone else, playing goes on from there.
   */
  advance(now: number, step: number | null, stops: Stops): number | null {
    const [first, last] = [stops.first, stops.last];
    if (!this.playing || first === null || last === null) return step;
    if (step !== this.sent && step !== null) this.at = step;
    const passed = this.time === null ? 0 : Math.min(LONGEST_FRAME_MS, now - this.time);
    this.time = now;
    this.at += (passed / WHOLE_RUN_MS) * this.speed * (last - first);
    this.playing = this.at < last;
    this.sent = this.playing ? stops.atOrBefore(this.at) : null;
    return this.sent;
  }
}
