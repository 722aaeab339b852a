/** From a place in a chart back to a step, and from a step to its place. */

import { bisectLeft } from "d3-array";
import type { Drawn } from "./drawn";
import type { Horizontal } from "./horizontal";
import { project, unproject } from "./projection";
import { loggedStep, rowAt } from "./survey";

/** The logged step whose place is nearest to a coordinate. */
export function nearestStep(horizontal: Horizontal, all: readonly Drawn[], x: number): number | null {
  if (horizontal.axis === "step") {
    const series = all.flatMap(({ line, past }) => (past ? [line.series, past.series] : [line.series]));
    return loggedStep(series, unproject(x, horizontal.log), 0);
  }
  let [step, distance]: [number | null, number] = [null, Infinity];
  const see = (at: number, candidate: number): void => {
    if (!(Math.abs(at - x) < distance)) return;
    distance = Math.abs(at - x);
    step = candidate;
  };
  for (const { line: { x: places, sorted, series: { steps, length } } } of all) {
    const row = sorted ? bisectLeft(places, x, 0, length) : length;
    for (let i = sorted ? Math.max(0, row - 1) : 0; i < Math.min(length, row + 1); i++) see(places[i], steps[i]);
  }
  return step;
}

/** Where a step stands: that of the row nearest to it, where rows are not laid out by steps; NaN for nowhere. */
export function placeOf(horizontal: Horizontal, all: readonly Drawn[], step: number): number {
  if (horizontal.axis === "step") return project(step, horizontal.log);
  let [place, distance] = [NaN, Infinity];
  for (const { line: { x, series } } of all) {
    const row = rowAt(series, step);
    for (const each of [row, row + 1]) {
      if (each < 0 || each >= series.length || Number.isNaN(x[each]) || Math.abs(series.steps[each] - step) >= distance) continue;
      distance = Math.abs(series.steps[each] - step);
      place = x[each];
    }
  }
  return place;
}
