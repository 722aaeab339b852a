import { seriesKey, type Role, type Scalars, type Scene, type Series, type Store } from "./model";
import { searchFor } from "./search";

/** A series as a chart shows it. */
export interface Line {
  readonly key: string;
  readonly store: Store;
  readonly series: Scalars;
  /** Which of the families shown this one is of. */
  readonly family: number;
  /** Whether its values stand at the axis on the right. */
  readonly right: boolean;
}

export interface Group {
  readonly chart: string;
  readonly lines: readonly Line[];
}

/** A chart that was asked for: tags, or /regular expressions/ that find them, by their axis. nbviz/charts.py makes them. */
export interface Choice {
  readonly title: string;
  readonly left: readonly string[];
  readonly right: readonly string[];
}

/** What groups are made of; `families` are all there are where some of them are not shown. */
export interface Grouping {
  readonly stores: readonly Store[];
  readonly tags: Scene["tags"];
  readonly charts?: readonly Choice[] | null;
  readonly families?: readonly string[];
}

export const ROLES: readonly Role[] = ["train", "validation", "test"];

export function familiesOf(stores: readonly Store[]): string[] {
  return [...new Set(stores.map((store) => store.family))];
}

/** Whether the charts show a series: all scalars but those of layers, or those whose tags are asked for. */
export const isCharted = ({ kind, tag, place }: Series, tags: readonly string[] | null): boolean =>
  kind === "scalar" && (tags ? tags.includes(tag) : place.panel === "charts");

function finds(names: readonly string[]): (tag: string) => boolean {
  const exact = new Set(names);
  const searches = names.filter((name) => /^\/.+\/i?$/s.test(name)).map(searchFor);
  return (tag) => exact.has(tag) || searches.some((search) => search?.(tag));
}

/** In which charts a tag stands, and on which side. */
type Places = (series: Series) => readonly (readonly [chart: string, right: boolean])[];

function chosen(charts: readonly Choice[]): Places {
  const sides = charts.flatMap(({ title, left, right }) => [[title, false, finds(left)], [title, true, finds(right)]] as const);
  return ({ tag }) => sides.filter(([, , isIn]) => isIn(tag)).map(([title, right]) => [title, right]);
}

const byPlace = (tags: Scene["tags"]): Places => (series) => (isCharted(series, tags) ? [[series.place.chart, false]] : []);

/** The scalars of all runs by the chart they share, in the order in which the charts first appear or were asked for. */
export function groupSeries({ stores, tags, charts = null, families = familiesOf(stores) }: Grouping): Group[] {
  const placesOf = charts ? chosen(charts) : byPlace(tags);
  const groups = new Map<string, Line[]>(charts?.map(({ title }) => [title, []]));
  for (const store of stores) {
    for (const series of store.series.values()) {
      if (series.kind !== "scalar") continue;
      for (const [chart, right] of placesOf(series)) {
        const line = { key: seriesKey(store, series), store, series, family: families.indexOf(store.family), right };
        const lines = groups.get(chart);
        if (lines) lines.push(line);
        else groups.set(chart, [line]);
      }
    }
  }
  const rank = (line: Line): number =>
    Number(line.right) * 1e6 + line.family * ROLES.length + ROLES.indexOf(line.series.place.role);
  return [...groups]
    .filter(([, lines]) => lines.length > 0)
    .map(([chart, lines]) => ({ chart, lines: lines.sort((a, b) => rank(a) - rank(b)) }));
}

/** The shortest names that tell the lines of a chart apart, in their order. */
export function labelsOf(group: Group, families: number): string[] {
  const { chart, lines } = group;
  if (lines.length === 1 && families === 1 && lines[0].series.tag === chart) return [""];
  const ways: ((line: Line) => string)[] = [
    ({ series }) => series.tag,
    ({ store, series }) => `${store.run} ${series.tag}`,
  ];
  // Lines of several metrics, which were put into one chart by their names, are told apart by these.
  const metrics = new Set(lines.map(({ series }) => series.place.chart)).size;
  if (metrics === 1) ways.unshift(({ series }) => series.place.role);
  if (families > 1) {
    // A run called "train" and nothing else is of a family without a name, which leaves its role.
    const named = ({ family }: Store, word: string): string => (family ? `${family} ${word}` : word);
    ways.splice(0, ways.length,
      ({ store, series }) => store.family || series.place.role,
      ({ store, series }) => named(store, series.place.role),
      ({ store, series }) => named(store, series.tag),
      ({ store, series }) => `${store.run} ${series.tag}`);
    if (metrics > 1) ways.splice(0, 2);
  }
  for (const way of ways) {
    const labels = lines.map(way);
    if (new Set(labels).size === labels.length) return labels;
  }
  return lines.map(ways[ways.length - 1]);
}
