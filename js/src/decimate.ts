/**
 * What a line shows in one pixel column: the first, smallest, largest and last of consecutive rows that fall into it.
 * Drawing these four gives the same pixels as drawing every row (Jugel et al., M4, VLDB 2014, doi:10.14778/2732951.2732953;
 * uPlot does the same). Columns follow the order logged, so a line whose steps go back returns to columns it was in.
 */
export class Columns {
  count = 0;
  /** Where the column stands: its middle, or exactly the row where it holds a single one. */
  x = new Float64Array(1024);
  first = new Float64Array(1024);
  min = new Float64Array(1024);
  max = new Float64Array(1024);
  last = new Float64Array(1024);
  /** 1 where no row that is not finite lies between this column and the one before. */
  joined = new Uint8Array(1024);

  clear(): void {
    this.count = 0;
  }

  push(x: number, value: number, joined: boolean): number {
    const i = this.count++;
    if (i === this.x.length) this.grow();
    this.x[i] = x;
    this.first[i] = this.min[i] = this.max[i] = this.last[i] = value;
    this.joined[i] = joined && i > 0 ? 1 : 0;
    return i;
  }

  private grow(): void {
    const wider = <T extends Float64Array | Uint8Array>(old: T, next: T): T => (next.set(old as never), next);
    const length = this.x.length * 2;
    this.x = wider(this.x, new Float64Array(length));
    this.first = wider(this.first, new Float64Array(length));
    this.min = wider(this.min, new Float64Array(length));
    this.max = wider(this.max, new Float64Array(length));
    this.last = wider(this.last, new Float64Array(length));
    this.joined = wider(this.joined, new Uint8Array(length));
  }
}

/**
 * Reduces rows to columns of width 1. `scale` and `offset` take a step to where it stands, in columns:
 * `step * scale + offset`. Rows that are not finite leave a break in the line.
 */
export function decimate(
  steps: Float64Array, values: Float64Array, length: number, scale: number, offset: number, out: Columns,
): Columns {
  out.clear();
  let column = NaN;
  let joined = false;
  let i = -1;
  for (let row = 0; row < length; row++) {
    const value = values[row];
    if (value - value !== 0) {
      joined = false;
      continue;
    }
    const x = steps[row] * scale + offset;
    const here = Math.floor(x);
    if (here !== column) {
      column = here;
      i = out.push(x, value, joined);
    } else {
      out.x[i] = here + 0.5;
      if (value < out.min[i]) out.min[i] = value;
      if (value > out.max[i]) out.max[i] = value;
      out.last[i] = value;
    }
    joined = true;
  }
  return out;
}
