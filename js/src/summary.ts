/** How training goes, in sentences for who hears them: several runs are summarised, not recited. */

import { formatStep } from "./axes";
import type { Group, Line } from "./group";
import type { State } from "./model";
import { fixed, grouped, scientific, significant } from "./numbers";
import { survey } from "./survey";
import { trendOf } from "./trend";

/** More charts than this nobody would listen to. */
const CHARTS = 3;

/** As few digits as tell how things are: a listener cannot look back at them. */
export function spokenValue(value: number, percent: boolean): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "infinite" : "minus infinite";
  if (percent) return `${significant(value * 100, 3)}\u00a0%`;
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 1e-4 || size >= 1e9) return scientific(value, 1);
  const place = Math.floor(Math.log10(size));
  return grouped(fixed(value, Math.max(0, (place < 0 ? 1 : 2) - place)));
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;

const last = ({ series: { values, length } }: Line): number => values[length - 1];
const isFinite = (line: Line): boolean => Number.isFinite(last(line));

/** The step from which on all values are not finite. */
function brokenSince({ series: { steps, values, length } }: Line): number {
  let row = length;
  while (row > 0 && !Number.isFinite(values[row - 1])) row--;
  return steps[Math.min(row, length - 1)];
}

const isPercent = ({ lines }: Group): boolean => lines.every(({ series }) => {
  if (series.place.unit !== "percent") return false;
  const { low, high, finite } = survey(series);
  return finite === 0 || (low >= 0 && high <= 1);
});

function bestWords({ series }: Line, percent: boolean): string {
  const { best } = series.place;
  const { low, high, lowStep, highStep, finite } = survey(series);
  if (best === "" || finite < 2) return "";
  const [value, step] = best === "min" ? [low, lowStep] : [high, highStep];
  if (value === series.values[series.length - 1]) return ", the best so far";
  return `, best ${spokenValue(value, percent)} at step ${formatStep(step)}`;
}

/** The first line of a chart says where it goes; the best is that of validation, where there is such a line. */
function lineWords({ lines }: Group, line: Line, name: string, after: string, percent: boolean): string {
  const value = spokenValue(last(line), percent);
  if (!isFinite(line)) return `${name} is ${value} since step ${formatStep(brokenSince(line))}`;
  const trend = line === lines[0] ? trendOf(line.series) : null;
  const judged = line.series.place.role !== "train" || lines.every(({ series }) => series.place.role === "train");
  return `${name} ${value}${after}${trend ? `, ${trend}` : ""}${judged ? bestWords(line, percent) : ""}`;
}

function ofOneRun(group: Group, after: string, percent: boolean): string {
  const { chart, lines } = group;
  return lines.map((line, i) => {
    const { role } = line.series.place;
    const alone = lines.filter(({ series }) => series.place.role === role).length === 1;
    const name = !alone ? line.series.tag : i ? role : role === "train" ? chart : `${role} ${chart}`;
    return lineWords(group, line, name, i ? "" : after, percent);
  }).join("; ");
}

/** "from 0.31 (a) to 0.52 (c), median 0.40" */
function spread(lines: readonly Line[], percent: boolean): string {
  const finite = lines.filter(isFinite).sort((a, b) => last(a) - last(b));
  const broken = lines.filter((line) => !isFinite(line)).map(({ store }) => store.run);
  const said = (line: Line): string => `${spokenValue(last(line), percent)} (${line.store.run})`;
  const middle = finite.length ? (last(finite[(finite.length - 1) >> 1]) + last(finite[finite.length >> 1])) / 2 : NaN;
  const words = finite.length > 1
    ? [`from ${said(finite[0])} to ${said(finite[finite.length - 1])}${finite.length > 2 ? `, median ${spokenValue(middle, percent)}` : ""}`]
    : finite.map(said);
  if (broken.length) words.push(`not finite in ${broken.length > 3 ? `${broken.length} runs` : listed(broken)}`);
  return words.join(", ");
}

function ofManyRuns({ chart, lines }: Group, after: string, percent: boolean): string {
  const kinds = [...new Set(lines.map(({ series }) => series.place.role))];
  return kinds.map((role, i) => {
    const some = lines.filter(({ series }) => series.place.role === role);
    const runs = new Set(some.map(({ store }) => store)).size;
    return i ? `${role} ${spread(some, percent)}` : `${chart} of ${runs} runs${after}: ${spread(some, percent)}`;
  }).join("; ");
}

/** "loss 0.31 after 1,200 steps, falling; validation 0.42, best 0.40 at step 900." */
export function summaryOf(groups: readonly Group[]): string {
  const logged = groups
    .map(({ chart, lines }) => ({ chart, lines: lines.filter(({ series }) => series.length > 0) }))
    .filter(({ lines }) => lines.length > 0);
  if (logged.length === 0) return "Nothing logged yet.";
  const steps = Math.max(...logged.flatMap(({ lines }) => lines.map(({ series }) => series.steps[series.length - 1])));
  const after = ` after ${formatStep(steps)} ${steps === 1 ? "step" : "steps"}`;
  const many = new Set(logged.flatMap(({ lines }) => lines.map(({ store }) => store))).size > 1;
  const sentences = logged.slice(0, CHARTS).map((group, i) =>
    (many ? ofManyRuns : ofOneRun)(group, i ? "" : after, isPercent(group)));
  const more = logged.length - CHARTS;
  if (more > 0) sentences.push(`${more} more ${more === 1 ? "chart" : "charts"}`);
  return `${sentences.join(". ")}.`;
}

/** A value that is not finite, and whether all after it are none either. */
export interface Broken {
  readonly line: Line;
  readonly step: number;
  readonly value: number;
  readonly still: boolean;
}

export const isBroken = (line: Line): boolean => line.series.length > 0 && !isFinite(line);

/** The first value that is not finite among the rows from `from` on. */
export function brokenFrom(line: Line, from: number): Broken | null {
  const { steps, values, index, length } = line.series;
  let found = -1;
  for (let row = length - 1; row >= 0 && index[row] >= from; row--) if (!Number.isFinite(values[row])) found = row;
  return found < 0 ? null : { line, step: steps[found], value: values[found], still: isBroken(line) };
}

/** "loss is NaN since step 120." */
export function brokenWords(all: readonly Broken[], runs: number): string {
  const names = all.map(({ line: { store, series: { tag } } }) => (runs > 1 ? `${tag} of ${store.run}` : tag));
  const said = names.length > 3 ? `${names.length} metrics` : listed(names);
  const kinds = new Set(all.map(({ value }) => spokenValue(value, false)));
  const step = formatStep(Math.min(...all.map((each) => each.step)));
  const still = all.some((each) => each.still);
  const verb = still ? (all.length > 1 ? "are" : "is") : all.length > 1 ? "were" : "was";
  return `${said} ${verb} ${kinds.size > 1 ? "not finite" : [...kinds][0]} ${still ? "since" : "at"} step ${step}.`;
}

const ENDS: Readonly<Record<State, string>> = {
  live: "Training", following: "Training", finished: "Training finished", interrupted: "Training was interrupted", failed: "Training failed",
};

export const endWords = (state: State, groups: readonly Group[]): string => `${ENDS[state]}: ${summaryOf(groups)}`;
