/** The steps below the views of layers, and the cursor's among them. */

import { formatStep, formatStepTick, stepTicks, type Domain } from "./axes";
import type { Theme } from "./model";

/** Where steps lie, in CSS pixels. */
export interface StepAxis {
  readonly left: number;
  readonly right: number;
  readonly x: Domain;
}

/** Room a label takes. */
const APART = 88;

export const stepX = ({ left, right, x: [low, high] }: StepAxis, step: number): number => left + ((step - low) / (high - low)) * (right - left);

export const stepAt = ({ left, right, x: [low, high] }: StepAxis, x: number): number =>
  low + (Math.min(1, Math.max(0, (x - left) / (right - left)))) * (high - low);

/** Writes the steps at a height, except where the cursor says its own. */
export function paintStepAxis(pen: CanvasRenderingContext2D, axis: StepAxis, y: number, cursor: number | null, theme: Theme): void {
  const { left, right, x: [low, high] } = axis;
  let taken: readonly [number, number] = [Infinity, -Infinity];
  const place = (step: number, text: string): readonly [number, number] => {
    const width = pen.measureText(text).width;
    const from = Math.min(Math.max(stepX(axis, step) - width / 2, left - 4), right + 6 - width);
    return [from, from + width];
  };
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  if (cursor !== null && cursor >= low && cursor <= high) {
    pen.font = `650 11.5px ${theme.font}`;
    const [from, to] = place(cursor, formatStep(cursor));
    pen.fillStyle = theme.surface;
    pen.beginPath();
    pen.roundRect(from - 6, y - 9, to - from + 12, 18, 4);
    pen.fill();
    pen.fillStyle = theme.text;
    pen.fillText(formatStep(cursor), from, y);
    taken = [from - 14, to + 14];
  }
  pen.font = `11.5px ${theme.font}`;
  pen.fillStyle = theme.muted;
  const count = Math.max(1, Math.min(8, Math.floor((right - left) / APART)));
  for (const step of stepTicks(axis.x, count)) {
    const text = formatStepTick(step, high, (high - low) / count);
    const [from, to] = place(step, text);
    if (from > taken[1] || to < taken[0]) pen.fillText(text, from, y);
  }
}
