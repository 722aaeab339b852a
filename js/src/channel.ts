/** The front end of Channel, and of Crowd: keeps the page's copy of runs. One of the two files that know the widget model. */

import { Closer } from "./closer";
import { type Listeners, watchConnection } from "./connection";
import { Shared, StepCursor } from "./cursor";
import { type Model, listen } from "./host";
import { Post } from "./post";
import { Repair } from "./repair";
import { RunStore } from "./store";
import { bytesOf, decodeFrame } from "./wire";

export interface Exports {
  readonly stores: readonly RunStore[];
  readonly cursor: StepCursor;
  /** The layer that was chosen, by the tag that its histograms have. */
  readonly layer: Shared<string>;
}

/** The page's half of what is said of one run. */
class Feed {
  readonly store: RunStore;
  readonly repair: Repair;
  private readonly closer: Closer;

  constructor(name: string, family: string, send: (message: unknown) => void, signal: AbortSignal) {
    this.store = new RunStore(name, family);
    this.repair = new Repair(this.store, (have) => send({ type: "resync", have }), signal);
    this.closer = new Closer({ store: this.store, send, heard: () => this.repair.heard }, signal);
    this.store.closer = (tags, steps, points) => this.closer.want(tags, steps, points);
  }

  hear(): void {
    this.repair.hear();
    this.closer.revive();
  }

  take(binary: unknown, snapshot: boolean): void {
    try {
      const bytes = bytesOf(binary);
      if (!bytes?.length) return;
      const frame = decodeFrame(bytes);
      this.repair.taken(frame, snapshot, this.store.apply(frame, snapshot));
      if (frame.detail) this.closer.answered();
    } catch (error) {
      this.store.say(`a message could not be read: ${error}`);
    }
  }
}

function feedsOf(model: Model, signal: AbortSignal): Feed[] {
  const runs = model.get("runs") as readonly (readonly [string, string])[] | undefined;
  if (!runs) return [new Feed(String(model.get("run")), String(model.get("family")), (message) => model.send(message), signal)];
  const post = new Post(model, signal);
  listen(model, "msg:custom", () => post.hear(), signal);
  return runs.map(([name, family], number) => new Feed(name, family, (message) => post.send(number, message), signal));
}

/** What came for a run, by its number, from a message or from a trait. */
type Came = readonly (readonly [run: number, binary: unknown])[];

function cameIn(message: { type?: string; runs?: unknown }, buffers: unknown[]): Came {
  if (message?.type === "frame") return [[0, buffers?.[0]]];
  if (message?.type === "frames" && Array.isArray(message.runs)) return message.runs.map((run, i) => [run, buffers?.[i]]);
  return [];
}

function snapshotsIn(model: Model): Came {
  const snapshots = (model.get("_snapshots") as unknown[] | undefined) ?? [model.get("_snapshot")];
  return snapshots.map((snapshot, run) => [run, snapshot]);
}

function share<Value>(model: Model, name: string, shared: Shared<Value>, signal: AbortSignal): void {
  listen(model, `change:${name}`, () => shared.set(model.get(name) as Value | null), signal);
  shared.subscribe(() => {
    model.set(name, shared.value);
    model.save_changes();
  }, signal);
}

function initialize({ model, signal }: { model: Model; signal: AbortSignal }): Exports {
  const feeds = feedsOf(model, signal);
  const cursor = new StepCursor(model.get("cursor") as number | null);
  const layer = new Shared(model.get("layer") as string | null);
  const take = (came: Came, snapshot: boolean): void => {
    for (const [run, binary] of came) feeds[run]?.take(binary, snapshot);
  };
  const hear = (came: Came, snapshot: boolean): void => {
    for (const [run] of came) feeds[run]?.hear();
    take(came, snapshot);
  };

  listen(model, "msg:custom", (message: { type?: string }, buffers: unknown[]) => hear(cameIn(message, buffers), false), signal);
  for (const name of ["_snapshot", "_snapshots"]) listen(model, `change:${name}`, () => hear(snapshotsIn(model), true), signal);
  const all = (what: keyof Listeners) => () => feeds.forEach(({ repair }) => repair[what]());
  watchConnection(model, { lost: all("lost"), back: all("back"), ended: all("ended") }, signal);
  share(model, "cursor", cursor, signal);
  share(model, "layer", layer, signal);

  take(snapshotsIn(model), true);
  for (const { repair } of feeds) repair.open();
  return { stores: feeds.map(({ store }) => store), cursor, layer };
}

export default { initialize };
