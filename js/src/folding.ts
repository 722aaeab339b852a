/** Rows of a layer map whose modules are folded: one strip for each, of the largest value that any of its layers has. */

import { groupLayers, type Group } from "./groups";
import { seriesKey, type Scalars } from "./model";
import type { MapLayer } from "./statistics";
import { trackOf } from "./strip";

export interface FoldedRows {
  readonly rows: readonly MapLayer[];
  /** The key of the heading that each row is under, empty where it is under none. */
  readonly headings: readonly string[];
}

const keyOf = ({ name, layers }: Group<MapLayer>): string => (name ? `${name}\n${layers[0].key}` : "");

/** The largest of the values at each step; one that is not finite is larger than all. */
function largest(group: Group<MapLayer>, statistic: string): Scalars {
  const found = new Map<number, number>();
  for (const layer of group.layers) {
    const { steps, values, length } = trackOf(layer, statistic).points;
    for (let i = 0; i < length; i++) {
      const before = found.get(steps[i]) ?? -Infinity;
      if (!(before >= values[i]) && !Number.isNaN(before)) found.set(steps[i], values[i]);
    }
  }
  const steps = Float64Array.from(found.keys()).sort();
  const { series, tag } = group.layers[0];
  return {
    kind: "scalar", tag, place: series.place, generation: 0, rows: steps.length, length: steps.length,
    version: group.layers.reduce((sum, each) => sum + each.series.version, 0),
    steps, walls: steps, values: Float64Array.from(steps, (step) => found.get(step)!), index: steps, monotone: true,
  };
}

function foldedRow(group: Group<MapLayer>, statistic: string): MapLayer {
  const { store } = group.layers[0];
  const text = `${group.name} (${group.layers.length})`;
  const series = largest(group, statistic);
  return { key: `${seriesKey(store, series)}\n${group.layers.length}`, store, series, name: text, tag: "", label: `▸ ${text}` };
}

export function foldRows(layers: readonly MapLayer[], folded: ReadonlySet<string>, statistic: string): FoldedRows {
  const groups = groupLayers(layers);
  const rows = groups.map((group) => (folded.has(keyOf(group)) ? [foldedRow(group, statistic)] : group.layers));
  return { rows: rows.flat(), headings: groups.flatMap((group, i) => rows[i].map(() => keyOf(group))) };
}
