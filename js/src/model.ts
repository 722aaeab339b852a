/** What the drawing knows of the data. Only channel.ts and views.ts know that widgets exist. */

import type { Runs } from "./runs";

export type Role = "train" | "validation" | "test";
export type State = "live" | "following" | "finished" | "interrupted" | "failed";

/** Where a series is shown, decided by nbviz/charts.py so that every host agrees. */
export interface Place {
  /** Series with the same chart share one chart, titled by it. */
  readonly chart: string;
  readonly role: Role;
  readonly unit: "" | "percent";
  /** Which end of the values is the good one; empty where neither is. */
  readonly best: "" | "min" | "max";
  /** What shows it; charts show what is of the layers only where its tag is asked for. */
  readonly panel: "charts" | "layers";
}

/** Restarts of a run, both columns increasing: of the rows before `row`, those from `step` on were logged anew. */
export type Stairs = readonly (readonly [row: number, step: number])[];

interface SeriesBase {
  readonly tag: string;
  readonly place: Place;
  /** Grows when rows were taken back, so that what was learnt from them no longer holds. */
  readonly generation: number;
  /** Rows the kernel has, of which `length` are kept here. */
  readonly rows: number;
  readonly length: number;
  /** Grows with every change, so that a drawing can tell whether its cache is stale. */
  readonly version: number;
  readonly restarts?: Stairs;
  /** Rows that a restart superseded, as far as a reduced copy can tell; in what panels see (`shownStore`). */
  readonly superseded?: number;
}

/** The kernel's answer to what lies between two steps. */
export interface Look {
  readonly steps: readonly [first: number, last: number];
  /** Whether every row was sent that a line between them goes through. */
  readonly exact: boolean;
  /** Rows that the series had. */
  readonly of: number;
}

/** Columns in the order logged; only `[0, length)` is valid, the arrays are longer. */
export interface Scalars extends SeriesBase {
  readonly kind: "scalar";
  readonly steps: Float64Array;
  /** Seconds since the epoch. */
  readonly walls: Float64Array;
  readonly values: Float64Array;
  /** Which row each point is. */
  readonly index: Float64Array;
  /** Closer looks at parts of it, whose rows are among the points. */
  readonly looks?: readonly Look[];
  /** The series with all of its rows, of what is shown of it. */
  readonly source?: Scalars;
  /** The superseded rows, a break between one restart's and the next's; where they are to be shown. */
  readonly past?: Scalars;
  /** How the runs lie of which the values are the mean. */
  readonly spread?: Spread;
  /** Steps never go back, so a row can be found by bisection. */
  readonly monotone: boolean;
}

/** Around the mean of several runs, for each of its rows: standard deviation (NaN of one run), smallest and largest value. */
export interface Spread {
  readonly of: readonly { readonly store: Store; readonly series: Scalars }[];
  /** How many runs have a value there. */
  readonly count: Float64Array;
  readonly std: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

export interface Capture {
  /** The last row that was merged into it. */
  readonly row: number;
  /** How many rows were; 1 where none is said. */
  readonly merged?: number;
  readonly step: number;
  readonly wall: number;
  readonly counts: Float32Array;
  /** One more than counts, increasing. */
  readonly edges: Float64Array;
  readonly total: number;
  /** Values that were NaN or infinite, which no bin holds. */
  readonly nonfinite: number;
  /** Values that were exactly zero and are in no bin; 0 where they were not told apart. */
  readonly zeros: number;
  /** The smallest and the largest finite value, where they are known; bins reach beyond them. */
  readonly extremes?: readonly [number, number];
}

export interface Captures extends SeriesBase {
  readonly kind: "histogram";
  /** In the order captured. */
  readonly captures: readonly Capture[];
}

export type Series = Scalars | Captures;

/** Why the picture may not be up to date, in words for the reader; empty when it is. */
export type Notice = string;

export type Mark = readonly [step: number, note: string];
/** `late`: the kernel has not answered yet; `alone`: there is none to be asked. */
export type Lack = "" | "late" | "alone";

export interface Store {
  readonly run: string;
  /** Runs of one family differ only in role, as Keras's train/ and validation/ do, and share a hue. */
  readonly family: string;
  readonly state: State;
  readonly notice: Notice;
  /** Steps that are worth a second look, with a note where there is one; increasing. */
  readonly marks?: readonly Mark[];
  /** Steps that the run is going to have, null where nobody said. */
  readonly planned?: number | null;
  readonly series: ReadonlyMap<string, Series>;
  /** Why there is no finer detail yet of what was asked for. */
  readonly lack?: Lack;
  /**
   * Asks for what is to be seen of some scalars between two steps, in about so many points each. It comes as a new version
   * of them, sooner or later, or never.
   */
  closer?(tags: readonly string[], steps: readonly [number, number], points: number): void;
  subscribe(listener: () => void, signal: AbortSignal): void;
}

/** The one step cursor of everything that shows the run. null: at the latest step. */
export interface Cursor {
  readonly step: number | null;
  set(step: number | null): void;
  subscribe(listener: () => void, signal: AbortSignal): void;
}

export interface Theme {
  readonly dark: boolean;
  readonly font: string;
  readonly background: string;
  readonly surface: string;
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly warning: string;
  readonly good: string;
  /** The hue of a role when one family is shown, of a family when several are. */
  role(role: Role): string;
  family(index: number): string;
  /** A sequence from blue to purple, `share` from 0 (first layer) to 1 (last). */
  depth(share: number): string;
}

/** What the panels of one view share. */
export interface Scene {
  /** The runs that are shown. */
  readonly stores: readonly Store[];
  /** All there are, and which of them are shown. */
  readonly runs: Runs;
  readonly cursor: Cursor;
  /** How often any run has changed. */
  readonly changes: number;
  readonly theme: Theme;
  /** While the page is printed, when all of it is drawn, whether it is in sight or not. */
  readonly printed?: boolean;
  /** Debiased exponential smoothing as in TensorBoard, 0 (off) to 0.999. */
  smoothing: number;
  /** Whether rows that a restart superseded are shown. */
  superseded: boolean;
  /** The steps that the charts and the scrubber's window show, null for all; one range for the whole view. Setting it draws. */
  zoom: readonly [number, number] | null;
  /** Tag of the histograms of the layer that the reader chose in any panel; setting it tells the kernel and draws. */
  layer: string | null;
  readonly panels: readonly string[];
  readonly title: string;
  /** Keys (`seriesKey`) of the series the reader switched off. */
  readonly hidden: Set<string>;
  /** Tags the view was restricted to, or null for all. */
  readonly tags: readonly string[] | null;
  /** Smallest and largest step over all series, null while there is none. */
  range(): readonly [number, number] | null;
  /** Milliseconds, as given to the animation frame. */
  now(): number;
  /** The knobs that only this kind of view has, by their traits' names. */
  readonly knobs: Map<string, unknown>;
  /** Keeps what the reader has chosen, where there is somebody to keep it. */
  keep?: (knob: string) => void;
  /** Whether a screen reader is told how training goes. */
  speech: boolean;
  /** Says words to a screen reader, in the one live region of the view. */
  say(words: string): void;
  /** Draw once more in the next animation frame; many calls, one frame. */
  request(): void;
}

/** A part of a view. Listeners are registered with the signal it was made with, so that nothing has to be disposed of. */
export interface Panel {
  readonly element: HTMLElement;
  /** Brings the element up to date; true asks for another frame (something is easing). */
  draw(): boolean;
}

export type MakePanel = (scene: Scene, signal: AbortSignal) => Panel;

const numbers = new WeakMap<Store, number>();
let counted = 0;

/** Tells series apart, also those of runs that share a name. */
export function seriesKey(store: Store, series: Series): string {
  let number = numbers.get(store);
  if (number === undefined) numbers.set(store, (number = counted++));
  return `${number}\n${series.tag}`;
}
