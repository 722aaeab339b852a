/** Title lines where a legend above them names the runs: hues say whose a value is, so each role is said but once. */

import type { Line } from "./group";
import type { LegendItem } from "./legend";

/** The items by role (or by tag, where a chart has several metrics), the first of each led by its word; as they are where that would not tell them apart. */
export function brief(lines: readonly Line[], items: readonly LegendItem[]): readonly LegendItem[] {
  const metrics = new Set(lines.map(({ series }) => series.place.chart)).size;
  const wordOf = ({ series: { tag, place }, right }: Line): string => (metrics > 1 ? tag : place.role) + (right ? " (right)" : "");
  const words = [...new Set(lines.map(wordOf))];
  const wordBy = new Map(lines.map((line) => [line.key, wordOf(line)]));
  if (new Set(lines.map((line) => `${line.family} ${wordOf(line)}`)).size < lines.length) return items;
  return words.flatMap((word) => items
    .filter(({ key }) => wordBy.get(key) === word)
    .map((item, i) => ({ ...item, label: "", lead: i === 0 && words.length > 1 ? word : "" })));
}
