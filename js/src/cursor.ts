/** The step cursor that everything showing a run shares. */

import type { Cursor } from "./model";

export class StepCursor implements Cursor {
  private readonly listeners = new Set<() => void>();

  constructor(public step: number | null = null) {}

  set(step: number | null): void {
    const next = step === null || !Number.isFinite(step) ? null : Math.round(step);
    if (next === this.step) return;
    this.step = next;
    for (const listener of this.listeners) listener();
  }

  subscribe(listener: () => void, signal: AbortSignal): void {
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener));
  }
}

/** One cursor for a view of several runs: each run's cursor follows it, and it follows whichever moved. */
export function joined(cursors: readonly Cursor[], signal: AbortSignal): Cursor {
  if (cursors.length === 1) return cursors[0];
  const cursor = new StepCursor(cursors.find((each) => each.step !== null)?.step ?? null);
  cursor.subscribe(() => cursors.forEach((each) => each.set(cursor.step)), signal);
  for (const each of cursors) each.subscribe(() => cursor.set(each.step), signal);
  return cursor;
}
