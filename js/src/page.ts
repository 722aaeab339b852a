/**
 * Stands in for a notebook in an exported page: gives the front end the models it was exported with (`nbviz-models`, as
 * JSON), and no kernel.
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

async function show(main: HTMLElement): Promise<void> {
  const exported: Exported = JSON.parse(document.getElementById("nbviz-models")!.textContent!);
  const { signal } = new AbortController();
  const channels = new Map<string, { exports: Exports }>();
  for (const [reference, state] of Object.entries(exported.channels)) {
    const model = new StillModel({ ...state, _snapshot: await unpacked(state._snapshot) });
    channels.set(reference, { exports: channel.initialize({ model, signal }) });
  }
  const host: Host = { getWidget: async (reference) => channels.get(reference)! };
  main.replaceChildren();
  for (const state of exported.views) {
    const el = document.createElement("div");
    main.append(el);
    await views.render({ model: new StillModel(state), el, host, signal });
  }
}

void show(document.getElementById("nbviz")!);
