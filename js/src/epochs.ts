/** Where steps stand among the epochs of a run, by the run's own series of that name. */

import { bisectRight } from "d3-array";
import type { Scalars, Store } from "./model";

/** The series of a run that says its epochs. */
export function epochSeries({ series }: Pick<Store, "series">): Scalars | null {
  const found = series.get("epoch") ?? [...series.values()].find(({ tag }) => /(^|\/)epoch$/i.test(tag));
  return found?.kind === "scalar" && found.length > 0 ? found : null;
}

/**
 * Steps and epochs at which the epoch changed, both increasing in steps. It may be logged once an epoch or with every
 * batch, where it stays the same for many rows: between two changes time passes evenly.
 */
export class Epochs {
  private readonly steps: number[] = [];
  private readonly epochs: number[] = [];

  constructor({ steps, values, length, monotone }: Scalars) {
    let rows = Array.from({ length }, (_, row) => row).filter((row) => Number.isFinite(values[row]));
    if (!monotone) rows = rows.sort((a, b) => steps[a] - steps[b] || a - b);
    for (const row of rows) {
      const last = this.steps.length - 1;
      if (values[row] === this.epochs[last]) continue;
      if (steps[row] === this.steps[last]) this.epochs[last] = values[row];
      else {
        this.steps.push(steps[row]);
        this.epochs.push(values[row]);
      }
    }
  }

  /** The epoch at a step, with its fraction; beyond the last change it goes on at the pace before. */
  at(step: number): number {
    const { steps, epochs } = this;
    if (steps.length < 2) return epochs.length ? epochs[0] : NaN;
    const after = Math.min(steps.length - 1, Math.max(1, bisectRight(steps, step)));
    const share = (step - steps[after - 1]) / (steps[after] - steps[after - 1]);
    return epochs[after - 1] + share * (epochs[after] - epochs[after - 1]);
  }
}
