/** The front end of Channel: keeps the page's copy of a run. One of the two files that know the widget model. */

import { Shared, StepCursor } from "./cursor";
import { type Model, listen } from "./host";
import { RunStore } from "./store";
import { bytesOf, decodeFrame } from "./wire";

export interface Exports {
  store: RunStore;
  cursor: StepCursor;
  /** The layer that was chosen, by the tag that its histograms have. */
  layer: Shared<string>;
}

const RESTARTED = "the kernel was restarted: this is what it had sent before";
const WAITING = "some points are missing: the kernel sends them when its cell ends";
const ASK_AGAIN_MS = 3000;
const LONGEST_MS = 300_000;

function initialize({ model, signal }: { model: Model; signal: AbortSignal }): Exports {
  const store = new RunStore(String(model.get("run")), String(model.get("family")));
  const cursor = new StepCursor(model.get("cursor") as number | null);
  const layer = new Shared(model.get("layer") as string | null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let patience = ASK_AGAIN_MS;

  const ask = (tags: readonly string[]) => {
    if (timer !== undefined) return;
    post({ type: "resync", have: store.have(tags) });
    // A kernel that is busy answers all that was asked in the end, so ask ever more seldom.
    timer = setTimeout(() => {
      timer = undefined;
      patience = Math.min(2 * patience, LONGEST_MS);
      store.say(store.notice || WAITING);
      ask(store.missing());
    }, patience);
  };
  const heal = () => {
    clearTimeout(timer);
    timer = undefined;
    patience = ASK_AGAIN_MS;
    store.say("");
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  const post = (message: unknown) => {
    try {
      model.send(message);
    } catch {
      store.say(RESTARTED);
    }
  };
  const take = (binary: unknown, snapshot = false) => {
    try {
      const bytes = bytesOf(binary);
      if (!bytes?.length) return;
      const missing = store.apply(decodeFrame(bytes), snapshot);
      if (missing.length) ask(missing);
      else heal();
    } catch (error) {
      store.say(`a message could not be read: ${error}`);
    }
  };

  listen(model, "msg:custom", (message: { type?: string }, buffers: unknown[]) => {
    if (message?.type === "frame") take(buffers[0]);
  }, signal);
  listen(model, "change:_snapshot", () => take(model.get("_snapshot"), true), signal);
  listen(model, "change:cursor", () => cursor.set(model.get("cursor") as number | null), signal);
  // Not of the anywidget interface: ipywidgets' models say so when their kernel restarts or dies.
  listen(model, "comm_live_update", () => post({ type: "ping" }), signal);
  cursor.subscribe(() => {
    model.set("cursor", cursor.step);
    model.save_changes();
  }, signal);
  listen(model, "change:layer", () => layer.set(model.get("layer") as string | null), signal);
  layer.subscribe(() => {
    model.set("layer", layer.value);
    model.save_changes();
  }, signal);

  take(model.get("_snapshot"), true);
  const reduced = store.reduced();
  // A host without a kernel throws or ignores it, which is no news for the reader.
  if (reduced.length) {
    try {
      model.send({ type: "resync", have: Object.fromEntries(reduced.map((tag) => [tag, [0, 0]])) });
    } catch {
      /* the snapshot is all there is */
    }
  }
  return { store, cursor, layer };
}

export default { initialize };
