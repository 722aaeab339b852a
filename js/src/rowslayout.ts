/** How much room the rows of a ridge panel take, and their names and warnings beside them. */

import { gutterWidth, type Column } from "./gutter";
import { shortenAll } from "./layers";
import { same } from "./memo";
import { labelSize } from "./ridges";
import type { Frame } from "./outline";
import type { Row } from "./rows";

/** Beyond this the rows scroll. */
const TALLEST = 560;
/** Rows are this far apart, or so far that a few of them stand as tall as the two charts beside them. */
const PITCH = 76;
const LARGEST_PITCH = 112;
const BESIDE_CHARTS = 456;
const SMALLEST_PITCH = 10.5;
/** Rows that scroll anyway need not be as low as can be. */
const SCROLLED_PITCH = 14;
const HEADING = 24;
/** Room below the last baseline. */
export const FOOT = 6;

export class RowsLayout {
  /** The rows' names, shortened to fit. */
  labels: readonly string[] = [];
  indent = 0;
  private named: readonly unknown[] = [];
  private labelRoom = 0;
  private readonly pen = document.createElement("canvas").getContext("2d");

  /** Few rows stand apart, many overlap as in a ridgeline plot. */
  frame(rows: readonly Row[], columns: readonly Column[], width: number, font: string): Frame {
    const headings = rows.filter(({ capture }) => !capture).length;
    const n = Math.max(1, rows.length - headings);
    const room = TALLEST - 26 - headings * HEADING;
    const roomy = Math.min(LARGEST_PITCH, Math.max(PITCH, BESIDE_CHARTS / n));
    const pitch = Math.max(n * SMALLEST_PITCH > room ? SCROLLED_PITCH : SMALLEST_PITCH, Math.min(roomy, room / n));
    const crowding = Math.min(1, Math.max(0, (44 - pitch) / 33));
    const rise = pitch * (0.88 + 1.5 * crowding);
    const top = Math.max(4, rise - pitch + 4);
    this.shorten(rows, Math.min(180, width * 0.27), width, labelSize(pitch), font);
    const left = this.labelRoom;
    const right = Math.max(left + 40, width - Math.max(14, gutterWidth(columns)));
    const bases = new Float64Array(rows.length);
    rows.forEach(({ group, capture }, i) => {
      const own = !capture ? HEADING : group ? Math.max(HEADING, pitch) : pitch;
      bases[i] = (bases[i - 1] ?? (rows[0].capture ? top : 0)) + own;
    });
    const bottom = Math.ceil((bases[rows.length - 1] ?? top) + FOOT);
    return { width, height: Math.min(TALLEST, bottom), left, right, top, pitch, rise, bases };
  }

  private shorten(rows: readonly Row[], most: number, width: number, size: number, font: string): void {
    const named = [size, most, width, font, ...rows.flatMap(({ label, folded }) => [label, folded])];
    if (same(this.named, named)) return;
    this.named = named;
    this.indent = rows.some(({ group }) => group) ? 12 : 0;
    const plain = rows.filter(({ group, folded }) => !group || folded);
    const within = (room: number) => (text: string): boolean => this.measure(text, size, font) <= room - this.indent;
    const short = shortenAll(plain.map((row) => nameOf(row)), within(most));
    const labels = new Map(plain.map((row, i) => [row, short[i]]));
    // An open heading has the whole line.
    this.labels = rows.map((row) => labels.get(row) ?? shortenAll([nameOf(row)], within(width * 0.9))[0]);
    this.labelRoom = Math.ceil(Math.max(0, ...short.map((text) => this.measure(text, size, font)))) + this.indent + 16;
  }

  private measure(text: string, size: number, font: string): number {
    if (!this.pen) return 0;
    this.pen.font = `650 ${size}px ${font}`;
    return this.pen.measureText(text).width;
  }
}

/** A heading says how many layers it is for. */
const nameOf = ({ label, group }: Row): string => (group ? `${label} (${group.layers.length})` : label);

/** The row at a height, where the row with baseline `bases[i]` reaches up to the one before; -1 beyond them. */
export function rowAt({ bases }: Frame, y: number): number {
  return y < 0 ? -1 : (bases?.findIndex((base) => y < base) ?? -1);
}
