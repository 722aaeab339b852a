/** What a chart says in words: its title line, its tooltip, its description for who does not see it. */

import { formatExact, formatStep } from "./axes";
import { seen, type Seen, type Shown } from "./detail";
import type { Best, LegendState } from "./legend";
import type { Stroke } from "./line";
import type { Lack, Store } from "./model";
import type { Axis } from "./second";
import { slopeAt, slopeWords } from "./slope";
import { textsOf, type Texts } from "./strokes";
import { rowAt } from "./survey";

const compact = (count: number): string => (count < 10 ? count.toFixed(1).replace(/\.0$/, "") : String(Math.round(count)));

interface Telling {
  /** Whether the title line names a line. */
  readonly named: (stroke: Stroke, best: Best | null) => boolean;
  /** How many steps an epoch has. */
  readonly epoch: (store: Store, step: number) => number;
  readonly badge: LegendState["badge"];
}

/** What the title line reads at a step, or of the latest where there is none. */
export function legendOf(
  strokes: readonly Stroke[], step: number | null, left: Axis, right: Axis | null, hidden: ReadonlySet<string>, families: number,
  { named, epoch, badge }: Telling,
): LegendState {
  const texts = textsOf(left, right, strokes);
  const best = bestOf(strokes, texts, families);
  const told = strokes.filter((stroke) => named(stroke, best));
  const items = told.map((stroke) => {
    const { line: { key, store, series }, label, color, dash, shown } = stroke;
    const text = texts(stroke);
    const { percent } = (stroke.line.right && right) || left;
    const row = step === null ? series.length - 1 : rowAt(series, step);
    const spread = row < 0 ? "" : spreadOf(stroke, row, text);
    const value = row < 0 ? "\u2013" : text(shown[row]);
    const note = [
      meaningOf(stroke, row),
      row >= 0 && shown !== series.values ? smoothedWords(stroke, value, formatExact(series.values[row], percent)) : "",
      slopeWords(slopeAt(series, row, epoch(store, series.steps[row])), percent),
    ].filter(Boolean).join("\n");
    const finite = row < 0 || Number.isFinite(shown[row]);
    return { key, label, name: label || series.tag, color, dash, value: value + spread, note, finite, hidden: hidden.has(key) };
  });
  const widthOf = (stroke: Stroke): number => {
    const { ends, percent } = (stroke.line.right && right) || left;
    return Math.max(...ends.map((end) => texts(stroke)(end).length)) - (percent ? 0.9 : 0.4);
  };
  const width = Math.max(0, ...told.map(widthOf));
  return { items, best, badge, width };
}

/** What each run has at a step, by its number; of several lines the first. */
export function readingsOf(strokes: readonly Stroke[], step: number | null, left: Axis, right: Axis | null): Map<number, string> {
  const texts = textsOf(left, right, strokes);
  const found = new Map<number, string>();
  for (const stroke of strokes) {
    const { line: { family, series }, shown } = stroke;
    const row = step === null ? series.length - 1 : rowAt(series, step);
    if (row >= 0 && !found.has(family)) found.set(family, texts(stroke)(shown[row]));
  }
  return found;
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

/** What stands behind the mean of several runs: its standard deviation, or the smallest and largest value. */
export function spreadOf({ line: { series: { spread } }, band }: Stroke, row: number, text: (value: number) => string): string {
  if (!spread || !(spread.count[row] > 1) || spread.low[row] === spread.high[row]) return "";
  if (band?.mode === "std") return ` \u00b1 ${text(spread.std[row])}`;
  return ` (${text(spread.low[row])} to ${text(spread.high[row])})`;
}

function meaningOf({ line: { series: { spread } }, band }: Stroke, row: number): string {
  if (!spread || row < 0) return "";
  const around = band?.mode === "std" ? "mean \u00b1 standard deviation" : "mean (smallest to largest)";
  return `${around} of ${spread.count[row]} run${spread.count[row] === 1 ? "" : "s"}`;
}

/** The best finite value ever logged, of validation where there is such a series. */
function bestOf(strokes: readonly Stroke[], texts: Texts, families: number): Best | null {
  const role = (["validation", "test", "train"] as const).find((each) =>
    strokes.some(({ line, survey }) => line.series.place.role === each && survey.finite > 0));
  let found: { value: number; step: number; stroke: Stroke } | null = null;
  for (const stroke of strokes) {
    const { line, survey } = stroke;
    const { best, role: own, chart } = line.series.place;
    // Of several metrics in one chart it is that of the first.
    if (found && found.stroke.line.series.place.chart !== chart) continue;
    if (own !== role || best === "" || survey.finite === 0) continue;
    const [value, step] = best === "min" ? [survey.low, survey.lowStep] : [survey.high, survey.highStep];
    const better = !found || (best === "min" ? value < found.value : value > found.value);
    if (better) found = { value, step, stroke };
  }
  if (!found) return null;
  const { value, step, stroke } = found;
  const { line } = stroke;
  return { key: line.key, text: texts(stroke)(value), step, whose: families > 1 ? line.store.family : "" };
}

/** The lines that a stroke is made of: one, or those of a group. */
export const linesOf = ({ line }: Stroke): readonly Shown[] => line.series.spread?.of ?? [line];

const WORDS: Readonly<Record<Lack, string>> = { "": "", late: "finer detail when the cell ends", alone: "reduced copy" };

/** How much fewer points are drawn between two steps than there are rows; null where every row is. */
export function badgeOf(lines: readonly Shown[], steps: readonly [number, number] | null): LegendState["badge"] {
  let most: Seen & { readonly lack: Lack } = { rows: 1, points: 1, lack: "" };
  for (const { series, store } of lines) {
    const { rows, points } = seen(series, steps ?? undefined);
    if (rows / points > most.rows / most.points) most = { rows, points, lack: store.lack ?? "" };
  }
  if (most.rows === most.points) return null;
  const word = WORDS[most.lack];
  if (most.points === 0) {
    const title = `None of up to ${formatStep(most.rows)} rows is kept between the steps shown: the line goes from neighbour to neighbour`;
    return { text: `none kept${word && ` \u00b7 ${word}`}`, title };
  }
  const kept = `${formatStep(most.rows)} rows drawn from ${formatStep(most.points)} kept: every minimum and maximum is there`;
  return {
    text: `1\u2009:\u2009${compact(most.rows / most.points)}${word && ` \u00b7 ${word}`}`,
    title: `${kept}${steps ? ", of the steps shown" : ""}${word && `; ${word}`}`,
  };
}
