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

  push(x: number, first: number, min: number, max: number, last: number, joined: boolean): void {
    const i = this.count++;
    if (i === this.x.length) this.grow();
    this.x[i] = x;
    this.first[i] = first;
    this.min[i] = min;
    this.max[i] = max;
    this.last[i] = last;
    this.joined[i] = joined && i > 0 ? 1 : 0;
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
  let row = 0;
  let joined = false;
  while (row < length) {
    const first = values[row];
    if (first - first !== 0) {
      joined = false;
      row++;
      continue;
    }
    const x = steps[row] * scale + offset;
    const column = Math.floor(x);
    const from = (column - offset) / scale;
    const to = (column + 1 - offset) / scale;
    const begin = row;
    let min = first;
    let max = first;
    let last = first;
    let broken = false;
    for (row++; row < length; row++) {
      const step = steps[row];
      if (!(step >= from && step < to)) break;
      const value = values[row];
      if (value - value !== 0) {
        broken = true;
        continue;
      }
      broken = false;
      last = value;
      if (value < min) min = value;
      else if (value > max) max = value;
    }
    out.push(row === begin + 1 ? x : column + 0.5, first, min, max, last, joined);
    joined = !broken;
  }
  return out;
}
