/** Charts under headings by what their tags begin with, those at the top first, and those that a search finds. */

import type { Group } from "./group";
import { searchFor } from "./search";

/** More charts than this are parted by headings and can be searched. */
export const SEVERAL = 12;
/** Of more than this only the first heading is open at first. */
const MANY = 24;

export interface Section {
  /** Empty for charts without a heading. */
  readonly name: string;
  readonly groups: readonly Group[];
  readonly folded: boolean;
}

export interface Wishes {
  readonly search: string;
  readonly top: readonly string[];
  /** null where nobody has chosen. */
  readonly folded: readonly string[] | null;
}

/** A chart is titled by its metric, from which the role is gone. */
const prefixOf = (chart: string): string => (chart.includes("/") ? chart.slice(0, chart.indexOf("/")) : "");

export function sectionsOf(groups: readonly Group[], { search, top, folded }: Wishes): Section[] {
  const finds = searchFor(search) ?? (() => true);
  const found = groups.filter(({ chart, lines }) => finds(chart) || lines.some(({ series }) => finds(series.tag)));
  const first = found.filter(({ chart }) => top.includes(chart)).sort((a, b) => top.indexOf(a.chart) - top.indexOf(b.chart));
  const rest = found.filter(({ chart }) => !top.includes(chart));
  if (groups.length <= SEVERAL) return found.length ? [{ name: "", groups: [...first, ...rest], folded: false }] : [];
  const sections = new Map<string, Group[]>([["", []]]);
  const sizes = new Map<string, number>();
  for (const { chart } of groups) sizes.set(prefixOf(chart), (sizes.get(prefixOf(chart)) ?? 0) + 1);
  for (const group of rest) {
    const prefix = prefixOf(group.chart);
    const name = (sizes.get(prefix) ?? 0) > 1 ? prefix : "";
    sections.set(name, [...(sections.get(name) ?? []), group]);
  }
  const names = [...sizes.keys()].filter((name) => name !== "" && sizes.get(name)! > 1);
  const shut = folded ?? (groups.length > MANY ? names.slice(sizes.get("") ? 0 : 1) : []);
  return [...sections].map(([name, members]) => ({
    name, groups: name === "" ? [...first, ...members] : members, folded: name !== "" && search === "" && shut.includes(name),
  })).filter((section) => section.groups.length > 0);
}
