/** Where the small charts of distributions lie, under the headings of the modules that their layers are in. */

import type { Domain } from "./axes";
import type { Place } from "./bands";
import { make, setAttribute, setText } from "./dom";
import type { Group } from "./groups";
import { headingKey } from "./rows";

export const TILE = { height: 136, head: 26, foot: 12, least: 250, gap: 28, left: 48 };
const HEADING = 28;

interface Heading {
  readonly key: string;
  readonly text: string;
  readonly top: number;
  readonly folded: boolean;
}

export interface TilesLayout {
  readonly tiles: readonly Place[];
  readonly headings: readonly Heading[];
  readonly height: number;
}

/** How many charts stand side by side, and how wide each is. */
export function columnsOf(width: number, count: number): readonly [columns: number, room: number] {
  const columns = Math.max(1, Math.min(count, Math.floor((width + TILE.gap) / (TILE.least + TILE.gap))));
  return [columns, (width - TILE.gap * (columns - 1)) / columns];
}

export function layTiles(
  groups: readonly Group[], folded: ReadonlySet<string>, [columns, room]: readonly [number, number], x: Domain, labels: ReadonlyMap<string, string>,
): TilesLayout {
  const tiles: Place[] = [];
  const headings: Heading[] = [];
  let height = 0;
  for (const group of groups) {
    const key = headingKey(group);
    if (group.name) {
      headings.push({ key, text: `${group.name} (${group.layers.length})`, top: height, folded: folded.has(key) });
      height += HEADING;
      if (folded.has(key)) continue;
    }
    group.layers.forEach((layer, i) => {
      const start = (i % columns) * (room + TILE.gap);
      const top = height + Math.floor(i / columns) * TILE.height;
      tiles.push({
        layer, label: labels.get(layer.key) ?? layer.label, start, top, left: start + TILE.left, right: start + room - 8, x,
        high: top + TILE.head, low: top + TILE.height - TILE.foot,
      });
    });
    height += Math.ceil(group.layers.length / columns) * TILE.height;
  }
  return { tiles, headings, height };
}

/** The headings as buttons that fold what is below them. */
export class Headings {
  readonly element = make("div");
  private shown = "";

  draw(headings: readonly Heading[]): void {
    const key = headings.map(({ key }) => key).join("\n\n");
    if (key !== this.shown) {
      this.shown = key;
      this.element.replaceChildren(...headings.map((each) => make("button", { class: "bands-heading", type: "button", value: each.key })));
    }
    headings.forEach(({ text, top, folded }, i) => {
      const button = this.element.children[i] as HTMLElement;
      setText(button, text);
      setAttribute(button, "aria-expanded", String(!folded));
      button.style.top = `${top}px`;
    });
  }

  listen(turn: (key: string) => void, signal: AbortSignal): void {
    this.element.addEventListener("click", (event) => {
      const key = (event.target as HTMLButtonElement).value;
      if (key) turn(key);
    }, { signal });
  }
}
