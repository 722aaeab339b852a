/** The scrubber's track: the loss curve, filled up to the cursor, with ticks for captures and marks for what happened. */

import { groupSeries } from "./group";
import { same } from "./memo";
import { drawWindow } from "./trackwindow";
import { seriesKey, type Scalars, type Scene, type Stairs, type Theme } from "./model";

/** The curve the track shows: the training series of the first chart that has one. */
export function trackSeries(scene: Pick<Scene, "stores" | "tags">): Scalars | null {
  const groups = groupSeries({ stores: scene.stores, tags: null });
  const lossFirst = [...groups].sort((a, b) => Number(isLoss(b.chart)) - Number(isLoss(a.chart)));
  for (const role of ["train", "validation", "test"] as const) {
    for (const { lines } of lossFirst) {
      const line = lines.find(({ series }) => series.place.role === role && hasCurve(series));
      if (line) return line.series;
    }
  }
  return null;
}

/** Whether two values or more are finite. */
function hasCurve({ values, length }: Scalars): boolean {
  for (let row = 0, finite = 0; row < length; row++) {
    if (values[row] - values[row] === 0 && ++finite > 1) return true;
  }
  return false;
}

const isLoss = (chart: string): boolean => /(^|[/._ ])loss$/i.test(chart);

/** Mean of the finite values per column, lightly smoothed, 0 (low) to 1 (high); NaN where the curve has nothing. */
export function curve(series: Scalars, [from, to]: readonly [number, number], columns: number): Float64Array {
  const { steps, values, length } = series;
  const sums = new Float64Array(columns);
  const counts = new Float64Array(columns);
  const scale = to > from ? (columns - 1) / (to - from) : 0;
  for (let row = 0; row < length; row++) {
    const value = values[row];
    if (value - value !== 0) continue;
    const column = Math.round((steps[row] - from) * scale);
    if (column < 0 || column >= columns) continue;
    sums[column] += value;
    counts[column]++;
  }
  const means = bridged(sums.map((sum, i) => sum / counts[i]));
  const known = means.filter((mean) => !Number.isNaN(mean)).sort();
  const low = known[0];
  const high = known[Math.ceil(0.99 * (known.length - 1))];
  const span = high > low ? high - low : 1;
  return smoothed(means).map((mean) => Math.min(1, Math.max(0, (mean - low) / span)));
}

/** Fills columns between two known ones along a straight line. */
function bridged(means: Float64Array): Float64Array {
  let last = -1;
  for (let i = 0; i < means.length; i++) {
    if (Number.isNaN(means[i])) continue;
    for (let j = last + 1; last >= 0 && j < i; j++) means[j] = means[last] + ((means[i] - means[last]) * (j - last)) / (i - last);
    last = i;
  }
  return means;
}

const KERNEL = [1, 4, 6, 4, 1];

function smoothed(means: Float64Array): Float64Array {
  return means.map((mean, i) => {
    if (Number.isNaN(mean)) return mean;
    let [sum, weight] = [0, 0];
    KERNEL.forEach((share, k) => {
      const value = means[i + k - 2];
      if (value === undefined || Number.isNaN(value)) return;
      sum += share * value;
      weight += share;
    });
    return sum / weight;
  });
}

/** Something the reader should know of the run. */
export interface Happening {
  readonly step: number;
  readonly kind: "nonfinite" | "restart" | "mark";
  readonly text: string;
}

interface Scanned {
  generation: number;
  restarts: Stairs | undefined;
  length: number;
  last: number;
  broken: boolean;
  found: Happening[];
}

/** Looks at every row once: rows are only added, and a series that restarted, shrank or lost its version is read anew. */
export class Happenings {
  private readonly scanned = new Map<string, Scanned>();

  of(scene: Pick<Scene, "stores">): Happening[] {
    const all: Happening[] = [];
    for (const store of scene.stores) {
      for (const [step, note] of store.marks ?? []) all.push({ step, kind: "mark", text: note || "marked" });
      for (const series of store.series.values()) {
        if (series.kind === "scalar") all.push(...this.scan(seriesKey(store, series), series));
      }
    }
    return all;
  }

  private scan(key: string, series: Scalars): readonly Happening[] {
    let scanned = this.scanned.get(key);
    const { generation, restarts } = series;
    const grown = scanned?.generation === generation && scanned.restarts === restarts && scanned.length <= series.length;
    if (!scanned || !grown || series.steps[scanned.length - 1] !== scanned.last) {
      const found = (restarts ?? []).map(([, step]): Happening => ({ step, kind: "restart", text: "restarted from here" }));
      scanned = { generation, restarts, length: 0, last: NaN, broken: false, found };
      this.scanned.set(key, scanned);
    }
    const { steps, values, length, tag } = series;
    for (let row = scanned.length; row < length; row++) {
      const broken = values[row] - values[row] !== 0;
      if (broken && !scanned.broken) scanned.found.push({ step: steps[row], kind: "nonfinite", text: `${tag} is not finite` });
      scanned.broken = broken;
    }
    scanned.length = length;
    scanned.last = length > 0 ? steps[length - 1] : NaN;
    return scanned.found;
  }
}

export interface TrackPicture {
  readonly width: number;
  readonly height: number;
  readonly range: readonly [number, number];
  readonly heights: Float64Array | null;
  readonly captures: Float64Array;
  readonly happenings: readonly Happening[];
  readonly theme: Theme;
  readonly step: number;
  /** No cursor is set: the thumb is at the latest step and goes with it. */
  readonly latest: boolean;
  readonly hovered: number | null;
  readonly zoom: readonly [number, number] | null;
}

/** Room for the thumb at both ends. */
export const PAD = 10;
const TICKS = 8;
const THUMB = 7;

export function trackX({ width, range: [from, to] }: Pick<TrackPicture, "width" | "range">, step: number): number {
  return PAD + (to > from ? ((step - from) / (to - from)) * (width - 2 * PAD) : 0);
}

export function trackStep({ width, range: [from, to] }: Pick<TrackPicture, "width" | "range">, x: number): number {
  return from + ((x - PAD) / (width - 2 * PAD)) * (to - from);
}

/** What does not move with the cursor, kept as bitmaps: the curve as it is up to the cursor, beyond it, and what stands over it. */
export class Track {
  private readonly layers = [document.createElement("canvas"), document.createElement("canvas"), document.createElement("canvas")];
  private drawn: readonly unknown[] = [];

  draw(pen: CanvasRenderingContext2D, picture: TrackPicture): void {
    const { width, height, range, heights, captures, happenings, theme, zoom } = picture;
    const drawn = [width, height, ...range, heights, captures, happenings, theme, ...(zoom ?? []), devicePixelRatio];
    if (!same(this.drawn, drawn)) this.redraw(picture);
    this.drawn = drawn;
    const x = trackX(picture, picture.step);
    const [strong, faint, over] = this.layers;
    for (const [layer, from, to] of [[strong, 0, x], [faint, x, width], [over, 0, width]] as const) {
      pen.save();
      pen.beginPath();
      pen.rect(from, 0, to - from, height);
      pen.clip();
      pen.drawImage(layer, 0, 0, width, height);
      pen.restore();
    }
    drawPointers(pen, picture, x);
  }

  private redraw(picture: TrackPicture): void {
    const { width, height, theme, zoom } = picture;
    const [strong, faint, over] = this.layers.map((layer) => {
      [layer.width, layer.height] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
      const pen = layer.getContext("2d")!;
      pen.scale(layer.width / width, layer.height / height);
      pen.lineJoin = "round";
      return pen;
    });
    drawCurve(strong, picture, 0.85, theme.dark ? 0.28 : 0.18);
    drawCurve(faint, picture, 0.4, 0);
    drawTicks(over, picture);
    drawMarks(over, picture);
    if (zoom) drawWindow(over, picture, zoom);
  }
}

function drawPointers(pen: CanvasRenderingContext2D, picture: TrackPicture, x: number): void {
  const { height, theme, hovered } = picture;
  if (hovered !== null) {
    pen.fillStyle = theme.muted;
    pen.globalAlpha = 0.5;
    pen.fillRect(Math.round(trackX(picture, hovered)) - 0.5, 4, 1, height - 8);
    pen.globalAlpha = 1;
  }
  drawThumb(pen, picture, x);
}

function drawCurve(pen: CanvasRenderingContext2D, { width, height, heights, theme }: TrackPicture, line: number, fill: number): void {
  if (!heights) return;
  const base = height - TICKS;
  const gap = (width - 2 * PAD) / (heights.length - 1);
  const points = [...heights].flatMap((share, i) => (Number.isNaN(share) ? [] : [[PAD + gap * i, base - 1 - share * (base - 9)]]));
  if (points.length < 2) return;
  pen.strokeStyle = pen.fillStyle = theme.role("train");
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (const [px, py] of points) pen.lineTo(px, py);
  pen.globalAlpha = line;
  pen.stroke();
  pen.lineTo(points[points.length - 1][0], base);
  pen.lineTo(points[0][0], base);
  pen.globalAlpha = fill;
  if (fill > 0) pen.fill();
  pen.globalAlpha = 1;
}

/** One tick for each capture, or as many as can be told apart. */
function drawTicks(pen: CanvasRenderingContext2D, picture: TrackPicture): void {
  const { captures, height, theme } = picture;
  pen.fillStyle = theme.muted;
  let last = -Infinity;
  for (const step of captures) {
    const x = Math.round(trackX(picture, step));
    if (x - last < 3) continue;
    pen.fillRect(x, height - 6, 1, 4);
    last = x;
  }
}

/** Values that are not finite hang from the top as a filled triangle, a restart as an open one that points back, a mark as a flag. */
function drawMarks(pen: CanvasRenderingContext2D, picture: TrackPicture): void {
  const { happenings, height, theme } = picture;
  pen.lineWidth = 1.25;
  for (const { step, kind } of happenings) {
    pen.fillStyle = pen.strokeStyle = kind === "mark" ? theme.text : theme.warning;
    const x = Math.round(trackX(picture, step)) + 0.5;
    pen.globalAlpha = 0.55;
    pen.fillRect(x - 0.5, 4, 1, height - 4 - TICKS);
    pen.globalAlpha = 1;
    pen.beginPath();
    if (kind === "nonfinite") for (const [dx, y] of [[-4, 3], [4, 3], [0, 9.5]]) pen.lineTo(x + dx, y);
    else if (kind === "mark") for (const [dx, y] of [[0, 3], [8, 6.5], [0, 10]]) pen.lineTo(x + dx, y);
    else for (const [dx, y] of [[-6, 7], [0, 3], [0, 11]]) pen.lineTo(x + dx, y);
    pen.closePath();
    if (kind !== "restart") pen.fill();
    else pen.stroke();
  }
}

function drawThumb(pen: CanvasRenderingContext2D, { height, theme, latest }: TrackPicture, x: number): void {
  pen.strokeStyle = theme.text;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.moveTo(x, 2);
  pen.lineTo(x, height - 1);
  pen.stroke();
  pen.beginPath();
  pen.arc(x, height / 2, THUMB, 0, 2 * Math.PI);
  pen.fillStyle = latest ? theme.text : theme.background;
  pen.fill();
  pen.stroke();
}
