/** Where the rows of a view's charts stand: the one place that knows steps from epochs and times. */

import { EasedDomain, roundUp, stepDomain, type Domain } from "./axes";
import { Epochs, epochSeries } from "./epochs";
import type { Scalars, Scene, Store } from "./model";
import { project, unproject } from "./projection";
import { plannedOf } from "./range";
import { axisOf, isLogX, type Axis } from "./reading";

/** Coordinates of a series' rows. */
export interface Places {
  readonly x: Float64Array;
  readonly low: number;
  readonly high: number;
  /** They never go back, so that what lies in a range can be found by bisection. */
  readonly sorted: boolean;
  /** Rows that have no coordinate: steps that a logarithm cannot show, or a run without epochs. */
  readonly missing: number;
}

interface Placed {
  readonly key: string;
  readonly store: Store;
  readonly series: Scalars;
}

/** Up to so many of what an axis counts, a growing axis needs no room. */
const LEAST: Record<Axis, number> = { step: 10, epoch: 1, relative: 10, wall: 10 };
/** A zoom takes in at least so many steps. */
const NARROWEST = 2;

export class Horizontal {
  readonly domain = new EasedDomain();
  axis: Axis = "step";
  log = false;
  /** Coordinates of the first and the last row shown. */
  whole: Domain | null = null;
  private readonly kept = new Map<string, { state: string; room: Float64Array; places: Places }>();
  private readonly epochs = new WeakMap<Scalars, { version: number; epochs: Epochs }>();
  private lines: readonly Placed[] = [];
  /** The last step there is going to be, as far as anybody said; NaN elsewhere than in steps. */
  private planned = NaN;
  /** The exact coordinates of a zoom made here, as steps are whole. */
  private window: { readonly steps: Scene["zoom"]; readonly domain: Domain } | null = null;
  private direct = false;
  /** Where a gesture has just zoomed to, which the next frame shows. */
  private coming: Domain | null = null;
  private mode = "";

  /** Brings the axis up to date with the lines of all charts. */
  update(scene: Scene, lines: readonly Placed[], growing: boolean, now: number, still: boolean): void {
    this.lines = lines;
    const asked = axisOf(scene);
    this.axis = asked === "epoch" && !scene.stores.some(epochSeries) ? "step" : asked;
    this.log = isLogX(scene);
    const mode = `${this.axis} ${this.log}`;
    const changed = mode !== this.mode;
    if (changed) this.window = null;
    this.mode = mode;
    const range = scene.range();
    if (!range) return;
    this.whole = this.ends(range);
    this.planned = this.axis === "step" ? (plannedOf(scene.stores) ?? NaN) - 1 : NaN;
    const zoomed = scene.zoom && this.zoomed(scene.zoom);
    const target = zoomed ?? this.grown(changed ? null : this.domain.target, growing);
    this.domain.send(target, now, still || this.direct || changed);
    this.direct = false;
    this.coming = null;
  }

  /** Where the rows of a series stand. */
  places({ key, store, series }: Placed): Places {
    if (this.axis === "step" && !this.log) {
      const { steps, length, monotone } = series;
      const ends = monotone && length ? [steps[0], steps[length - 1]] : null;
      return { x: steps, low: ends?.[0] ?? -Infinity, high: ends?.[1] ?? Infinity, sorted: monotone, missing: 0 };
    }
    const epoch = this.axis === "epoch" ? epochSeries(store) : null;
    const begun = this.axis === "relative" ? begin(store) : 0;
    const state = [series.version, series.length, this.mode, epoch?.version, begun].join();
    const kept = this.kept.get(key);
    if (kept?.state === state) return kept.places;
    const room = kept && kept.room.length >= series.length ? kept.room : new Float64Array(Math.ceil(series.length * 1.25));
    const places = this.fill(room, store, series, begun);
    this.kept.set(key, { state, room, places });
    return places;
  }

  private fill(x: Float64Array, store: Store, series: Scalars, begun: number): Places {
    const at = this.coordinate(store, series, begun);
    let [low, high, missing, sorted, last] = [Infinity, -Infinity, 0, true, -Infinity];
    for (let row = 0; row < series.length; row++) {
      const place = project(at(row), this.log);
      x[row] = place;
      if (Number.isNaN(place)) {
        missing++;
        continue;
      }
      if (place < last) sorted = false;
      last = place;
      if (place < low) low = place;
      if (place > high) high = place;
    }
    return { x, low, high, sorted: sorted && missing === 0, missing };
  }

  private coordinate(store: Store, { steps, walls }: Scalars, begun: number): (row: number) => number {
    if (this.axis === "wall") return (row) => walls[row];
    if (this.axis === "relative") return (row) => walls[row] - begun;
    if (this.axis === "step") return (row) => steps[row];
    const epochs = this.epochsOf(store);
    return (row) => epochs?.at(steps[row]) ?? NaN;
  }

  private epochsOf(store: Store): Epochs | null {
    const series = epochSeries(store);
    if (!series) return null;
    let known = this.epochs.get(series);
    if (known?.version !== series.version) this.epochs.set(series, (known = { version: series.version, epochs: new Epochs(series) }));
    return known.epochs;
  }

  /** Steps of an epoch around a step, where rows are laid out by epochs; else NaN. */
  stepsAnEpoch(store: Store, step: number): number {
    const epochs = this.axis === "epoch" ? this.epochsOf(store) : null;
    return epochs ? 1 / (epochs.at(step + 1) - epochs.at(step)) : NaN;
  }

  private ends(range: readonly [number, number]): Domain {
    if (this.axis === "step" && !this.log) return [range[0], range[1]];
    const all = this.lines.map((line) => this.places(line)).filter(({ low, high }) => low <= high);
    if (!all.length) return [0, 1];
    return [Math.min(...all.map(({ low }) => low)), Math.max(...all.map(({ high }) => high))];
  }

  /** The whole run, with room beyond it while it grows. */
  private grown(current: Domain | null, growing: boolean): Domain {
    const [low, high] = this.whole!;
    if (!this.log) {
      const [start, end] = stepDomain(current, low, high, growing, LEAST[this.axis]);
      return [start, growing && this.planned >= high && this.planned > start ? Math.min(end, this.planned) : end];
    }
    const end = growing ? Math.log10(roundUp(10 ** high, 1)) : high;
    if (growing && current && current[0] === low && high <= current[1] && end >= current[1] - 0.2) return current;
    return [low, end > low ? end : low + 1];
  }

  private zoomed(steps: readonly [number, number]): Domain {
    if (this.window?.steps === steps) return this.window.domain;
    const domain: [number, number] = this.axis === "step"
      ? [project(steps[0], this.log), project(steps[1], this.log)]
      : this.span(({ series }, x, row) => (series.steps[row] >= steps[0] && series.steps[row] <= steps[1] ? x[row] : NaN));
    if (!(domain[0] >= this.whole![0])) domain[0] = this.whole![0];
    return domain[0] < domain[1] ? domain : this.whole!;
  }

  /** The smallest and the largest of what rows give, NaN for nothing. */
  private span(of: (line: Placed, x: Float64Array, row: number) => number): [number, number] {
    const found: [number, number] = [Infinity, -Infinity];
    for (const line of this.lines) {
      const { x } = this.places(line);
      for (let row = 0; row < line.series.length; row++) {
        const value = of(line, x, row);
        if (value < found[0]) found[0] = value;
        if (value > found[1]) found[1] = value;
      }
    }
    return found;
  }

  /** Zooms to coordinates, or to the whole run where these cover it; `direct` follows a hand without easing. */
  zoom(scene: Scene, [from, to]: Domain, direct = false): void {
    if (!this.whole) return;
    const [low, high] = this.whole;
    const width = Math.min(to - from, high - low);
    const start = Math.min(Math.max(from, low), high - width);
    const domain: Domain = [start, start + width];
    if (width >= (high - low) * (1 - 1e-6)) return this.reset(scene);
    const steps = this.stepsIn(domain);
    if (!steps) return;
    this.window = { steps, domain };
    this.coming = domain;
    this.direct = direct;
    scene.zoom = steps;
  }

  reset(scene: Scene): void {
    this.window = null;
    this.coming = this.whole;
    if (scene.zoom) scene.zoom = null;
  }

  private stepsIn([from, to]: Domain): readonly [number, number] | null {
    if (this.axis === "step") {
      const [first, last] = [unproject(from, this.log), unproject(to, this.log)];
      return last - first >= NARROWEST ? [Math.floor(first), Math.ceil(last)] : null;
    }
    const steps = this.span(({ series }, x, row) => (x[row] >= from && x[row] <= to ? series.steps[row] : NaN));
    return steps[0] < steps[1] ? steps : null;
  }

  /** The domain shown now, from which a gesture goes on. */
  get shown(): Domain | null {
    return this.coming ?? this.domain.target;
  }
}

const begin = ({ series }: Store): number => {
  let first = Infinity;
  for (const each of series.values()) if (each.kind === "scalar" && each.length) first = Math.min(first, each.walls[0]);
  return first;
};
