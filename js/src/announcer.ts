/** When a view speaks of its own accord: at a polite rate while it trains, at once at the end and at what is not finite. */

import type { Group } from "./group";
import { overallState } from "./header";
import type { State, Store } from "./model";
import { brokenFrom, brokenWords, endWords, isBroken, summaryOf, type Broken } from "./summary";

/** Between two summaries that nobody asked for. */
export const EVERY_MS = 25_000;

export interface Clock {
  now(): number;
  later(call: () => void, milliseconds: number): void;
}

export interface Spoken {
  readonly stores: readonly Store[];
  /** What the view shows, of these runs. */
  groups(stores: readonly Store[]): readonly Group[];
  /** Whether there is anybody to speak to: the view is shown and not silenced. */
  heard(): boolean;
  say(words: string): void;
}

const moves = ({ state }: Store): boolean => state === "live" || state === "following";

/** How far a series was looked through, and when it was last said to be broken. */
interface Looked {
  readonly generation: number;
  readonly rows: number;
  readonly broken: boolean;
  readonly said: number;
}

export class Announcer {
  private spoke: number;
  private rows = -1;
  private waiting = false;
  private state: State;
  /** The runs that were moving when last looked at. */
  private about: readonly Store[];
  private readonly looked = new Map<string, Looked>();

  constructor(private readonly view: Spoken, private readonly clock: Clock) {
    this.spoke = clock.now();
    this.state = overallState(view.stores);
    this.about = view.stores.filter(moves);
    this.newlyBroken();
  }

  /** Something came: rows, or another state of a run. */
  changed(): void {
    const { view } = this;
    const before = this.state;
    const about = view.stores.filter(moves);
    this.state = overallState(view.stores);
    const broken = this.newlyBroken();
    if (about.length === 0 && this.about.length > 0) return this.end(before);
    this.about = about;
    if (broken.length) this.speak(brokenWords(broken, about.length));
    else if (about.length) this.wait();
  }

  /** On request: of what moves, or of all where nothing does. */
  summary(): void {
    this.spoke = this.clock.now();
    this.rows = this.count();
    this.view.say(summaryOf(this.groups()));
  }

  private groups(): readonly Group[] {
    const { view, about } = this;
    return view.groups(about.length ? about : view.stores);
  }

  private speak(words: string): void {
    if (!this.view.heard()) return;
    this.spoke = this.clock.now();
    this.rows = this.count();
    this.view.say(words);
  }

  private end(before: State): void {
    const groups = this.groups();
    const state = overallState(this.about);
    this.about = [];
    if (before !== state) this.speak(endWords(state, groups));
  }

  /** Rows of all that is shown: what has not grown needs no summary. */
  private count(): number {
    return this.groups().reduce((sum, { lines }) => lines.reduce((rows, { series }) => rows + series.rows, sum), 0);
  }

  private wait(): void {
    if (this.waiting) return;
    this.waiting = true;
    this.clock.later(() => {
      this.waiting = false;
      if (!this.about.length) return;
      if (this.clock.now() < this.spoke + EVERY_MS) this.wait();
      else if (this.count() !== this.rows) this.speak(summaryOf(this.groups()));
    }, Math.max(0, this.spoke + EVERY_MS - this.clock.now()));
  }

  /** What has come since the last look and is not finite; of one line not more often than a summary. */
  private newlyBroken(): Broken[] {
    const now = this.clock.now();
    const lines = this.view.groups(this.view.stores.filter(moves)).flatMap((group) => group.lines);
    return lines.flatMap((line) => {
      const { key, series: { rows, generation } } = line;
      const before = this.looked.get(key);
      if (before?.rows === rows && before.generation === generation) return [];
      const from = before?.generation === generation ? before.rows : 0;
      const broken = !before?.broken && now - (before?.said ?? -Infinity) >= EVERY_MS ? brokenFrom(line, from) : null;
      const said = broken ? now : before?.said ?? -Infinity;
      this.looked.set(key, { generation, rows, broken: isBroken(line), said });
      return broken ? [broken] : [];
    });
  }
}
