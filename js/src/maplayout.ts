/** Where the rows of a layer map lie, and which of their names there is room for. */

import { shortenAll } from "./layers";

const TALLEST = 440;
const PITCH = { most: 26, least: 2 };
/** From one line of labels to the next. */
export const LINE = 14;
/** Rows this high have a gap between them. */
export const APART = 8;

export const pitchOf = (rows: number): number => Math.max(PITCH.least, Math.min(PITCH.most, TALLEST / Math.max(1, rows)));

/** A name beside the rows `[first, last]`: of one layer, or of the module that all of them are in. */
export interface RowLabel {
  readonly text: string;
  readonly first: number;
  readonly last: number;
}

function grouped(parts: readonly (readonly string[])[], depth: number): RowLabel[] {
  const groups: RowLabel[] = [];
  parts.forEach((each, row) => {
    const text = each.slice(0, depth).join("");
    const before = groups.at(-1);
    if (before?.text === text) groups[groups.length - 1] = { ...before, last: row };
    else groups.push({ text, first: row, last: row });
  });
  return groups;
}

/** Those that do not stand on the one before: beside modules of many layers there may be some of a single one. */
function apart(groups: readonly RowLabel[], pitch: number, bottom: number): RowLabel[] {
  let taken = -Infinity;
  return groups.filter((group) => {
    const y = labelY(group, pitch, bottom);
    const free = y - taken >= 0.8 * LINE;
    if (free) taken = y;
    return free;
  });
}

/** The middle of a label: that of its rows, but within the map. */
export const labelY = ({ first, last }: RowLabel, pitch: number, bottom: number): number =>
  Math.max(6, Math.min(bottom - 6, ((first + last + 1) / 2) * pitch));

/** The names of all rows, or of modules where there is no room for all, the finest for which there is. */
export function rowLabels(names: readonly string[], pitch: number): RowLabel[] {
  const room = Math.max(1, Math.floor((names.length * pitch) / LINE));
  const parts = names.map((name) => name.split(/(?<=[./])/));
  const named = ({ text, first, last }: RowLabel): RowLabel => ({ text: last > first ? text.replace(/[./]$/, "") : names[first], first, last });
  const deepest = parts.reduce((most, each) => Math.max(most, each.length), 1);
  for (let depth = deepest; depth > 0; depth--) {
    const groups = grouped(parts, depth);
    if (groups.length > room) continue;
    return apart(groups, pitch, Math.ceil(names.length * pitch)).map(named);
  }
  const groups = grouped(parts, 1);
  const every = Math.ceil(groups.length / room);
  return groups.filter((_, i) => i % every === 0).map(named);
}

export interface Names {
  readonly labels: readonly RowLabel[];
  /** As many pixels as the widest takes. */
  readonly room: number;
}

let measuring: CanvasRenderingContext2D | null = null;

/** The labels shortened to what they may take. */
export function fitLabels(labels: readonly RowLabel[], most: number, font: string): Names {
  measuring ??= document.createElement("canvas").getContext("2d")!;
  measuring.font = font;
  const width = (text: string): number => measuring!.measureText(text).width;
  const texts = shortenAll(labels.map(({ text }) => text), (text) => width(text) <= most);
  return { labels: labels.map((label, i) => ({ ...label, text: texts[i] })), room: Math.ceil(Math.max(0, ...texts.map(width))) };
}
