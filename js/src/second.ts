/** The axis on the right of a chart, for the lines that ask for it. */

import type { Domain } from "./axes";
import type { Drawn } from "./drawn";
import { valueAxis } from "./grid";
import type { Horizontal } from "./horizontal";
import type { Plot, Stroke } from "./line";
import type { Scene } from "./model";
import { unprojected } from "./projection";
import { isPercent } from "./strokes";
import { Vertical } from "./vertical";

/** How values of one side are written. */
export interface Axis {
  readonly ends: Domain;
  readonly percent: boolean;
}

/** Pixels beside a plot that the labels of an axis take, in steps so that it seldom changes. */
export function labelRoom(context: CanvasRenderingContext2D, target: Domain, height: number, percent: boolean, log: boolean): number {
  const { values, text } = valueAxis(target, height, percent, log);
  const widest = Math.max(0, ...values.map((value) => context.measureText(text(value)).width));
  return Math.ceil((widest + 14) / 8) * 8;
}

/** It moves as the left one does; there is none while no line stands on it. */
export class SecondAxis {
  axis: Axis | null = null;
  readonly vertical: Vertical;

  constructor(scene: Scene, chart: string, horizontal: Horizontal) {
    this.vertical = new Vertical(scene, `${chart} (right)`, horizontal);
  }

  /** `strokes` are all of the chart, `shown` those that are not hidden. */
  update(strokes: readonly Stroke[], shown: readonly Drawn[], stamp: string, now: number, still: boolean): void {
    const own = strokes.filter(({ line }) => line.right);
    const percent = isPercent(own);
    this.axis = null;
    if (own.length === 0) return;
    this.vertical.update(shown.filter(({ stroke }) => stroke.line.right), percent, stamp, now, still);
    this.axis = { ends: unprojected(this.vertical.domain.target!, this.vertical.log), percent };
  }

  /** Room that its labels take. */
  room(context: CanvasRenderingContext2D, height: number): number {
    const { domain: { target }, log } = this.vertical;
    return this.axis ? labelRoom(context, target!, height, this.axis.percent, log) : 0;
  }

  of(plot: Plot, now: number): Plot["second"] {
    const { domain, log } = this.vertical;
    return this.axis ? { plot: { ...plot, y: domain.at(now), percent: this.axis.percent, logy: log }, target: domain.target! } : undefined;
  }

  moving(now: number): boolean {
    return this.axis !== null && this.vertical.domain.moving(now);
  }
}
