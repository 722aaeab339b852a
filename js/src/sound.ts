/** A curve as sound: what is heard of it, without a page and without an audio device. */

import { bottomOf, rightOf, TOP, toX, toY, type Plot } from "./line";

/**
 * Height is pitch, exponentially over three octaves (equal steps sound equal), x is time and place between the ears, series
 * sound together in timbres of their own, 50 ms a value. So say the guidelines of Brown, Brewster, Ramloll, Burton and Riedel,
 * "Design guidelines for audio presentation of graphs and tables", Proc. ICAD 2003, 284–287: pitches between MIDI's 35 and
 * 100 (ours are 57 to 93), 50 to 70 ms a value, in parallel, told apart by their instruments.
 */
const LOWEST = 220;
const OCTAVES = 3;
export const NOTES = 60;
export const SECONDS = 3;
/** Further to one side than this a sound would leave the other ear. */
const WIDEST = 0.8;
/** From this share of the height on a spike is heard in place of the values around it. */
const SPIKE = 0.2;

const within = (share: number): number => Math.min(1, Math.max(0, share));

/** Hertz of a height, 0 (bottom of the plot) to 1 (top). */
export const frequencyOf = (height: number): number => LOWEST * 2 ** (OCTAVES * within(height));

/** Between the left ear (−1) and the right (1). */
export const panOf = (place: number): number => WIDEST * (2 * within(place) - 1);

/** What is heard of one series. */
export interface Voice {
  /** Heights from left to right, 0 to 1; NaN where it is silent. */
  readonly heights: Float64Array;
  /** Notes at which values that are not finite begin. */
  readonly broken: readonly number[];
}

/** What can be played, by the element that shows it; nothing while there is none. */
export const audible = new WeakMap<Element, () => readonly Voice[]>();

/** A point of a curve, both coordinates 0 to 1; a height of NaN is a value that is not finite. */
export type Spot = readonly [place: number, height: number];

/** The note of several values: their mean, or the spike among them. */
function noteOf(heights: readonly number[]): number {
  const mean = heights.reduce((sum, height) => sum + height, 0) / heights.length;
  const far = heights.reduce((most, height) => (Math.abs(height - mean) > Math.abs(most - mean) ? height : most), mean);
  return Math.abs(far - mean) > SPIKE ? far : mean;
}

/** Where a line is drawn between two values it is heard as well. */
function bridge(heights: Float64Array, from: number, to: number): void {
  for (let i = from + 1; i < to; i++) heights[i] = heights[from] + ((heights[to] - heights[from]) * (i - from)) / (to - from);
}

export function voiceOf(spots: Iterable<Spot>): Voice {
  const heights = new Float64Array(NOTES).fill(NaN);
  const broken: number[] = [];
  let [note, last] = [-1, -1];
  let here: number[] = [];
  const close = (): void => {
    if (!here.length) return;
    heights[note] = noteOf(here);
    if (last >= 0) bridge(heights, last, note);
    last = note;
    here = [];
  };
  let whole = true;
  for (const [place, height] of spots) {
    if (!(place >= 0 && place <= 1)) continue;
    const to = Math.min(NOTES - 1, Math.floor(place * NOTES));
    if (to !== note) {
      close();
      note = to;
    }
    if (!Number.isNaN(height)) here.push(within(height));
    else {
      close();
      if (whole) broken.push(note);
      last = -1;
    }
    whole = !Number.isNaN(height);
  }
  close();
  return { heights, broken };
}

/** Columns in the coordinates of a plot. */
export interface Curve {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly length: number;
}

function* spotsOf(plot: Plot, { x, y, length }: Curve): Iterable<Spot> {
  const [width, bottom] = [rightOf(plot) - plot.left, bottomOf(plot)];
  for (let row = 0; row < length; row++) {
    const place = (toX(plot, x[row]) - plot.left) / width;
    yield [place, Number.isFinite(y[row]) ? (bottom - toY(plot, y[row])) / (bottom - TOP) : NaN];
  }
}

/** What is heard of a line in a chart: what is seen of it, smoothed and zoomed as it is. */
export const voiceIn = (plot: Plot, curve: Curve): Voice => voiceOf(spotsOf(plot, curve));
