/** How the reader of a view wants its charts: traits that a page may set too, each checked where it is read. */

import type { Domain } from "./axes";
import type { Scene } from "./model";

/** What the rows are laid out by. The cursor is a step whichever it is. */
export const AXES = ["step", "epoch", "relative", "wall"] as const;
export type Axis = (typeof AXES)[number];
/** What comes first in a tooltip. */
export const ORDERS = ["nearest", "value", "name"] as const;
export type Order = (typeof ORDERS)[number];

type Knobs = Pick<Scene, "knobs">;

const oneOf = <Choice extends string>(choices: readonly Choice[], value: unknown): Choice =>
  choices.includes(value as Choice) ? (value as Choice) : choices[0];

export const axisOf = ({ knobs }: Knobs): Axis => oneOf(AXES, knobs.get("x"));
export const orderOf = ({ knobs }: Knobs): Order => oneOf(ORDERS, knobs.get("order"));
export const isLogX = ({ knobs }: Knobs): boolean => knobs.get("logx") === true && knobs.get("x") !== "wall";
/** Whether value axes make room for outliers. */
export const fitsOutliers = ({ knobs }: Knobs): boolean => knobs.get("outliers") !== false;

const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
export const isLogY = ({ knobs }: Knobs, chart: string): boolean => list(knobs.get("logy")).includes(chart);

/** The ends of a chart's value axis that were set by hand, or null. */
export function limitsOf({ knobs }: Knobs, chart: string): Domain | null {
  const all = knobs.get("limits");
  if (typeof all !== "object" || all === null || !Object.hasOwn(all, chart)) return null;
  const limits = (all as Record<string, unknown>)[chart];
  if (!Array.isArray(limits) || limits.length !== 2 || !limits.every(Number.isFinite)) return null;
  return limits[0] < limits[1] ? [limits[0], limits[1]] : null;
}

/** Changes a trait, tells whoever keeps it, and draws. */
export function choose(scene: Scene, knob: string, value: unknown): void {
  scene.knobs.set(knob, value);
  scene.keep?.(knob);
  scene.request();
}

export function setLimits(scene: Scene, chart: string, limits: Domain | null): void {
  const { [chart]: _, ...others } = (scene.knobs.get("limits") ?? {}) as Record<string, Domain>;
  choose(scene, "limits", limits ? { ...others, [chart]: limits } : others);
}

export function toggleLogY(scene: Scene, chart: string): void {
  const charts = list(scene.knobs.get("logy"));
  choose(scene, "logy", charts.includes(chart) ? charts.filter((each) => each !== chart) : [...charts, chart]);
}

/** The zoom that a trait holds: two increasing steps, or none. */
export function zoomOf(value: unknown): readonly [number, number] | null {
  if (!Array.isArray(value) || value.length !== 2 || !value.every(Number.isFinite)) return null;
  return value[0] < value[1] ? (value as [number, number]) : null;
}
