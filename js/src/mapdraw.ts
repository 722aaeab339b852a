/** Drawing of the layer map: the cells with their marks and axis, and what moves over them. */

import type { Domain } from "./axes";
import { APART, labelY, LINE, type Names } from "./maplayout";
import type { Theme } from "./model";
import { faded } from "./outline";
import { paintStepAxis, stepX } from "./stepaxis";
import { stretches, type Special, type Strip } from "./strip";

type Pen = CanvasRenderingContext2D;

/** Where the map lies, in CSS pixels. */
export interface MapFrame {
  readonly width: number;
  readonly height: number;
  /** Of the cells. */
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly pitch: number;
  readonly ratio: number;
}

/** With the steps that its width spans now. */
export type Placed = MapFrame & { readonly x: Domain };

/** More marks than these cannot be told apart. */
const MOST = 4000;

function tile(size: number, draw: (pen: Pen) => void): HTMLCanvasElement {
  const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
  const pen = canvas.getContext("2d");
  if (pen) draw(pen);
  return canvas;
}

interface Hatch {
  readonly pixels: Special;
  readonly broken: HTMLCanvasElement;
  readonly zero: HTMLCanvasElement;
  /** The same as backgrounds of CSS. */
  readonly swatches: { readonly broken: string; readonly zero: string };
}

const pixelOf = (canvas: HTMLCanvasElement): number => {
  const [red, green, blue] = canvas.getContext("2d")?.getImageData(0, 0, 1, 1).data ?? [0, 0, 0];
  return (255 << 24 | blue << 16 | green << 8 | red) >>> 0;
};

let known: { theme: Theme; hatch: Hatch } | null = null;

/** What is not finite is striped in the warning hue, an exact zero dotted in grey: marks besides the colours. */
export function makeHatch(theme: Theme): Hatch {
  if (known?.theme === theme) return known.hatch;
  const zero = `color-mix(in srgb, ${theme.muted} 30%, ${theme.background})`;
  const plain = (color: string): number => pixelOf(tile(1, (pen) => { pen.fillStyle = color; pen.fillRect(0, 0, 1, 1); }));
  const stripes = tile(6, (pen) => {
    pen.strokeStyle = theme.background;
    pen.lineWidth = 1.5;
    pen.beginPath();
    for (const at of [-6, 0, 6]) { pen.moveTo(at - 1, 7); pen.lineTo(at + 7, -1); }
    pen.stroke();
  });
  const dots = tile(6, (pen) => { pen.fillStyle = theme.muted; pen.fillRect(2, 2, 2, 2); });
  const hatch = {
    pixels: { broken: plain(theme.warning), zero: plain(zero) },
    broken: stripes, zero: dots,
    swatches: {
      broken: `repeating-linear-gradient(-45deg, ${theme.background} 0 1.2px, ${theme.warning} 1.2px 4px)`,
      zero: `radial-gradient(${theme.muted} 1.2px, ${zero} 1.6px)`,
    },
  };
  known = { theme, hatch };
  return hatch;
}

interface Cells {
  readonly strip: Strip;
  readonly bitmap: HTMLCanvasElement;
  /** The steps that the bitmap spans. */
  readonly domain: Domain;
}

export function paintCells(pen: Pen, frame: Placed, theme: Theme, { strip, bitmap, domain }: Cells): void {
  const { left, right, bottom, pitch } = frame;
  const [from, to] = [stepX(frame, domain[0]), stepX(frame, domain[1])];
  pen.save();
  pen.beginPath();
  pen.rect(left, 0, right - left, bottom);
  pen.clip();
  pen.imageSmoothingEnabled = false;
  pen.drawImage(bitmap, from, 0, to - from, bottom);
  const hatch = makeHatch(theme);
  for (const [value, mark] of [[Infinity, hatch.broken], [-Infinity, hatch.zero]] as const) {
    pen.beginPath();
    for (const [row, first, last] of stretches(strip, value, MOST)) {
      const scale = (to - from) / strip.width;
      pen.rect(from + first * scale, row * pitch, (last - first) * scale, pitch);
    }
    pen.fillStyle = pen.createPattern(mark, "repeat")!;
    pen.fill();
  }
  pen.fillStyle = theme.background;
  if (pitch >= APART) for (let y = pitch; y < bottom - 1; y += pitch) pen.fillRect(left, Math.round(y) - 1, right - left, 1);
  pen.restore();
}

/** The value of a row at the cursor, and whether it is worth a warning. */
export interface Value {
  readonly text: string;
  readonly broken: boolean;
}

interface Over {
  readonly names: Names;
  readonly rows: number;
  readonly valueOf: (row: number) => Value | null;
  readonly cursor: number | null;
  readonly chosen: number;
  readonly hover: { readonly row: number; readonly step: number } | null;
}

export function paintOverlay(pen: Pen, frame: Placed, theme: Theme, over: Over): void {
  const { cursor, chosen, hover } = over;
  pen.textBaseline = "middle";
  paintNames(pen, frame, theme, over);
  paintValues(pen, frame, theme, over);
  if (cursor !== null && cursor >= frame.x[0] && cursor <= frame.x[1]) paintCursor(pen, frame, theme, cursor);
  paintStepAxis(pen, frame, frame.bottom + 14, cursor, theme);
  if (chosen >= 0) outline(pen, frame, theme, chosen, theme.text);
  if (hover && hover.row !== chosen) outline(pen, frame, theme, hover.row, theme.muted);
}

function outline(pen: Pen, { left, right, pitch }: Placed, theme: Theme, row: number, color: string): void {
  const [y, height] = [row * pitch, Math.max(3, pitch)];
  for (const [width, ink] of [[3.5, theme.background], [1.5, color]] as const) {
    pen.lineWidth = width;
    pen.strokeStyle = ink;
    pen.strokeRect(left - 1, y - 1, right - left + 2, height + 1);
  }
}

function paintNames(pen: Pen, { left, pitch, bottom }: Placed, theme: Theme, { names, chosen, hover }: Over): void {
  pen.textAlign = "left";
  for (const label of names.labels) {
    const { text, first, last } = label;
    const told = [chosen, hover?.row ?? -1].some((row) => row >= first && row <= last);
    pen.font = `${told ? 650 : 400} ${pitch < LINE + 2 ? 11 : 12}px ${theme.font}`;
    pen.fillStyle = told || pitch >= LINE ? theme.text : theme.muted;
    pen.fillText(text, 0, labelY(label, pitch, bottom));
    if (last === first || first === 0) continue;
    pen.fillStyle = theme.muted;
    pen.fillRect(left - 8, Math.round(first * pitch), 6, 1);
  }
}

/** The value of every row at the cursor; where there is no room for all, of the row that is pointed at or chosen. */
function paintValues(pen: Pen, { width, right, pitch, bottom }: Placed, theme: Theme, { rows, valueOf, chosen, hover }: Over): void {
  if (width - right < 40) return;
  const told = hover?.row ?? chosen;
  pen.textAlign = "left";
  for (const row of pitch < LINE - 2 ? [told] : Array(rows).keys()) {
    const value = valueOf(row);
    if (!value) continue;
    pen.font = `${row === told ? 650 : 400} 11.5px ${theme.font}`;
    pen.fillStyle = value.broken ? theme.warning : row === told ? theme.text : theme.muted;
    pen.fillText(value.text, right + 8, Math.max(6, Math.min(bottom - 6, (row + 0.5) * pitch)), width - right - 8);
  }
}

/** The cursor's line, with a halo as it crosses every colour. */
function paintCursor(pen: Pen, frame: Placed, theme: Theme, step: number): void {
  const x = Math.round(stepX(frame, step));
  for (const [width, ink] of [[4, faded(theme.background, 0.8)], [1.5, theme.text]] as const) {
    pen.fillStyle = ink;
    pen.fillRect(x - width / 2, 0, width, frame.bottom + 4);
  }
}
