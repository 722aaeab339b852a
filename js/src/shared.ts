/** What the charts of one view share, and what each gathers of its lines until something of them changes. */

import type { Drawn } from "./drawn";
import type { Horizontal } from "./horizontal";
import type { LegendState } from "./legend";
import type { Stroke } from "./line";
import type { Mark } from "./model";

/** What the charts of one view have in common: where the steps lie, and where the pointer is. */
export interface Shared {
  readonly horizontal: Horizontal;
  /** Room for the labels of the values, the same in all charts so that their steps line up. */
  left: number;
  /** The same of the axes on the right. */
  right: number;
  hover: { readonly step: number; readonly chart: string; readonly y: number } | null;
  readonly families: number;
  /** Rows of the series that has most. */
  readonly densest: number;
  /** Milliseconds of this frame. */
  readonly now: number;
  readonly still: boolean;
  /** Changes with whatever lines are drawn from, by which those of the frame before are known to be right. */
  readonly state: string;
}

/** The lines of a chart, ready to be drawn. */
export interface Gathered {
  readonly state: string;
  readonly strokes: readonly Stroke[];
  readonly percent: boolean;
  readonly shown: readonly Drawn[];
  readonly marks: readonly Mark[];
  /** By which lines are told from those of another frame. */
  readonly stamp: string;
  readonly badge: LegendState["badge"];
}
