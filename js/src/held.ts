/** What the store holds of a series: of scalars a bounded copy and a few closer looks at parts of it, of histograms their captures. */

import type { Capture, Captures, Look, Place, Scalars, Stairs } from "./model";
import { Points } from "./points";
import { keptPoints } from "./reduce";
import type { HistogramColumns, ScalarColumns } from "./wire";

/** Points held of one scalar series before it is reduced to at most half. */
export const POINTS = 32_768;
/** Closer looks kept of one series. */
const LOOKS = 4;
const FIRST_STRIDE = 16;

abstract class Held {
  generation = 0;
  rows = 0;
  version = 0;
  restarts: Stairs = [];
  abstract readonly length: number;

  constructor(readonly tag: string, public place: Place) {}
}

interface Kept extends Look {
  exact: boolean;
  readonly points: Points;
}

export class HeldScalars extends Held implements Scalars {
  readonly kind = "scalar";
  looks: readonly Kept[] = [];
  steps!: Float64Array;
  walls!: Float64Array;
  values!: Float64Array;
  index!: Float64Array;
  length!: number;
  monotone!: boolean;
  /** The bounded copy. What panels see has the rows of the closer looks as well. */
  private readonly copy = new Points();
  private merged: Points | null = null;
  private stride = 1;

  constructor(tag: string, place: Place) {
    super(tag, place);
    this.show();
  }

  /** Points of the bounded copy. */
  get copied(): number {
    return this.copy.length;
  }

  /** Forgets the rows, but not the looks at them. */
  clear(): void {
    this.copy.clear();
    this.rows = 0;
    this.stride = 1;
    this.merged = null;
    this.show();
  }

  /** Another generation: no row that was looked at is left. */
  forget(): void {
    this.looks = [];
    this.clear();
  }

  /** Appends the rows from `this.rows` on of columns that start at row `start`. */
  append(columns: ScalarColumns, start: number): void {
    for (let i = 0; i < columns.values.length; i++) {
      const row = columns.index ? columns.index[i] : start + i;
      if (row < this.rows) continue;
      if (this.copy.length >= POINTS) this.reduce();
      this.copy.push(columns.steps[i], columns.walls[i], columns.values[i], row);
      this.merged?.push(columns.steps[i], columns.walls[i], columns.values[i], row);
    }
    if (this.merged || !this.looks.length) this.show();
    else this.merge();
  }

  /** Keeps rows that were asked for beside the copy, as far as the copy goes: what lies beyond comes with the next frame. */
  look(look: Look, columns: ScalarColumns, start: number): void {
    const points = new Points(columns.values.length);
    for (let i = 0; i < columns.values.length; i++) {
      const row = columns.index ? columns.index[i] : start + i;
      if (row < this.rows) points.push(columns.steps[i], columns.walls[i], columns.values[i], row);
    }
    const inside = ({ steps: [first, last] }: Look): boolean => first >= look.steps[0] && last <= look.steps[1];
    const others = this.looks.filter((each) => !inside(each));
    this.looks = [...others.slice(1 - LOOKS), { ...look, of: Math.min(look.of, this.rows), points }];
    this.merge();
  }

  /** A restart changed which rows a line goes through, so that others may count than those that were sent. */
  unsettle(): void {
    for (const look of this.looks) look.exact = false;
  }

  private show(): void {
    const { steps, walls, values, index, length, monotone } = this.merged ?? this.copy;
    Object.assign(this, { steps, walls, values, index, length, monotone });
  }

  private merge(): void {
    this.merged = this.looks.reduce((all, { points }) => union(all, points), this.copy);
    if (this.merged === this.copy) this.merged = null;
    this.show();
  }

  private reduce(): void {
    this.stride = Math.max(FIRST_STRIDE, 2 * this.stride);
    while (this.copy.length > POINTS / 2) {
      this.copy.keep(keptPoints(this.copy.index, this.copy.values, this.copy.length, this.stride));
      if (this.copy.length > POINTS / 2) this.stride *= 2;
    }
    this.merge();
  }
}

/** The rows of both, each once. */
function union(a: Points, b: Points): Points {
  const all = new Points(a.length + b.length);
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const [from, at] = j >= b.length || (i < a.length && a.index[i] <= b.index[j]) ? [a, i] : [b, j];
    const row = from.index[at];
    all.push(from.steps[at], from.walls[at], from.values[at], row);
    if (i < a.length && a.index[i] === row) i++;
    if (j < b.length && b.index[j] === row) j++;
  }
  return all;
}

export class HeldCaptures extends Held implements Captures {
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
