import { seriesKey, type Notice, type Scalars, type Series, type State, type Store } from "./model";
import { meanOf } from "./spread";

/** While runs grow, the mean of many is taken anew this often at most. */
const EVERY_MS = 250;

interface Known {
  readonly members: string;
  readonly versions: string;
  readonly since: number;
  readonly series: Series;
}

/** Runs of a group as one: each of their scalars is the mean of theirs. */
export class GroupStore implements Store {
  members: readonly Store[] = [];
  /** Whether a mean waits for its time to be taken anew. */
  stale = false;
  private readonly known = new Map<string, Known>();

  constructor(readonly run: string, private readonly now: () => number = () => performance.now()) {}

  get family(): string {
    return this.run;
  }

  get state(): State {
    return this.members.some(({ state }) => state === "live") ? "live" : "finished";
  }

  get notice(): Notice {
    return "";
  }

  get series(): ReadonlyMap<string, Series> {
    const parts = new Map<string, { store: Store; series: Scalars }[]>();
    for (const store of this.members) {
      for (const series of store.series.values()) {
        if (series.kind !== "scalar") continue;
        const key = `${series.tag}\n${series.place.role}`;
        const part = parts.get(key);
        if (part) part.push({ store, series });
        else parts.set(key, [{ store, series }]);
      }
    }
    this.stale = false;
    return new Map([...parts].map(([key, part]) => [key, this.mean(key, part)]));
  }

  subscribe(): void {
    /* Whoever draws listens to the runs themselves. */
  }

  private mean(name: string, part: readonly { readonly store: Store; readonly series: Scalars }[]): Series {
    const before = this.known.get(name);
    const members = part.map(({ store, series }) => seriesKey(store, series)).join("|");
    const versions = part.map(({ series }) => series.version).join();
    if (before?.members === members) {
      if (before.versions === versions) return before.series;
      if (this.now() - before.since < EVERY_MS) {
        this.stale = true;
        return before.series;
      }
    }
    const series = meanOf(part);
    this.known.set(name, { members, versions, since: this.now(), series });
    return series;
  }
}
