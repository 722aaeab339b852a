/** What a chart says in words: its title line, its tooltip, its description for who does not see it. */

import { formatExact, formatStep, valueFormat, type Domain } from "./axes";
import type { Best, LegendState } from "./legend";
import type { Stroke } from "./line";
import type { Store } from "./model";
import { slopeAt, slopeWords } from "./slope";
import { rowAt } from "./survey";

const compact = (count: number): string => (count < 10 ? count.toFixed(1).replace(/\.0$/, "") : String(Math.round(count)));

/** What the title line reads at a step, or of the latest where there is none. */
export function legendOf(
  strokes: readonly Stroke[], step: number | null, y: Domain, percent: boolean, hidden: ReadonlySet<string>, families: number,
  epoch: (store: Store, step: number) => number = () => NaN,
): LegendState {
  const text = valueFormat(y, percent);
  const items = strokes.map((stroke) => {
    const { line: { key, store, series }, label, color, dash, shown } = stroke;
    const row = step === null ? series.length - 1 : rowAt(series, step);
    const value = row < 0 ? "\u2013" : text(shown[row]);
    const note = [
      row >= 0 && shown !== series.values ? smoothedWords(stroke, value, formatExact(series.values[row], percent)) : "",
      slopeWords(slopeAt(series, row, epoch(store, series.steps[row])), percent),
    ].filter(Boolean).join("\n");
    const finite = row < 0 || Number.isFinite(shown[row]);
    return { key, label, name: label || series.tag, color, dash, value, note, finite, hidden: hidden.has(key) };
  });
  const width = Math.max(text(y[0]).length, text(y[1]).length) - (percent ? 0.9 : 0.4);
  return { items, best: bestOf(strokes, text, families), badge: badgeOf(strokes), width };
}

/** A reduced series is smoothed over the points that are kept of it. */
function smoothedWords({ line: { series } }: Stroke, value: string, logged: string): string {
  const over = series.rows > series.length ? ` over the ${formatStep(series.length)} of ${formatStep(series.rows)} points kept` : "";
  return `smoothed ${value}${over}, logged ${logged}`;
}

/** The title line as a sentence; `notes` were made at the step. */
export function sentenceOf(name: string, { items, best }: LegendState, step: number | null, notes = ""): string {
  const said = items.filter((item) => !item.hidden).map((item) => `${item.name} ${item.value}`).join(", ");
  const at = step === null ? "latest" : `at step ${formatStep(step)}`;
  return `${name}, ${at}${notes && ` (${notes})`}: ${said || "nothing shown"}.${best ? ` Best ${best.text} at step ${formatStep(best.step)}.` : ""}`;
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
