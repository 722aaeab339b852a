import { seriesKey, type Role, type Scalars, type Scene, type Series, type Store } from "./model";

/** A series as a chart shows it. */
export interface Line {
  readonly key: string;
  readonly store: Store;
  readonly series: Scalars;
  /** Which of the families shown this one is of. */
  readonly family: number;
}

export interface Group {
  readonly chart: string;
  readonly lines: readonly Line[];
}

export const ROLES: readonly Role[] = ["train", "validation", "test"];

export function familiesOf(stores: readonly Store[]): string[] {
  return [...new Set(stores.map((store) => store.family))];
}

/** Whether the charts show a series: all scalars but those of layers, or those whose tags are asked for. */
export const isCharted = ({ kind, tag, place }: Series, tags: readonly string[] | null): boolean =>
  kind === "scalar" && (tags ? tags.includes(tag) : place.panel === "charts");

/** The scalars of all runs by the chart they share, in the order in which the charts first appear. */
export function groupSeries(scene: Pick<Scene, "stores" | "tags">): Group[] {
  const families = familiesOf(scene.stores);
  const groups = new Map<string, Line[]>();
  for (const store of scene.stores) {
    for (const series of store.series.values()) {
      if (series.kind !== "scalar" || !isCharted(series, scene.tags)) continue;
      const line = { key: seriesKey(store, series), store, series, family: families.indexOf(store.family) };
      const lines = groups.get(series.place.chart);
      if (lines) lines.push(line);
      else groups.set(series.place.chart, [line]);
    }
  }
  const rank = (line: Line): number => line.family * ROLES.length + ROLES.indexOf(line.series.place.role);
  return [...groups].map(([chart, lines]) => ({ chart, lines: lines.sort((a, b) => rank(a) - rank(b)) }));
}

/** The shortest names that tell the lines of a chart apart, in their order. */
export function labelsOf(group: Group, families: number): string[] {
  const { chart, lines } = group;
  if (lines.length === 1 && families === 1 && lines[0].series.tag === chart) return [""];
  const ways: ((line: Line) => string)[] = [
    ({ series }) => series.place.role,
    ({ series }) => series.tag,
    ({ store, series }) => `${store.run} ${series.tag}`,
  ];
  if (families > 1) {
    // A run called "train" and nothing else is of a family without a name, which leaves its role.
    const named = ({ family }: Store, word: string): string => (family ? `${family} ${word}` : word);
    ways.unshift(({ store, series }) => store.family || series.place.role);
    ways[1] = ({ store, series }) => named(store, series.place.role);
    ways[2] = ({ store, series }) => named(store, series.tag);
  }
  for (const way of ways) {
    const labels = lines.map(way);
    if (new Set(labels).size === labels.length) return labels;
  }
  return lines.map(ways[ways.length - 1]);
}
