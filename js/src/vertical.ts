/** The value axis of one chart: what it spans, by hand or by what is visible. */

import { EasedDomain, formatStep, keepValueDomain, valueDomain, type Domain } from "./axes";
import { countOutside, extent, innerExtent, type Drawn } from "./drawn";
import type { Horizontal } from "./horizontal";
import type { Scene } from "./model";
import { logDomain } from "./projection";
import { fitsOutliers, isLogY, limitsOf } from "./reading";

const many = (count: number, what: string): string => `${formatStep(count)} ${what}${count === 1 ? "" : "s"}`;

export interface Unseen {
  readonly count: number;
  readonly brief: string;
  readonly full: string;
}

/** What the surveys of whole lines know already. */
function surveyed(all: readonly Drawn[]): Domain {
  const surveys = all.flatMap(({ stroke: { survey, past } }) => (past ? [survey, past.survey] : [survey]));
  return [Math.min(...surveys.map(({ low }) => low)), Math.max(...surveys.map(({ high }) => high))];
}

export class Vertical {
  readonly domain = new EasedDomain();
  log = false;
  private state = "";
  private ends: Domain = [Infinity, -Infinity];
  private outside = 0;

  constructor(private readonly scene: Scene, private readonly chart: string, private readonly horizontal: Horizontal) {}

  /** Whether the axis is to be logarithmic. */
  logOf(): boolean {
    return isLogY(this.scene, this.chart);
  }

  /** `stamp` tells whether the lines are those of the frame before. */
  update(all: readonly Drawn[], percent: boolean, stamp: string, now: number, still: boolean): void {
    const { scene, chart, horizontal } = this;
    const log = this.logOf();
    const limits = limitsOf(scene, chart);
    const inner = !fitsOutliers(scene);
    const within = scene.zoom && horizontal.shown ? horizontal.shown : ([-Infinity, Infinity] as const);
    const state = [stamp, log, inner, within, limits, horizontal.axis, horizontal.log].join("|");
    if (state === this.state && this.domain.target) return;
    const current = log === this.log ? this.domain.target : null;
    const redone = log !== this.log;
    this.log = log;
    const plain = !log && !inner && within[0] === -Infinity && !horizontal.log && horizontal.axis !== "epoch";
    this.ends = plain ? surveyed(all) : (inner ? innerExtent : extent)(all, within);
    const target = (limits && this.fixed(limits)) ?? this.fitting(current, percent);
    this.outside = inner || limits ? countOutside(all, within, target) : 0;
    this.state = state;
    this.domain.send(target, now, still || redone);
  }

  private fixed([low, high]: Domain): Domain | null {
    if (!this.log) return [low, high];
    if (high <= 0) return null;
    return [low > 0 ? Math.log10(low) : Math.min(this.ends[0], Math.log10(high) - 1), Math.log10(high)];
  }

  private fitting(current: Domain | null, percent: boolean): Domain {
    const [low, high] = this.ends;
    const next = this.log ? logDomain(10 ** low, 10 ** high) : valueDomain(low, high, percent);
    return keepValueDomain(current, low, high, percent, next);
  }

  /** What of the lines cannot be seen, in short and in full; nothing where all can. */
  said(all: readonly Drawn[]): readonly Unseen[] {
    const missing = all.reduce((sum, { line }) => sum + line.missing, 0);
    const unshown = all.reduce((sum, { line }) => sum + line.unshown, 0);
    const { axis, log } = this.horizontal;
    const place = axis === "relative" ? "at the start" : `at ${axis} \u2264 0`;
    const why = log ? place : `without ${axis === "epoch" ? "epoch" : "time"}`;
    return [
      { count: unshown, brief: "\u2264 0", full: `${many(unshown, "value")} \u2264 0 cannot be shown` },
      { count: missing, brief: why, full: `${many(missing, "point")} ${why} cannot be shown` },
      { count: this.outside, brief: "outside", full: `${many(this.outside, "point")} outside of what the axis spans` },
    ].filter(({ count }) => count > 0);
  }
}
