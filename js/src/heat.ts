/** The colours of a layer map and the scale that values are read on. */

import { valueText } from "./valueaxis";

/**
 * Anchors in OKLab (https://bottosson.github.io/posts/oklab/): lightness falls evenly from pale mint over blue to deep
 * purple, so that the order can be read without hue and equal steps look equal, to colour-blind readers too.
 */
const ANCHORS = [
  [0.93, -0.05, 0.005],
  [0.71, -0.07, -0.08],
  [0.49, -0.01, -0.145],
  [0.27, 0.07, -0.11],
] as const;
/** In a dark theme the lowest value must still show on the background, so the scale starts above it. */
const LIFT = 0.04;

export const LEVELS = 256;

const gamma = (part: number): number => {
  const share = Math.min(1, Math.max(0, part));
  return Math.round(255 * (share <= 0.0031308 ? 12.92 * share : 1.055 * share ** (1 / 2.4) - 0.055));
};

function rgbOf(lightness: number, a: number, b: number): [number, number, number] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** The colour of a share of the scale: more ink, that is further from the background, for a larger value. */
export function heatColor(share: number, dark: boolean): [number, number, number] {
  const at = Math.min(1, Math.max(0, dark ? 1 - share : share)) * (ANCHORS.length - 1);
  const i = Math.min(ANCHORS.length - 2, Math.floor(at));
  const [lightness, a, b] = [0, 1, 2].map((part) => ANCHORS[i][part] + (ANCHORS[i + 1][part] - ANCHORS[i][part]) * (at - i));
  return rgbOf(lightness + (dark ? LIFT : 0), a, b);
}

/** One colour for each level, as the pixels of a little-endian canvas. */
export function heatPixels(dark: boolean): Uint32Array {
  return Uint32Array.from({ length: LEVELS }, (_, level) => {
    const [red, green, blue] = heatColor(level / (LEVELS - 1), dark);
    return (255 << 24 | blue << 16 | green << 8 | red) >>> 0;
  });
}

/** How the values of a statistic are read: over the decades, as shares of a whole, or as counts that ought to be zero. */
export type Reading = "log" | "share" | "count";

/** Both ends in the scale's own unit: decades, or shares. */
export interface Scale {
  readonly reading: Reading;
  readonly low: number;
  readonly high: number;
}

/** A cell on its scale: NaN where there is none, −∞ for an exact zero of decades, ∞ for what is not finite or wrong. */
export function scaled(reading: Reading, value: number): number {
  if (!Number.isFinite(value)) return Infinity;
  if (reading === "log") return value > 0 ? Math.log10(value) : value < 0 ? Infinity : -Infinity;
  return reading === "count" && value > 0 ? Infinity : value;
}

/** Finer than this no end of the scale need be found; from the smallest double to the largest. */
const PER_DECADE = 8;
const DECADES = 330;
/** So few cells may lie beyond an end of the scale: one explosion must not make all else look alike. */
const BEYOND = 0.005;
/** Of a net with an odd layer or two the others set the scale, which reaches beyond them by as much as they span. */
const ODD = 0.1;
/** A net whose layers are within two decades of each other is well. */
const NARROWEST = 3;

function endsOf(cells: Float32Array): [number, number] | null {
  const counts = new Uint32Array(2 * DECADES * PER_DECADE);
  let total = 0;
  for (const cell of cells) {
    if (cell - cell !== 0) continue;
    counts[Math.floor((cell + DECADES) * PER_DECADE)]++;
    total++;
  }
  if (!total) return null;
  const find = (share: number, from: number, by: 1 | -1): number => {
    let rest = share * total;
    while ((rest -= counts[from]) >= 0) from += by;
    return from;
  };
  const most = counts.length - 1;
  const [first, last] = [find(ODD, 0, 1), find(ODD, most, -1)];
  const room = Math.max(NARROWEST * PER_DECADE, last - first);
  const low = Math.max(find(BEYOND, 0, 1), first - room);
  const high = Math.min(find(BEYOND, most, -1), last + room);
  return [Math.floor(low / PER_DECADE) - DECADES, Math.ceil((high + 1) / PER_DECADE) - DECADES];
}

/** The scale for these cells: whole decades, kept while they fit and fill it, so that colours seldom change. */
export function chooseScale(reading: Reading, cells: Float32Array, before: Scale | null): Scale {
  if (reading !== "log") return before?.reading === reading ? before : { reading, low: 0, high: 1 };
  let [low, high] = endsOf(cells) ?? [-2, 1];
  const kept = before?.reading === "log" && low >= before.low && high <= before.high && before.high - before.low <= high - low + 2;
  if (kept) return before;
  while (high - low < NARROWEST) [low, high] = (high - low) % 2 ? [low, high + 1] : [low - 1, high];
  return { reading, low, high };
}

/** What an end of the scale is called. */
export const endText = ({ reading }: Scale, end: number): string =>
  reading === "log" ? valueText(Number(`1e${end}`)) : `${Math.round(100 * end)}\u00a0%`;
