/** Ticks and labels of what is counted in seconds. */

import { tickStep, ticks } from "d3-array";
import type { Domain } from "./axes";
import { formatDuration } from "./axes";
import { trimmed } from "./numbers";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const ROUND = [1, 2, 5, 10, 15, 30, ...[1, 2, 5, 10, 15, 30].map((each) => each * MINUTE), ...[1, 2, 3, 6, 12].map((each) => each * HOUR), DAY, 2 * DAY, 7 * DAY];

/** Seconds between ticks, so that there are about `count` of them. */
export function timeStep([low, high]: Domain, count: number): number {
  const wanted = (high - low) / Math.max(1, count);
  if (wanted < 1) return tickStep(low, high, Math.max(1, count));
  return ROUND.find((each) => each >= wanted) ?? tickStep(low / DAY, high / DAY, Math.max(1, count)) * DAY;
}

/** Seconds that a clock on the reader's wall is ahead of UTC. */
const ahead = (seconds: number): number => -60 * new Date(seconds * 1000).getTimezoneOffset();

export function timeTicks([low, high]: Domain, count: number, wall: boolean): number[] {
  const step = timeStep([low, high], count);
  if (step < 1) return ticks(low, high, Math.max(1, count));
  const shift = wall ? ahead(low) : 0;
  const found: number[] = [];
  for (let at = Math.ceil((low + shift) / step); at * step <= high + shift; at++) found.push(at * step - shift);
  return found;
}

/** "0", "30 s", "12 min", "1:30 h", "3 d", as finely as ticks `apart` need it. */
export function formatElapsed(seconds: number, apart: number, largest: number): string {
  if (seconds === 0) return "0";
  if (apart >= DAY) return `${trimmed((seconds / DAY).toFixed(1))}\u00a0d`;
  if (largest >= 2 * HOUR || (largest >= HOUR && apart >= MINUTE)) {
    const minutes = Math.round(seconds / MINUTE);
    return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}\u00a0h`;
  }
  if (largest < 2 * MINUTE) return `${trimmed(seconds.toFixed(apart < 1 ? Math.min(6, Math.ceil(-Math.log10(apart))) : 0))}\u00a0s`;
  if (apart >= MINUTE) return `${Math.round(seconds / MINUTE)}\u00a0min`;
  return `${Math.floor(seconds / MINUTE)}:${String(Math.round(seconds % MINUTE)).padStart(2, "0")}\u00a0min`;
}

/** "14:05", with seconds or as a date where ticks `apart` need it. */
export function formatClock(seconds: number, apart: number): string {
  const at = new Date(seconds * 1000);
  if (apart >= DAY) return at.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  const two = (value: number): string => String(value).padStart(2, "0");
  const minutes = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return apart >= MINUTE ? minutes : `${minutes}:${two(at.getSeconds())}`;
}

/** A moment in full: "21 Nov 14:05:09". */
export const formatMoment = (seconds: number): string => `${formatClock(seconds, DAY)} ${formatClock(seconds, 1)}`;

/** "2 s", "3 min 20 s", "1 h 04 min": about how long something will take, in words that do not change with every row. */
export function formatLeft(seconds: number): string {
  if (!(seconds >= 0) || !Number.isFinite(seconds)) return "";
  if (seconds < 20) return `${Math.ceil(seconds)}\u00a0s`;
  if (seconds < MINUTE) return `${5 * Math.ceil(seconds / 5)}\u00a0s`;
  return formatDuration(seconds < 10 * MINUTE ? 10 * Math.ceil(seconds / 10) : MINUTE * Math.ceil(seconds / MINUTE));
}
