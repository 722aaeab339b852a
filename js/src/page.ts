/**
 * Stands in for a notebook in an exported page: gives the front end the models it was exported with, and no kernel.
 *
 * The page holds the two bundles as text (`nbviz-channel`, `nbviz-views`) and the models as JSON (`nbviz-models`).
 */

import type { Host, Model } from "./host";
import { bytesOf } from "./wire";

interface Exported {
  /** The state of each channel by its reference, `_snapshot` in base64. */
  readonly channels: Record<string, Record<string, unknown>>;
  readonly view: Record<string, unknown>;
}

interface Module {
  initialize?(context: { model: Model; signal: AbortSignal }): unknown;
  render?(context: { model: Model; el: HTMLElement; host: Host; signal: AbortSignal }): unknown;
}

class StillModel implements Model {
  constructor(private readonly state: Record<string, unknown>) {}

  get(name: string): unknown {
    return this.state[name];
  }

  set(name: string, value: unknown): void {
    this.state[name] = value;
  }

  save_changes(): void {}
  send(): void {}
  on(): void {}
  off(): void {}
}

const text = (id: string): string => document.getElementById(id)?.textContent ?? "";

async function load(id: string): Promise<Module> {
  const url = URL.createObjectURL(new Blob([text(id)], { type: "text/javascript" }));
  try {
    return (await import(url)).default;
  } finally {
    URL.revokeObjectURL(url);
  }
}

async function show(el: HTMLElement): Promise<void> {
  const exported: Exported = JSON.parse(text("nbviz-models"));
  const [channel, view] = await Promise.all([load("nbviz-channel"), load("nbviz-views")]);
  const { signal } = new AbortController();
  const channels = new Map(
    Object.entries(exported.channels).map(([reference, state]) => {
      const model = new StillModel({ ...state, _snapshot: bytesOf(state._snapshot) });
      return [reference, { exports: channel.initialize!({ model, signal }) }];
    }),
  );
  const host: Host = { getWidget: async (reference) => channels.get(reference)! };
  const model = new StillModel(exported.view);
  await view.render!({ model, el, host, signal });
}

void show(document.getElementById("nbviz")!);
