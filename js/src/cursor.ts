/** What everything showing a run shares: the step cursor, and the layer that was chosen. */

import type { Cursor } from "./model";

export class Shared<Value> {
  private readonly listeners = new Set<() => void>();

  constructor(public value: Value | null = null) {}

  set(value: Value | null): void {
    if (value === this.value) return;
    this.value = value;
    for (const listener of this.listeners) listener();
  }

  subscribe(listener: () => void, signal: AbortSignal): void {
    this.listeners.add(listener);
    signal.addEventListener("abort", () => this.listeners.delete(listener));
  }
}

export class StepCursor extends Shared<number> implements Cursor {
  get step(): number | null {
    return this.value;
  }

  override set(step: number | null): void {
    super.set(step === null || !Number.isFinite(step) ? null : Math.round(step));
  }
}

/** One, made here, for a view of several runs: what each run has follows it, and it follows whichever changed. */
export function joined<One extends Shared<any>>(all: readonly One[], make: () => One, signal: AbortSignal): One {
  if (all.length === 1) return all[0];
  const one = make();
  one.set(all.find(({ value }) => value !== null)?.value ?? null);
  one.subscribe(() => all.forEach((each) => each.set(one.value)), signal);
  for (const each of all) each.subscribe(() => one.set(each.value), signal);
  return one;
}
