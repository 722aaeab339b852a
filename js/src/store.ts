/**
 * The page's half of the splice rule, and its bounded copy of a run's columns.
 *
 * An older generation is ignored; a newer one is taken only from its start. In the same one restarts add to those known,
 * and a splice that starts past the end is a gap; one from the start that reaches as far in finer detail replaces what is
 * held, and so does one of histograms that reaches further; otherwise the overlap is skipped and the rest appended.
 * nbviz/sender.py is the kernel's half.
 */

import { HeldCaptures, HeldScalars } from "./held";
import type { Lack, Mark, Series, State, Store } from "./model";
import { together } from "./restarts";
import type { Frame, Grown, HistogramColumns, ScalarColumns, Splice } from "./wire";

export class RunStore implements Store {
  readonly series = new Map<string, Series>();
  state: State = "live";
  notice = "";
  marks: readonly Mark[] = [];
  planned: number | null = null;
  lack: Lack = "";
  /** Set by who can ask the kernel. */
  closer: Store["closer"];
  /** Number of the newest frame, by which a frame that lost its turn does not set the state back. */
  private newest = -1;
  /** Tags by the numbers that rows which have grown go by. */
  private readonly numbered = new Map<number, string>();
  /** Numbers of series that this page never heard of: only totals tell their tags. */
  private readonly strangers = new Set<number>();
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
      if (splice.series !== undefined) {
        this.numbered.set(splice.series, splice.tag);
        this.strangers.delete(splice.series);
      }
      if (frame.detail) this.look(splice, frame.detail);
      else this.joinOrMiss(splice, snapshot);
    }
    if (frame.totals.size) this.strangers.clear();
    for (const grown of frame.grown ?? []) this.grow(grown);
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

  /** Whether rows came of which nobody said what they are of. */
  get strange(): boolean {
    return this.strangers.size > 0;
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

  /** Tags of layers of which the kernel may have more captures than are held here. */
  merged(): string[] {
    return [...this.series.values()].filter(({ kind, length, rows }) => kind === "histogram" && length < rows).map(({ tag }) => tag);
  }

  lacks(lack: Lack): void {
    if (lack === this.lack) return;
    this.lack = lack;
    this.notify();
  }

  private held(tag: string): HeldScalars | HeldCaptures | undefined {
    return this.series.get(tag) as HeldScalars | HeldCaptures | undefined;
  }

  /** Takes in an answer. It is of no use where rows were taken back since, or before they are here. */
  private look(splice: Splice, steps: readonly [number, number]): void {
    const held = this.held(splice.tag);
    if (held?.kind !== "scalar" || splice.kind !== "scalar" || held.generation !== splice.generation) return;
    this.restart(held, splice);
    const { points, rows, of } = splice;
    // What was told of later is no answer to what a restart has changed since.
    const exact = points === rows && String(held.restarts) === String(together([], splice.restarts));
    if (rows === of && rows >= held.rows && points > held.copied) this.join(splice, false);
    else held.look({ steps, exact, of }, splice.columns, splice.start);
    held.version++;
  }

  private grow({ generation, start, series, steps, walls, values }: Grown): void {
    const rows = walls.length;
    series.forEach((number, i) => {
      const tag = this.numbered.get(number);
      if (tag === undefined) this.strangers.add(number);
      else this.joinOrMiss({ tag, kind: "scalar", generation, start, rows, points: rows, of: start + rows, place: null, restarts: [], columns: { steps, walls, values: values[i], index: null } }, false);
    });
  }

  private joinOrMiss(splice: Splice, snapshot: boolean): void {
    if (!this.join(splice, snapshot)) this.behind.set(splice.tag, [splice.generation, splice.start + splice.rows]);
  }

  private restart(held: HeldScalars | HeldCaptures, splice: Splice): void {
    const restarts = together(held.restarts, splice.restarts);
    if (restarts === held.restarts) return;
    held.restarts = restarts;
    held.version++;
    if (held.kind === "scalar") held.unsettle();
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
      if (held.kind === "scalar") held.forget();
      else held.clear();
      held.generation = splice.generation;
      held.restarts = [];
      held.version++;
    }
    this.restart(held, splice);
    if (splice.start > held.rows) return false;
    const end = splice.start + splice.rows;
    const finer = splice.start === 0 && end >= held.rows && splice.points > (held.kind === "scalar" ? held.copied : held.length);
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
