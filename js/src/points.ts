/** The four columns of rows that are held of a scalar series, growing at their end. */
export class Points {
  steps: Float64Array;
  walls: Float64Array;
  values: Float64Array;
  /** Which row each point is, increasing. */
  index: Float64Array;
  length = 0;
  monotone = true;

  constructor(room = 64) {
    [this.steps, this.walls, this.values, this.index] = Array.from({ length: 4 }, () => new Float64Array(room));
  }

  clear(): void {
    this.length = 0;
    this.monotone = true;
  }

  push(step: number, wall: number, value: number, row: number): void {
    const at = this.length++;
    if (at === this.steps.length) this.reserve(2 * at);
    if (at && step < this.steps[at - 1]) this.monotone = false;
    this.steps[at] = step;
    this.walls[at] = wall;
    this.values[at] = value;
    this.index[at] = row;
  }

  reserve(room: number): void {
    if (room <= this.steps.length) return;
    [this.steps, this.walls, this.values, this.index] = this.columns().map((column) => {
      const wider = new Float64Array(room);
      wider.set(column.subarray(0, this.length));
      return wider;
    });
  }

  /** Keeps only the points at these places, increasing. */
  keep(places: Uint32Array): void {
    for (const column of this.columns()) places.forEach((from, to) => (column[to] = column[from]));
    this.length = places.length;
  }

  private columns(): Float64Array[] {
    return [this.steps, this.walls, this.values, this.index];
  }
}
