import { formatRate, formatStep } from "./axes";
import { makeMenu } from "./menu";
import { makeSmoothing } from "./smoothing";
import { formatLeft } from "./timeticks";
import { hide, make, setAttribute, setText } from "./dom";
import { isCharted } from "./group";
import { plannedOf, stepRange } from "./range";
import type { MakePanel, Scalars, Scene, Series, State, Store } from "./model";

/** Rows are arriving while the last came within this time. */
const QUIET_MS = 5000;
const RATE_WINDOW_S = 5;
const RATE_MIN_ROWS = 8;
/** What is left is told from a longer time, so that it goes down evenly. */
const LEFT_WINDOW_S = 60;
/** A rate that changed with every row could not be read. */
const RATE_EVERY_MS = 500;

const WORST_FIRST: readonly State[] = ["live", "following", "failed", "interrupted", "finished"];

export function overallState(stores: readonly Store[]): State {
  return WORST_FIRST.find((state) => stores.some((store) => store.state === state)) ?? "finished";
}

function scalarsOf(stores: readonly Store[]): Scalars[] {
  return stores.flatMap((store) => [...store.series.values()]).filter((series) => series.kind === "scalar");
}

/** The runs that the header tells of: those in which rows arrive, not what they are compared with; where none is live, all. */
export function toldOf(stores: readonly Store[]): readonly Store[] {
  const live = stores.filter(({ state }) => state === "live");
  const walls = live.map((store) => Math.max(...scalarsOf([store]).map(({ walls, length }) => (length ? walls[length - 1] : -Infinity))));
  const latest = Math.max(...walls);
  // A run that an earlier cell left without finishing it is live as well.
  return live.length ? live.filter((_, i) => !(walls[i] < latest - QUIET_MS / 1000)) : stores;
}

/** Steps per second over the last seconds of the series that was written last; NaN where there is no telling. */
export function rateOf(all: readonly Scalars[], window = RATE_WINDOW_S): number {
  let [busiest, latest]: [Scalars | null, number] = [null, -Infinity];
  for (const series of all) {
    const wall = series.length > 1 ? series.walls[series.length - 1] : -Infinity;
    const denser = busiest === null || series.rows > busiest.rows;
    if (wall > latest + RATE_WINDOW_S || (wall > latest - RATE_WINDOW_S && denser)) {
      busiest = series;
      latest = Math.max(latest, wall);
    }
  }
  if (!busiest) return NaN;
  const { steps, walls, length } = busiest;
  const last = length - 1;
  let from = last;
  while (from > 0 && (walls[from] > walls[last] - window || last - from < RATE_MIN_ROWS) && steps[from - 1] <= steps[from]) from--;
  return (steps[last] - steps[from]) / (walls[last] - walls[from]);
}

/** Seconds until the last of the steps that a run is going to have; NaN where nobody said how many or nothing moves. */
export function leftOf(planned: number | null, step: number, all: readonly Scalars[]): number {
  if (planned === null) return NaN;
  return Math.max(0, planned - 1 - step) / rateOf(all, LEFT_WINDOW_S);
}

/** Notices when rows arrive, by the page's clock: the kernel's may be another. */
class Arrivals {
  private rows = -1;
  private since = -Infinity;
  private timer = 0;

  constructor(private readonly scene: Scene, private readonly signal: AbortSignal) {}

  arriving(all: readonly Scalars[]): boolean {
    const now = this.scene.now();
    const rows = all.reduce((sum, series) => sum + series.rows, 0);
    if (rows !== this.rows) {
      const lately = all.some(({ walls, length }) => length > 0 && Date.now() / 1000 - walls[length - 1] < QUIET_MS / 1000);
      if (this.rows >= 0 || lately) this.since = now;
      this.rows = rows;
      if (now - this.since < QUIET_MS) this.lookAgain();
    }
    return now - this.since < QUIET_MS;
  }

  /** Waits for the quiet: nothing else would draw when nothing comes. */
  private lookAgain(): void {
    if (this.timer) return;
    const left = this.since + QUIET_MS - performance.now();
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      if (this.signal.aborted) return;
      if (performance.now() - this.since < QUIET_MS) this.lookAgain();
      else this.scene.request();
    }, Math.max(0, left) + 50);
  }
}

function stateWord(state: State, arriving: boolean): string {
  if (state !== "live") return state;
  return arriving ? "training" : "waiting";
}

export function titleOf({ title, runs: { all } }: Pick<Scene, "title" | "runs">): string {
  if (title) return title;
  return all.length === 1 ? all[0].run : `${all.length} runs`;
}

const inPanels = ({ panels, tags }: Scene, series: Series): boolean => series.kind === "histogram"
  ? ["ridges", "compare", "distributions"].some((panel) => panels.includes(panel)) && (tags?.includes(series.tag) ?? true)
  : panels.includes("charts") && isCharted(series, tags);

/** The switch that shows what restarts superseded, where there is anything in what the view shows. */
export function makeSuperseded(scene: Scene, signal: AbortSignal, shows = inPanels): { element: HTMLElement; draw: () => void } {
  const count = make("span");
  const element = make("button", { class: "superseded", type: "button" }, make("span", { class: "superseded-word" }, "superseded "), count);
  element.addEventListener("click", () => {
    scene.superseded = !scene.superseded;
    scene.keep?.("superseded");
    scene.request();
  }, { signal });
  const draw = (): void => {
    let rows = 0;
    for (const store of scene.stores) for (const series of store.series.values()) if (series.superseded && shows(scene, series)) rows += series.superseded;
    hide(rows === 0, element);
    if (!rows) return;
    setText(count, formatStep(rows));
    setAttribute(element, "aria-pressed", String(scene.superseded));
    const one = rows === 1 ? "1 row that a restarted run logged anew is" : `${formatStep(rows)} rows that a restarted run logged anew are`;
    setAttribute(element, "title", `${one} ${scene.superseded ? "shown faint: click to hide" : "hidden: click to show"}`);
  };
  return { element, draw };
}

/** One line: what runs, how it is, how far it is, and what is wrong. */
export const makeHeader: MakePanel = (scene, signal) => {
  const dot = make("span", { class: "header-dot", "aria-hidden": "true" });
  const title = make("h2", { class: "header-title" });
  const word = make("span", { class: "header-word" });
  const step = make("b");
  const total = make("span", { class: "header-total" });
  const steps = make("span", { class: "header-step" }, "step ", step, total);
  const rate = make("span", { class: "header-rate" });
  const left = make("span", { class: "header-left" });
  const notice = make("span", { class: "header-notice", role: "status" });
  const knobs = [makeSuperseded(scene, signal), makeSmoothing(scene, signal), makeMenu(scene, signal)];
  const facts = make("div", { class: "header-facts" }, dot, title, word, steps, rate, left, notice);
  const element = make("div", { class: "header" }, facts, ...knobs.map((knob) => knob.element));
  const arrivals = new Arrivals(scene, signal);
  let rated = -Infinity;

  const draw = (): boolean => {
    const { stores } = scene;
    const told = toldOf(stores);
    const all = scalarsOf(told);
    const state = overallState(stores);
    const arriving = arrivals.arriving(all);
    setText(title, titleOf(scene));
    setText(word, stateWord(state, arriving));
    setAttribute(dot, "data-state", state);
    dot.classList.toggle("is-waiting", state === "live" && !arriving);
    const last = (told === stores ? scene.range() : stepRange(told))?.[1] ?? null;
    hide(last === null, steps);
    if (last !== null) setText(step, formatStep(last));
    const planned = plannedOf(told);
    setText(total, planned === null ? "" : ` of ${formatStep(planned)}`);
    const moving = state === "live" && arriving;
    hide(!moving, rate, left);
    if (moving && scene.now() - rated >= RATE_EVERY_MS) {
      rated = scene.now();
      setText(rate, formatRate(rateOf(all)));
      const time = last === null ? "" : formatLeft(leftOf(planned, last, all));
      setText(left, time && `${time} left`);
    }
    const said = [...new Set(stores.map((store) => store.notice).filter(Boolean))].join(" · ");
    hide(said === "", notice);
    setText(notice, said);
    setAttribute(notice, "title", said);
    for (const knob of knobs) knob.draw();
    return false;
  };
  return { element, draw };
};
