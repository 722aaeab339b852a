import type { Columns } from "./decimate";

/** Where columns of a line stand: `width` pixels for one, a value at `base - value * scale`. */
export interface Placing {
  readonly width: number;
  readonly base: number;
  readonly scale: number;
}

/** Pixels that a line goes up or down in a column, from which on its columns are filled. */
const STEEP = 4;
/** Columns between which there is none. */
const APART = 1.5;

/** Whether a line is such a zigzag that filling its columns shows the same. */
export function isZigzag({ count, min, max }: Columns, { scale }: Placing): boolean {
  let travel = 0;
  for (let i = 0; i < count; i++) travel += max[i] - min[i];
  return travel * scale > STEEP * count;
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
export function fillColumns(context: CanvasRenderingContext2D, columns: Columns, { width, base, scale }: Placing, thickness: number): void {
  const { count, x, first, min, max, last, joined } = columns;
  const half = thickness / 2;
  context.beginPath();
  for (let i = 0; i < count; i++) {
    let [low, high] = [min[i], max[i]];
    if (joined[i] && x[i] - x[i - 1] <= APART) {
      low = Math.min(low, last[i - 1]);
      high = Math.max(high, last[i - 1]);
    } else if (joined[i]) {
      context.moveTo(x[i - 1] * width, base - last[i - 1] * scale);
      context.lineTo(x[i] * width, base - first[i] * scale);
    }
    context.fillRect(x[i] * width - half, base - high * scale - half, thickness, (high - low) * scale + thickness);
  }
  context.stroke();
}
