import type { Columns } from "./decimate";
import type { Ink } from "./texture";

/** Where columns of a line stand: `width` pixels for one, a value at `base - value * scale`. */
export interface Placing {
  readonly width: number;
  readonly base: number;
  readonly scale: number;
}

/** Pixels that a line goes up or down in a column, from which on its columns are filled. */
const STEEP = 4;
/** From the first to the second a line becomes thin: pixels that it goes up or down, and rows that it has, in each pixel. */
const NOISY = [1, 4] as const;
const CROWDED = [0.25, 1] as const;
/** Columns between which there is none. */
const APART = 1.5;

/** Pixels that a line goes up and down in all. */
export function travelOf({ count, first, min, max, last, joined }: Columns, { scale }: Placing): number {
  let travel = 0;
  for (let i = 0; i < count; i++) travel += max[i] - min[i] + (joined[i] ? Math.abs(first[i] - last[i - 1]) : 0);
  return travel * scale;
}

/** Whether a line is such a zigzag that filling its columns shows the same. */
export const isZigzag = ({ count }: Columns, travel: number): boolean => travel > STEEP * count;

const within = (value: number, [from, to]: readonly [number, number]): number => Math.min(1, Math.max(0, (value - from) / (to - from)));

/** How much of a blot a line would be at its whole width, in which nothing could be read, its own spikes included: 0 to 1. */
export function noiseOf({ count, x }: Columns, { width }: Placing, travel: number, rows: number): number {
  const across = Math.max(1, Math.abs((x[count - 1] - x[0]) * width));
  return count ? within(travel / across, NOISY) * within(rows / across, CROWDED) : 0;
}

/** Draws the columns as one path; points with no neighbour to be joined to become dots. */
export function trace(context: CanvasRenderingContext2D, columns: Columns, { width, base, scale }: Placing, radius: number): void {
  const { count, x, first, min, max, last, joined } = columns;
  const dots = new Path2D();
  context.beginPath();
  for (let i = 0; i < count; i++) {
    const at = x[i] * width;
    const y = base - first[i] * scale;
    if (joined[i]) context.lineTo(at, y);
    else context.moveTo(at, y);
    if (max[i] > min[i]) {
      context.lineTo(at, base - min[i] * scale);
      context.lineTo(at, base - max[i] * scale);
      context.lineTo(at, base - last[i] * scale);
    } else if (!joined[i] && (i + 1 === count || !joined[i + 1])) {
      dots.moveTo(at + radius, y);
      dots.arc(at, y, radius, 0, 2 * Math.PI);
    }
  }
  context.stroke();
  context.fill(dots);
}

/**
 * Fills each column from its smallest to its largest value, as far as the last one of the column before. That is what the
 * stroke of the zigzag would cover, at a fortieth of its cost: a browser fills upright rectangles without a path.
 */
export function fillColumns(ink: Ink, columns: Columns, { width, base, scale }: Placing, thickness: number): void {
  const { count, x, first, min, max, last, joined } = columns;
  const half = thickness / 2;
  ink.beginPath();
  for (let i = 0; i < count; i++) {
    let [low, high] = [min[i], max[i]];
    if (joined[i] && x[i] - x[i - 1] <= APART) {
      low = Math.min(low, last[i - 1]);
      high = Math.max(high, last[i - 1]);
    } else if (joined[i]) {
      ink.moveTo(x[i - 1] * width, base - last[i - 1] * scale);
      ink.lineTo(x[i] * width, base - first[i] * scale);
    }
    ink.fillRect(x[i] * width - half, base - high * scale - half, thickness, (high - low) * scale + thickness);
  }
  ink.stroke();
}
