/** Layers under the headings of the modules they are in. */

import type { Layer } from "./layers";

interface Labelled {
  readonly label: string;
}

export interface Group<Each extends Labelled = Layer> {
  /** Empty for layers without a heading. */
  readonly name: string;
  readonly layers: readonly Each[];
  /** The layers' labels without the heading's name. */
  readonly labels: readonly string[];
}

/** Fewer layers than this are seen at once and need no headings. */
const FEW = 12;
/** A group with more layers is parted by the next part of their paths. */
const LARGEST = 24;

const partsOf = (label: string): string[] => label.split(/(?<=[/. ])/);

/** Layers that share the first `depth` parts, in the order in which the groups first appear. */
function byPart<Each extends Labelled>(layers: readonly Each[], depth: number): Each[][] {
  const groups = new Map<string, Each[]>();
  for (const layer of layers) {
    const key = partsOf(layer.label).slice(0, depth).join("");
    const group = groups.get(key);
    if (group) group.push(layer);
    else groups.set(key, [layer]);
  }
  return [...groups.values()];
}

/** How many parts all paths have in common, their last parts left over. */
function shared(layers: readonly Labelled[]): number {
  const paths = layers.map(({ label }) => partsOf(label));
  const most = Math.min(...paths.map((path) => path.length)) - 1;
  let depth = 0;
  while (depth < most && paths.every((path) => path[depth] === paths[0][depth])) depth++;
  return depth;
}

function part<Each extends Labelled>(layers: readonly Each[]): Each[][] {
  const groups = byPart(layers, shared(layers) + 1);
  const alone = groups.filter((group) => group.length === 1).length;
  // Where most would stand alone, there are no modules at this depth.
  if (groups.length < 2 || alone > layers.length / 2) return [[...layers]];
  return groups.flatMap((group) => (group.length > LARGEST ? part(group) : [group]));
}

function named<Each extends Labelled>(layers: readonly Each[]): Group<Each> {
  const plain = { name: "", layers, labels: layers.map(({ label }) => label) };
  if (layers.length < 2) return plain;
  const name = partsOf(layers[0].label).slice(0, shared(layers)).join("");
  if (!name) return plain;
  return { name: name.replace(/[/. ]$/, ""), layers, labels: layers.map(({ label }) => label.slice(name.length)) };
}

/** The layers by module, as deep as it takes for no group to be long; few layers are one group without a name. */
export function groupLayers<Each extends Labelled>(layers: readonly Each[]): Group<Each>[] {
  if (layers.length <= FEW) return [{ name: "", layers, labels: layers.map(({ label }) => label) }];
  return part(layers).map(named<Each>);
}
