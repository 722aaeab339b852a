/** Drawing of distributions: small charts of percentile bands over the steps, and what moves over them. */

import { formatStep } from "./axes";
import type { Layer } from "./layers";
import type { Capture, Theme } from "./model";
import { bandsOf, MEDIAN } from "./quantiles";
import { FAINT, faded } from "./outline";
import { isSuperseded } from "./restarts";
import { stepX, type StepAxis } from "./stepaxis";
import { axisTicks, position, valueText, type Axis } from "./valueaxis";

type Pen = CanvasRenderingContext2D;

/** Where one small chart lies, in CSS pixels. */
export interface Place extends StepAxis {
  readonly layer: Layer;
  readonly label: string;
  /** Of the whole tile; `left` is where the bands begin. */
  readonly start: number;
  readonly top: number;
  readonly low: number;
  readonly high: number;
}

export interface Tile extends Place {
  readonly axis: Axis;
}

/** From the widest band to the narrowest, each as strong as makes the next one stand out of it. */
const STRENGTHS = [0.16, 0.2, 0.24, 0.28];
const SMALL = 11;
/** A median this close to zero, as a share of the largest value, is said to be there. */
const NEAR_ZERO = 0.01;

export function valueY({ axis, low, high }: Tile, value: number): number {
  return low - Math.min(1.02, Math.max(-0.02, position(axis, value))) * (low - high);
}

/** Captures in the order of their steps, in stretches that hold values: superseded ones apart from the others. */
export function stretchesOf(captures: readonly Capture[]): Capture[][] {
  const found: Capture[][] = [];
  for (const gone of [true, false]) {
    let open: Capture[] | null = null;
    const chosen = captures.filter((each) => isSuperseded(each) === gone);
    if (chosen.some((each, i) => i > 0 && each.step < chosen[i - 1].step)) chosen.sort((a, b) => a.step - b.step);
    for (const capture of chosen) {
      if (!bandsOf(capture)) open = null;
      else if (open) open.push(capture);
      else found.push((open = [capture]));
    }
  }
  return found;
}

function paintStretch(pen: Pen, tile: Tile, captures: readonly Capture[], color: string): void {
  const bands = captures.map((capture) => bandsOf(capture)!);
  // One capture alone has no width, so it is given some.
  const xs = captures.map(({ step }) => stepX(tile, step));
  const points = xs.length > 1 ? xs.map((at, i) => [at, i] as const) : [[xs[0] - 3, 0], [xs[0] + 3, 0]] as const;
  STRENGTHS.forEach((strength, k) => {
    pen.beginPath();
    for (const [at, i] of points) pen.lineTo(at, valueY(tile, bands[i][k]));
    for (const [at, i] of [...points].reverse()) pen.lineTo(at, valueY(tile, bands[i][8 - k]));
    pen.fillStyle = faded(color, strength);
    pen.fill();
    if (k) return;
    pen.strokeStyle = faded(color, 0.45);
    pen.lineWidth = 0.75;
    pen.stroke();
  });
  pen.beginPath();
  for (const [at, i] of points) pen.lineTo(at, valueY(tile, bands[i][MEDIAN]));
  pen.strokeStyle = color;
  pen.lineWidth = 1.75;
  pen.stroke();
}

/** A bar at the top wherever values were not finite: bands cannot hold them. */
function paintBroken(pen: Pen, tile: Tile, captures: readonly Capture[], theme: Theme): void {
  pen.fillStyle = theme.warning;
  captures.forEach(({ step, nonfinite }, i) => {
    if (!nonfinite) return;
    const from = stepX(tile, step) - 1;
    const next = captures[i + 1];
    const width = next?.nonfinite && next.step > step ? stepX(tile, next.step) - from : 2;
    pen.fillRect(from, tile.high - 4, width, 3);
  });
}

function paintGrid(pen: Pen, tile: Tile, theme: Theme): void {
  const { axis, start, left, right, low, high } = tile;
  pen.font = `${SMALL}px ${theme.font}`;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const tick of axisTicks(axis, 28 / (low - high))) {
    const y = Math.round(valueY(tile, tick)) + 0.5;
    if (y > low + 1 || y < high - 1) continue;
    pen.fillStyle = theme.grid;
    pen.fillRect(left, y - 0.5, right - left, 1);
    pen.fillStyle = theme.muted;
    // Squeezed rather than cut off, which might take a minus away.
    pen.fillText(valueText(tick, 4), left - 6, y, left - start - 8);
  }
}

/** What changes only with the data. */
export function paintTile(pen: Pen, tile: Tile, theme: Theme): void {
  const { captures } = tile.layer.series;
  const color = theme.depth(tile.layer.depth);
  paintGrid(pen, tile, theme);
  pen.save();
  pen.beginPath();
  pen.rect(tile.left - 3, tile.high - 2, tile.right - tile.left + 6, tile.low - tile.high + 4);
  pen.clip();
  pen.lineJoin = "round";
  for (const stretch of stretchesOf(captures)) {
    pen.globalAlpha = isSuperseded(stretch[0]) ? FAINT : 1;
    paintStretch(pen, tile, stretch, color);
  }
  pen.restore();
  paintBroken(pen, tile, captures, theme);
}

interface Words {
  readonly median: string;
  readonly ends: string;
}

const words = new WeakMap<Capture, Words | null>();

function wordsOf(capture: Capture): Words | null {
  let known = words.get(capture);
  if (known === undefined) {
    const bands = bandsOf(capture);
    words.set(capture, (known = bands && {
      median: Math.abs(bands[MEDIAN]) < NEAR_ZERO * Math.max(-bands[0], bands[8]) ? "≈ 0" : valueText(bands[MEDIAN], 2),
      ends: `${valueText(bands[0], 2)} … ${valueText(bands[8], 2)}`,
    }));
  }
  return known;
}

/** The title line of a tile: its name, and median, smallest and largest value at the cursor. */
export function paintTitle(pen: Pen, tile: Tile, capture: Capture | null, theme: Theme, told: boolean): void {
  const { median = "", ends = "" } = (capture && wordsOf(capture)) ?? {};
  const [y, strong, light] = [tile.top + 9, `650 12px ${theme.font}`, `${SMALL}px ${theme.font}`];
  const color = theme.depth(tile.layer.depth);
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  pen.font = strong;
  pen.fillStyle = told ? color : theme.text;
  pen.fillText(tile.label, tile.start, y);
  const from = tile.start + pen.measureText(tile.label).width + 8;
  const broken = capture?.nonfinite ? `${formatStep(capture.nonfinite)} NaN/Inf` : "";
  let x = tile.right;
  pen.textAlign = "right";
  // What does not fit beside the name is left to the tooltip, the ends before the median.
  for (const [text, font, ink] of [[broken || ends, light, broken ? theme.warning : theme.muted], [median, strong, color]] as const) {
    pen.font = font;
    const width = text ? pen.measureText(text).width : 0;
    const reserved = text === ends && median ? 52 : 0;
    if (!text || x - width - reserved < from) continue;
    pen.fillStyle = ink;
    pen.fillText(text, x, y);
    x -= width + 8;
  }
}

/** A step's line through a tile, and the median it reads. */
export function paintStep(pen: Pen, tile: Tile, step: number, capture: Capture | null, theme: Theme, hovering: boolean): void {
  if (step < tile.x[0] || step > tile.x[1]) return;
  const at = Math.round(stepX(tile, step));
  pen.globalAlpha = hovering ? 0.45 : 0.85;
  pen.fillStyle = theme.muted;
  pen.fillRect(at - 0.75, tile.high - 4, hovering ? 1 : 1.5, tile.low - tile.high + 8);
  pen.globalAlpha = 1;
  const bands = capture && bandsOf(capture);
  if (!bands) return;
  const y = valueY(tile, bands[MEDIAN]);
  for (const [radius, color] of [[5, theme.background], [3.25, theme.depth(tile.layer.depth)]] as const) {
    pen.beginPath();
    pen.arc(stepX(tile, capture.step), y, radius, 0, 2 * Math.PI);
    pen.fillStyle = color;
    pen.fill();
  }
}
