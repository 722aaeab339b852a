/**
 * The page's half of the splice rule, and its bounded copy of a run's columns.
 *
 * An older generation is ignored; a newer one is taken only from its start. In the same one restarts add to those known,
 * and a splice that starts past the end is a gap; one from the start that reaches as far in finer detail replaces what is
 * held, and so does one of histograms that reaches further; otherwise the overlap is skipped and the rest appended.
 * nbviz/sender.py is the kernel's half.
 */

import type { Capture, Captures, Mark, Place, Scalars, Series, Stairs, State, Store } from "./model";
import { keptPoints } from "./reduce";
import { together } from "./restarts";
import type { Frame, HistogramColumns, ScalarColumns, Splice } from "./wire";

/** Points held of one scalar series before it is reduced to at most half. */
export const POINTS = 32_768;
const FIRST_STRIDE = 16;

abstract class Held {
  generation = 0;
  rows = 0;
  version = 0;
  restarts: Stairs = [];
  abstract readonly length: number;

  constructor(readonly tag: string, public place: Place) {}
}

class HeldScalars extends Held implements Scalars {
  readonly kind = "scalar";
  length = 0;
  monotone = true;
  steps = new Float64Array(64);
  walls = new Float64Array(64);
  values = new Float64Array(64);
  index = new Float64Array(64);
  private stride = 1;

  clear(): void {
    this.length = 0;
    this.rows = 0;
    this.stride = 1;
    this.monotone = true;
  }

  /** Appends the rows from `this.rows` on of columns that start at row `start`. */
  append(columns: ScalarColumns, start: number): void {
    for (let i = 0; i < columns.values.length; i++) {
      const row = columns.index ? columns.index[i] : start + i;
      if (row < this.rows) continue;
      if (this.length >= POINTS) this.reduce();
      if (this.length === this.steps.length) this.grow();
      if (this.length && columns.steps[i] < this.steps[this.length - 1]) this.monotone = false;
      this.steps[this.length] = columns.steps[i];
      this.walls[this.length] = columns.walls[i];
      this.values[this.length] = columns.values[i];
      this.index[this.length] = row;
      this.length++;
    }
  }

  private columns(): Float64Array[] {
    return [this.steps, this.walls, this.values, this.index];
  }

  private grow(): void {
    const grown = this.columns().map((column) => {
      const wider = new Float64Array(2 * column.length);
      wider.set(column);
      return wider;
    });
    [this.steps, this.walls, this.values, this.index] = grown;
  }

  private reduce(): void {
    this.stride = Math.max(FIRST_STRIDE, 2 * this.stride);
    while (this.length > POINTS / 2) {
      const kept = keptPoints(this.index, this.values, this.length, this.stride);
      for (const column of this.columns()) kept.forEach((from, to) => (column[to] = column[from]));
      this.length = kept.length;
      if (this.length > POINTS / 2) this.stride *= 2;
    }
  }
}

class HeldCaptures extends Held implements Captures {
  readonly kind = "histogram";
  captures: Capture[] = [];

  get length(): number {
    return this.captures.length;
  }

  clear(): void {
    this.captures = [];
    this.rows = 0;
  }

  append(columns: HistogramColumns, start: number): void {
    const captures = Array.from(columns.steps, (step, i) => ({
      row: columns.index ? columns.index[i] : start + i,
      merged: columns.index ? columns.index[i] - (i ? columns.index[i - 1] : start - 1) : 1,
      step,
      wall: columns.walls[i],
      counts: columns.counts[i],
      edges: columns.edges[i],
      total: columns.totals[i],
      nonfinite: columns.nonfinite[i],
      zeros: columns.zeros[i],
      ...extremesOf(columns.extremes, i),
    }));
    this.captures = [...this.captures, ...captures.slice(Math.max(0, this.rows - start))];
  }
}

function extremesOf(column: Float32Array | null, i: number): Pick<Capture, "extremes"> | undefined {
  return column && !Number.isNaN(column[2 * i]) ? { extremes: [column[2 * i], column[2 * i + 1]] } : undefined;
}

export class RunStore implements Store {
  readonly series = new Map<string, Series>();
  state: State = "live";
  notice = "";
  marks: readonly Mark[] = [];
  planned: number | null = null;
  /** Number of the newest frame, by which a frame that lost its turn does not set the state back. */
  private newest = -1;
  /** [generation, rows] known of, by tag, where less is held. */
  private readonly behind = new Map<string, readonly [number, number]>();
  private readonly listeners = new Set<() => void>();

  constructor(readonly run: string, readonly family: string) {}

  subscribe(listener: () => void, signal: AbortSignal): void {
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener));
  }

  say(notice: string): void {
    if (notice === this.notice) return;
    this.notice = notice;
    this.notify();
  }

  /**
   * Takes a frame in and returns the tags of which the kernel is known to have sent more than is held. A snapshot, of which
   * the send mark knows nothing, may be coarse: it replaces nothing that is held in more detail.
   */
  apply(frame: Frame, snapshot = false): string[] {
    for (const splice of frame.splices) {
      if (!this.join(splice, snapshot)) this.behind.set(splice.tag, [splice.generation, splice.start + splice.rows]);
    }
    for (const [tag, total] of frame.totals) this.behind.set(tag, total);
    for (const [tag, [generation, rows]] of this.behind) {
      const held = this.held(tag);
      const reached = held && (held.generation > generation || (held.generation === generation && held.rows >= rows));
      if (reached) this.behind.delete(tag);
    }
    if (frame.number > this.newest) {
      this.newest = frame.number;
      this.state = frame.state;
      if (frame.marks) this.marks = frame.marks;
      if (frame.marks) this.planned = frame.planned ?? null;
    }
    this.notify();
    return this.missing();
  }

  missing(): string[] {
    return [...this.behind.keys()];
  }

  /** [generation, rows] held of each tag, as the kernel wants it in a resync. */
  have(tags: Iterable<string>): Record<string, [number, number]> {
    return Object.fromEntries(
      [...tags].map((tag) => {
        const held = this.held(tag);
        return [tag, held ? [held.generation, held.rows] : [0, 0]];
      }),
    );
  }

  /** Tags of which the kernel may know more detail than is held here. */
  reduced(): string[] {
    return [...this.series.values()].filter((series) => series.length < series.rows).map((series) => series.tag);
  }

  private held(tag: string): HeldScalars | HeldCaptures | undefined {
    return this.series.get(tag) as HeldScalars | HeldCaptures | undefined;
  }

  private join(splice: Splice, snapshot: boolean): boolean {
    let held = this.held(splice.tag);
    if (!held || held.kind !== splice.kind) {
      if (splice.start > 0 || !splice.place) return false;
      held = splice.kind === "scalar" ? new HeldScalars(splice.tag, splice.place) : new HeldCaptures(splice.tag, splice.place);
      held.generation = splice.generation;
      this.series.set(splice.tag, held);
    }
    if (splice.generation < held.generation) return true;
    if (splice.generation > held.generation) {
      if (splice.start > 0) return false;
      held.clear();
      held.generation = splice.generation;
      held.restarts = [];
      held.version++;
    }
    const restarts = together(held.restarts, splice.restarts);
    if (restarts !== held.restarts) held.version++;
    held.restarts = restarts;
    if (splice.start > held.rows) return false;
    const end = splice.start + splice.rows;
    const finer = splice.start === 0 && end >= held.rows && splice.points > held.length;
    if (end <= held.rows && !finer) return true;
    // What it has beyond these rows comes with the next frame.
    if (snapshot && held.kind === "histogram" && splice.points * held.rows < held.length * end) return true;
    if (finer || (splice.start === 0 && held.kind === "histogram")) held.clear();
    if (held.kind === "scalar") held.append(splice.columns as ScalarColumns, splice.start);
    else held.append(splice.columns as HistogramColumns, splice.start);
    held.rows = end;
    held.version++;
    return true;
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }
}
