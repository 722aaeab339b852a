/**
 * Stands in for a notebook in an exported page, or one that nbconvert made: gives the front end the models it was exported
 * with (`nbviz-models`, as JSON), and no kernel.
 */

import channel, { type Exports } from "./channel";
import type { Host, Model } from "./host";
import views from "./views";
import { bytesOf } from "./wire";

interface Exported {
  /** The state of each channel by its reference, `_snapshot` packed as nbviz/export.py does it. */
  readonly channels: Record<string, Record<string, unknown>>;
  readonly views: readonly Record<string, unknown>[];
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

  send(): void {
    throw new Error("an exported page has no kernel");
  }

  on(): void {}
  off(): void {}
}

const WORD = 8;

async function unpacked(text: unknown): Promise<Uint8Array> {
  const deflated = new Blob([bytesOf(text)!]).stream();
  const planes = await new Response(deflated.pipeThrough(new DecompressionStream("deflate-raw"))).arrayBuffer();
  const bytes = new Uint8Array(planes);
  const words = bytes.length / WORD;
  return bytes.map((_, i) => bytes[(i % WORD) * words + Math.floor(i / WORD)]);
}

/** Where a view goes: into the output it was in, or else below the others. */
function placeOf(view: number): HTMLElement {
  const own = document.getElementById(`nbviz-view-${view}`);
  return own ?? document.getElementById("nbviz")!.appendChild(document.createElement("div"));
}

async function show(): Promise<void> {
  const exported: Exported = JSON.parse(document.getElementById("nbviz-models")!.textContent!);
  const { signal } = new AbortController();
  const channels = new Map<string, { exports: Exports }>();
  for (const [reference, state] of Object.entries(exported.channels)) {
    const model = new StillModel({ ...state, _snapshot: await unpacked(state._snapshot) });
    channels.set(reference, { exports: channel.initialize({ model, signal }) });
  }
  const host: Host = { getWidget: async (reference) => channels.get(reference)! };
  document.getElementById("nbviz")?.replaceChildren();
  for (const [i, state] of exported.views.entries()) {
    const el = placeOf(i);
    el.replaceChildren();
    await views.render({ model: new StillModel(state), el, host, signal });
  }
}

void show();
