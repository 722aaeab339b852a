/**
 * Prints how the page lays out each chart on its input: where rows stand, both axes with their labels, what cannot be seen.
 * Driven by tests/test_picture_axes.py.
 */

import { readFileSync } from "node:fs";
import { FakeScene, FakeStore, scalars } from "../../js/dev/fake";
import { tickFormat, valueFormat } from "../../js/src/axes";
import { Coordinating } from "../../js/src/drawn";
import { horizontalAxis, valueAxis } from "../../js/src/grid";
import { Horizontal } from "../../js/src/horizontal";
import type { Stroke } from "../../js/src/line";
import type { Theme } from "../../js/src/model";
import { placeOf } from "../../js/src/nearest";
import { formatLogTick, unprojected } from "../../js/src/projection";
import { valueText } from "../../js/src/valueaxis";
import { Vertical } from "../../js/src/vertical";

interface Case {
  readonly steps: number[];
  readonly walls: number[];
  readonly values: Record<string, number[]>;
  readonly knobs: Record<string, unknown>;
  readonly cursor: number;
  readonly count: number;
}

/** In JSON what is no number is null. */
const numbers = (column: readonly (number | null)[]): number[] => column.map((each) => each ?? NaN);
const place = { chart: "loss", role: "train", unit: "", best: "", panel: "charts" } as const;

function laidOut({ steps, walls, values, knobs, cursor, count }: Case): unknown {
  const series = Object.entries(values).map(([tag, column]) =>
    scalars(tag, place, numbers(column), { steps: Float64Array.from(steps), walls: Float64Array.from(walls) }));
  const store = new FakeStore("run", series);
  const scene = new FakeScene([store], {} as Theme);
  for (const [knob, value] of Object.entries(knobs)) scene.knobs.set(knob, value);
  Object.assign(scene, { zoom: knobs.zoom ?? null });
  const horizontal = new Horizontal();
  const lines = series.filter(({ tag }) => tag === "loss").map((each) => ({ key: each.tag, store, series: each, family: 0, right: false }));
  horizontal.update(scene, lines, false, 0, true);
  const vertical = new Vertical(scene, "loss", horizontal);
  const strokes = lines.map((line) => {
    const finite = [...line.series.values].filter(Number.isFinite);
    return { line, shown: line.series.values, past: null, band: null, survey: { low: Math.min(...finite), high: Math.max(...finite) } } as unknown as Stroke;
  });
  const all = new Coordinating(horizontal).of(strokes, vertical.logOf(), () => "");
  vertical.update(all, false, "", 0, true);
  const [x, y] = [horizontal.domain.target!, vertical.domain.target!];
  const across = horizontalAxis({ axis: horizontal.axis, logx: horizontal.log, x }, count);
  const upwards = valueAxis(y, 200, false, vertical.log);
  return {
    axis: horizontal.axis,
    x: unprojected(x, horizontal.log), y: unprojected(y, vertical.log),
    across: across.values.map((value) => [value, across.text(value)]),
    upwards: upwards.values.map((value) => [value, upwards.text(value)]),
    cursor: horizontal.log ? 10 ** placeOf(horizontal, all, cursor) : placeOf(horizontal, all, cursor),
    unseen: vertical.said(all).map(({ full }) => full).join(", "),
  };
}

const written = ([low, high, value, step]: [number, number, number, number]): string[] => [
  valueFormat([low, high], false)(value), tickFormat([low, high], step, false)(value), valueText(value), formatLogTick(Math.abs(value), false),
];

const { cases, values } = JSON.parse(readFileSync(0, "utf-8"));
process.stdout.write(JSON.stringify({ cases: cases.map(laidOut), values: values.map(written) }));
