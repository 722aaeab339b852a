/** Which runs a view shows, in which hue, and which of them are drawn as one. */

import { GroupStore } from "./groupstore";
import type { Store } from "./model";
import { searchFor } from "./search";

/** What the legend of runs has a line for: runs that differ only in role, or those of a group. */
export interface Entry {
  /** Of its runs, or of the group. */
  readonly family: string;
  readonly name: string;
  /** Its place among all there are, which gives it its hue whatever else is shown. */
  readonly index: number;
  readonly members: readonly Store[];
  readonly shown: boolean;
  readonly pinned: boolean;
  /** Whether the search finds it. */
  readonly found: boolean;
}

/** How runs of a group are drawn beside their mean. */
export type SpreadMode = "std" | "range" | "runs";

/** More than these are a list that scrolls; these are a line of chips. */
export const FEW = 8;

const KNOBS = ["selected", "search", "hidden", "pinned", "group", "hparams"] as const;

type Hparams = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const nameOf = (store: Store): string => store.family || store.run;

/** The group that a run is in, null where it stands by itself. */
function grouping(group: string, hparams: Hparams): (store: Store) => string | null {
  if (!group) return () => null;
  if (Object.values(hparams).some((each) => group in each)) {
    return ({ run }) => (hparams[run]?.[group] === undefined ? null : `${group} ${hparams[run][group]}`);
  }
  const written = /^\/(.*)\/(i?)$/s.exec(group);
  try {
    const expression = written ? new RegExp(written[1], written[2]) : new RegExp(group);
    return (store) => {
      const found = expression.exec(nameOf(store)) ?? expression.exec(store.run);
      return found && (found[1] ?? found[0]);
    };
  } catch {
    return () => null;
  }
}

export class Runs {
  /** Those shown, each by itself. */
  shown: readonly Store[] = [];
  /** The same as charts draw them: groups are one. */
  charted: readonly Store[] = [];
  entries: readonly Entry[] = [];
  /** The entry under the pointer or the focus in the legend, and the one that is near the pointer in a chart. */
  pointed: number | null = null;
  near: number | null = null;
  /** Those of a group that is drawn as one, by its name. */
  private readonly groups = new Map<string, GroupStore>();
  private key = "";

  constructor(readonly all: readonly Store[], private readonly knobs: Map<string, unknown>) {
    this.refresh();
  }

  /** The families of all entries, by which lines find their hues. */
  get families(): readonly string[] {
    return this.entries.map(({ family }) => family);
  }

  /** Whether a mean waits to be taken anew. */
  get stale(): boolean {
    return [...this.groups.values()].some((group) => group.stale);
  }

  /** The entry that is looked at. */
  get focus(): number | null {
    return this.pointed ?? this.near;
  }

  get many(): boolean {
    return this.entries.length > FEW;
  }

  get grouped(): boolean {
    return this.groups.size > 0;
  }

  get spread(): SpreadMode {
    return (this.knobs.get("spread") as SpreadMode | undefined) ?? "std";
  }

  get hparams(): Hparams {
    return (this.knobs.get("hparams") as Hparams | undefined) ?? {};
  }

  listed(knob: "selected" | "hidden" | "pinned"): readonly string[] {
    return (this.knobs.get(knob) as readonly string[] | undefined) ?? [];
  }

  text(knob: "search" | "group"): string {
    return String(this.knobs.get(knob) ?? "");
  }

  /** Before every frame: what is shown is found anew where something was chosen. */
  refresh(): void {
    const key = JSON.stringify(KNOBS.map((knob) => this.knobs.get(knob)));
    if (key === this.key) return;
    this.key = key;
    const groupOf = grouping(this.text("group"), this.hparams);
    const members = new Map<string, Store[]>();
    for (const store of this.all) {
      const family = groupOf(store) ?? store.family;
      members.set(family, [...(members.get(family) ?? []), store]);
    }
    const [selected, hidden, pinned] = (["selected", "hidden", "pinned"] as const).map((knob) => this.among(knob));
    const finds = searchFor(this.text("search")) ?? (() => true);
    const chosen = this.listed("selected").length > 0;
    const isFound = (store: Store): boolean => finds(store.run) || finds(nameOf(store));
    const isShown = (store: Store): boolean =>
      !hidden(store) && (pinned(store) || ((!chosen || selected(store)) && isFound(store)));
    this.shown = this.all.filter(isShown);
    this.entries = [...members].map(([family, stores], index) => ({
      family, name: family || stores.map(({ run }) => run).join(" \u00b7 "), index, members: stores, shown: stores.some(isShown), pinned: stores.every(pinned), found: stores.some(isFound),
    }));
    this.charted = this.text("group") ? this.together(members, isShown) : this.shown;
    if (!this.text("group")) this.groups.clear();
  }

  private among(knob: "selected" | "hidden" | "pinned"): (store: Store) => boolean {
    const names = new Set(this.listed(knob));
    return (store) => names.has(store.run) || names.has(nameOf(store));
  }

  private together(members: ReadonlyMap<string, readonly Store[]>, isShown: (store: Store) => boolean): Store[] {
    for (const name of this.groups.keys()) if (!members.has(name)) this.groups.delete(name);
    const made: Store[] = [];
    for (const [name, stores] of members) {
      const shown = stores.filter(isShown);
      if (shown.length === 0) continue;
      const group = this.groups.get(name) ?? new GroupStore(name);
      this.groups.set(name, group);
      group.members = shown;
      made.push(group);
    }
    return made;
  }

  // What the reader chooses; whoever calls has it kept.

  /** The names by which an entry stands in lists of names. */
  private namesOf({ members }: Entry): string[] {
    return [...new Set(members.map(nameOf))];
  }

  private change(knob: "hidden" | "pinned" | "selected", entry: Entry, add: boolean): void {
    const own = new Set([...this.namesOf(entry), ...entry.members.map(({ run }) => run)]);
    const others = this.listed(knob).filter((name) => !own.has(name));
    this.knobs.set(knob, add ? [...others, ...this.namesOf(entry)] : others);
    this.refresh();
  }

  /** Hides an entry, or shows it whatever hid it; gives the knobs that changed. */
  toggle(entry: Entry): string[] {
    if (entry.shown) {
      this.change("hidden", entry, true);
      return ["hidden"];
    }
    this.change("hidden", entry, false);
    const chosen = this.listed("selected").length > 0;
    if (chosen) this.change("selected", entry, true);
    return chosen ? ["hidden", "selected"] : ["hidden"];
  }

  /** Shows nothing else; a second time, everything again. */
  solo(entry: Entry): string[] {
    const alone = this.entries.every((each) => each.shown === (each === entry)) && this.entries.length > 1;
    this.knobs.set("hidden", alone ? [] : this.entries.filter((each) => each.pinned && each !== entry).flatMap((each) => this.namesOf(each)));
    this.knobs.set("selected", alone ? [] : this.namesOf(entry));
    this.refresh();
    return ["hidden", "selected"];
  }

  pin(entry: Entry): string[] {
    this.change("pinned", entry, !entry.pinned);
    return ["pinned"];
  }

  showAll(): string[] {
    this.knobs.set("hidden", []);
    this.knobs.set("selected", []);
    this.knobs.set("search", "");
    this.refresh();
    return ["hidden", "selected", "search"];
  }

  /** What runs may be grouped by: hyper-parameters that some share and some do not. */
  get keys(): string[] {
    const settings = Object.values(this.hparams);
    const keys = [...new Set(settings.flatMap((each) => Object.keys(each)))];
    return keys.filter((key) => {
      const values = settings.filter((each) => key in each).map((each) => String(each[key]));
      const different = new Set(values).size;
      return different > 1 && different < values.length;
    });
  }
}
