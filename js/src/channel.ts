/** The front end of Channel: keeps the page's copy of a run. One of the two files that know the widget model. */

import { Closer } from "./closer";
import { watchConnection } from "./connection";
import { Shared, StepCursor } from "./cursor";
import { type Model, listen } from "./host";
import { Repair } from "./repair";
import { RunStore } from "./store";
import { bytesOf, decodeFrame } from "./wire";

export interface Exports {
  store: RunStore;
  cursor: StepCursor;
  /** The layer that was chosen, by the tag that its histograms have. */
  layer: Shared<string>;
}

function initialize({ model, signal }: { model: Model; signal: AbortSignal }): Exports {
  const store = new RunStore(String(model.get("run")), String(model.get("family")));
  const cursor = new StepCursor(model.get("cursor") as number | null);
  const layer = new Shared(model.get("layer") as string | null);
  const repair = new Repair(store, (have) => model.send({ type: "resync", have }), signal);
  const take = (binary: unknown, snapshot: boolean) => {
    try {
      const bytes = bytesOf(binary);
      if (!bytes?.length) return;
      const frame = decodeFrame(bytes);
      repair.taken(frame, snapshot, store.apply(frame, snapshot));
      if (frame.detail) closer.answered();
    } catch (error) {
      store.say(`a message could not be read: ${error}`);
    }
  };

  const closer = new Closer({ store, send: (message) => model.send(message), heard: () => repair.heard }, signal);
  store.closer = (tags, steps, points) => closer.want(tags, steps, points);
  const hear = () => {
    repair.hear();
    closer.revive();
  };

  listen(model, "msg:custom", (message: { type?: string }, buffers: unknown[]) => {
    if (message?.type === "frame") {
      hear();
      take(buffers?.[0], false);
    }
  }, signal);
  listen(model, "change:_snapshot", () => {
    hear();
    take(model.get("_snapshot"), true);
  }, signal);
  listen(model, "change:cursor", () => cursor.set(model.get("cursor") as number | null), signal);
  watchConnection(model, repair, signal);
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
  repair.open();
  return { store, cursor, layer };
}

export default { initialize };
