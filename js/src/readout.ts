/** What a chart says in words: its title line, its tooltip, its description for who does not see it. */

import { formatDuration, formatExact, formatStep, valueFormat, type Domain } from "./axes";
import type { Best, LegendState } from "./legend";
import type { Stroke } from "./line";
import { rowAt } from "./survey";
import type { TooltipRow, TooltipState } from "./tooltip";

const compact = (count: number): string => (count < 10 ? count.toFixed(1).replace(/\.0$/, "") : String(Math.round(count)));

/** What the title line reads at a step, or of the latest where there is none. */
export function legendOf(
  strokes: readonly Stroke[], step: number | null, y: Domain, percent: boolean, hidden: ReadonlySet<string>, families: number,
): LegendState {
  const text = valueFormat(y, percent);
  const items = strokes.map((stroke) => {
    const { line: { key, series }, label, color, dash, shown } = stroke;
    const row = step === null ? series.length - 1 : rowAt(series, step);
    const value = row < 0 ? "\u2013" : text(shown[row]);
    const note = row >= 0 && shown !== series.values ? `smoothed ${value}, logged ${formatExact(series.values[row], percent)}` : "";
    const finite = row < 0 || Number.isFinite(shown[row]);
    return { key, label, name: label || series.tag, color, dash, value, note, finite, hidden: hidden.has(key) };
  });
  const width = Math.max(text(y[0]).length, text(y[1]).length) - (percent ? 0.9 : 0.4);
  return { items, best: bestOf(strokes, text, families), badge: badgeOf(strokes), width };
}

/** The title line as a sentence. */
export function sentenceOf(name: string, { items, best }: LegendState, step: number | null): string {
  const said = items.filter((item) => !item.hidden).map((item) => `${item.name} ${item.value}`).join(", ");
  const at = step === null ? "latest" : `at step ${formatStep(step)}`;
  return `${name}, ${at}: ${said || "nothing shown"}.${best ? ` Best ${best.text} at step ${formatStep(best.step)}.` : ""}`;
}

/** The best finite value ever logged, of validation where there is such a series. */
function bestOf(strokes: readonly Stroke[], text: (value: number) => string, families: number): Best | null {
  const role = (["validation", "test", "train"] as const).find((each) =>
    strokes.some(({ line, survey }) => line.series.place.role === each && survey.finite > 0));
  let found: { value: number; step: number; whose: string } | null = null;
  for (const { line, survey } of strokes) {
    const { best, role: own } = line.series.place;
    if (own !== role || best === "" || survey.finite === 0) continue;
    const [value, step] = best === "min" ? [survey.low, survey.lowStep] : [survey.high, survey.highStep];
    const better = !found || (best === "min" ? value < found.value : value > found.value);
    if (better) found = { value, step, whose: families > 1 ? line.store.family : "" };
  }
  return found && { text: text(found.value), step: found.step, whose: found.whose };
}

function badgeOf(strokes: readonly Stroke[]): { text: string; title: string } | null {
  const reduced = strokes.map(({ line }) => line.series).filter(({ rows, length }) => rows > length && length > 0);
  if (reduced.length === 0) return null;
  const most = reduced.reduce((a, b) => (a.rows / a.length > b.rows / b.length ? a : b));
  const title = `${formatStep(most.rows)} rows drawn from ${formatStep(most.length)} kept: every minimum and maximum is there`;
  return { text: `1\u2009:\u2009${compact(most.rows / most.length)}`, title };
}

/** What lies at a step, exactly, and the steps that must stay uncovered. */
export function tooltipOf(strokes: readonly Stroke[], step: number, percent: boolean): TooltipState & { readonly steps: readonly number[] } {
  const points = strokes.map((stroke) => ({ stroke, row: rowAt(stroke.line.series, step) })).filter(({ row }) => row >= 0);
  const rows = points.map(({ stroke: { line: { series }, label, color }, row }): TooltipRow => {
    const at = series.steps[row] === step ? "" : ` at ${formatStep(series.steps[row])}`;
    return { color, label: (label || series.tag) + at, value: formatExact(series.values[row], percent) };
  });
  for (const { line: { series: { tag } }, label, color, past } of strokes) {
    const row = past ? rowAt(past.series, step) : -1;
    if (row < 0 || past!.series.steps[row] !== step) continue;
    rows.push({ color, label: `${label || tag}, superseded`, value: formatExact(past!.series.values[row], percent) });
  }
  const read = points.reduce((wall, { stroke, row }) => Math.max(wall, stroke.line.series.walls[row]), -Infinity);
  const begun = Math.min(...strokes.map(({ line }) => line.series.walls[0]));
  return {
    heading: `step ${formatStep(step)}`,
    note: Number.isFinite(read - begun) ? `after ${formatDuration(read - begun)}` : "",
    kind: points.some(({ stroke }) => stroke.shown !== stroke.line.series.values) ? "as logged" : "",
    rows,
    steps: points.map(({ stroke, row }) => stroke.line.series.steps[row]),
  };
}
