/** The cells of a layer map: one row of pixels for each layer, with the value that each pixel shows. */

import { bisectRight } from "d3-array";
import type { Domain } from "./axes";
import { LEVELS, scaled, type Reading, type Scale } from "./heat";
import { compute, inOrder, pastOf, type Computed, type MapLayer, type Points } from "./statistics";
import { isSuperseded } from "./restarts";

/** A cell reaches no further than so many of the usual distances between captures: beyond it the layer has none. */
const REACH = 2;
const SAMPLES = 64;

/** The usual distance between two points, by the median of some. */
export function strideOf({ steps, length }: Points): number {
  const stride = Math.max(1, Math.floor(length / SAMPLES));
  const apart: number[] = [];
  for (let i = stride; i < length; i += stride) apart.push((steps[i] - steps[i - stride]) / stride);
  return apart.length ? apart.sort((a, b) => a - b)[apart.length >> 1] : 0;
}

/** The values of a layer as it is now, and those of its rows that a restart superseded, where they are shown. */
export interface Track {
  readonly points: Points;
  readonly past: Points | null;
  /** How far a value holds while no other follows. */
  readonly reach: number;
  /** What the points were computed from. */
  readonly computed: Computed | null;
}

export function trackOf({ series }: MapLayer, statistic: string, before: Track | null = null): Track {
  if (series.kind === "scalar") {
    const points = inOrder(series);
    return { points, past: series.past ? pastOf(series.past) : null, reach: series.rows > series.length ? Infinity : REACH * strideOf(points), computed: null };
  }
  const gone = series.superseded ? series.captures.filter(isSuperseded) : [];
  const computed = compute(gone.length ? series.captures.filter((each) => !isSuperseded(each)) : series.captures, statistic, before?.computed);
  const points = inOrder(computed);
  return { points, past: gone.length ? inOrder(compute(gone, statistic)) : null, reach: REACH * strideOf(points), computed };
}

/** The point known at a step, the last at or before it; −1 before the first and where the last reaches no longer. */
export function pointAt({ points, reach }: Track, step: number): number {
  const i = bisectRight(points.steps, step, 0, points.length) - 1;
  return i >= 0 && (i === points.length - 1 ? Infinity : Math.max(reach, 0)) >= step - points.steps[i] ? i : -1;
}

/** What of a row has been drawn already. */
interface Drawn {
  readonly length: number;
  readonly step: number;
  readonly value: number;
  readonly version: number;
  readonly past: boolean;
}

const NOTHING: Drawn = { length: 0, step: NaN, value: NaN, version: -1, past: false };

export class Strip {
  width = 0;
  /** Row by row: a value on its scale (`scaled`), NaN where there is none. */
  cells = new Float32Array(0);
  /** Whether a cell was superseded. */
  faint = new Uint8Array(0);
  tracks: Track[] = [];
  /** Rows and pixels were drawn for this. */
  private key = "";
  private drawn: Drawn[] = [];
  private domain: Domain = [0, 1];

  /** Draws what is new; returns the first column of pixels that changed, `width` where none did. */
  update(layers: readonly MapLayer[], statistic: string, reading: Reading, domain: Domain, width: number): number {
    const key = [statistic, domain, width, ...layers.map((layer) => layer.key)].join("\n");
    if (key !== this.key) {
      [this.key, this.width, this.domain] = [key, width, domain];
      this.cells = new Float32Array(width * layers.length).fill(NaN);
      this.faint = new Uint8Array(width * layers.length);
      this.drawn = layers.map(() => NOTHING);
    }
    this.tracks.length = layers.length;
    return layers.reduce((first, layer, row) => Math.min(first, this.updateRow(row, layer, statistic, reading)), width);
  }

  private updateRow(row: number, layer: MapLayer, statistic: string, reading: Reading): number {
    const before = this.drawn[row];
    if (before.version === layer.series.version) return this.width;
    const track = (this.tracks[row] = trackOf(layer, statistic, this.tracks[row]));
    const { points, past } = track;
    const at = before.length - 1;
    const grown = !past && !before.past && at >= 0 && points.steps[at] === before.step && Object.is(points.values[at], before.value);
    const last = points.length - 1;
    this.drawn[row] = { length: points.length, step: points.steps[last], value: points.values[last], version: layer.series.version, past: past !== null };
    if (grown && points.length >= before.length) return this.fill(row, track, at, reading, 0);
    this.cells.fill(NaN, row * this.width, (row + 1) * this.width);
    if (past) this.fill(row, { points: past, past: null, reach: REACH * strideOf(past), computed: null }, 0, reading, 1);
    this.fill(row, track, 0, reading, 0);
    return 0;
  }

  /** Fills the cells of the points from `from` on; of several in one pixel the largest shows, what is broken before all. */
  private fill(row: number, { points: { steps, values, length }, reach }: Track, from: number, reading: Reading, faint: 0 | 1): number {
    const base = row * this.width;
    let [before, first] = [-1, this.width];
    for (let i = from; i < length; i++) {
      const left = Math.min(this.width - 1, this.pixel(steps[i]));
      if (left < 0) continue;
      const held = i + 1 < length ? Math.min(steps[i + 1], steps[i] + reach) : steps[i] + (reach / REACH || Infinity);
      const right = Math.max(left + 1, Math.min(this.width, this.pixel(held)));
      let value = scaled(reading, values[i]);
      const known = this.cells[base + left];
      // A pixel's first point of those drawn now may share it with points drawn before.
      if ((left === before || (i === from && from > 0)) && known > value) value = known;
      this.cells.fill(value, base + left, base + right);
      this.faint.fill(faint, base + left, base + right);
      before = left;
      first = Math.min(first, left);
    }
    return first;
  }

  private pixel(step: number): number {
    const [low, high] = this.domain;
    return Math.round(((step - low) / (high - low)) * this.width);
  }
}

/** The colours of the cells that are no value of the scale. */
export interface Special {
  readonly broken: number;
  readonly zero: number;
}

/** Of what was superseded. */
const FAINT_ALPHA = 0.4;

/** Colours the cells from a column on. */
export function colour({ cells, faint, width }: Strip, pixels: Uint32Array, from: number, scale: Scale, heat: Uint32Array, special: Special): void {
  const perUnit = (LEVELS - 1) / (scale.high - scale.low);
  const alpha = ((255 * FAINT_ALPHA) << 24) >>> 0;
  for (let start = 0; start < cells.length; start += width) {
    for (let at = start + from; at < start + width; at++) {
      const cell = cells[at];
      let color = 0;
      if (cell === Infinity) color = special.broken;
      else if (cell === -Infinity) color = special.zero;
      else if (cell === cell) color = heat[Math.max(0, Math.min(LEVELS - 1, ((cell - scale.low) * perUnit) | 0))];
      pixels[at] = color && faint[at] ? ((color & 0xffffff) | alpha) >>> 0 : color;
    }
  }
}

/** The stretches of cells of one kind, as row, first and last column plus one; not more than `most` of them. */
export function stretches({ cells, width }: Strip, value: number, most: number): [number, number, number][] {
  const found: [number, number, number][] = [];
  for (let at = cells.indexOf(value); at >= 0 && found.length < most; at = cells.indexOf(value, at)) {
    const row = Math.floor(at / width);
    const end = (row + 1) * width;
    const start = at;
    while (at < end && cells[at] === value) at++;
    found.push([row, start - row * width, at - row * width]);
  }
  return found;
}
