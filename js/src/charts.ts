import { formatStep } from "./axes";
import { Chart } from "./chart";
import { ChartGrid } from "./chartgrid";
import { lookCloser } from "./detail";
import { calm, hide, make, setText } from "./dom";
import { groupSeries, type Choice, type Line } from "./group";
import { Horizontal } from "./horizontal";
import { RIGHT } from "./line";
import type { MakePanel, Scene } from "./model";
import { RunLegend, type Readings } from "./runlegend";
import { SEVERAL } from "./sections";
import type { Shared } from "./shared";
import { watchSize } from "./sizes";

const FIRST_LEFT = 40;
/** How near to what is in sight a chart is drawn. */
const NEAR = "32px";
/** Until means are taken anew of runs that grow. */
const STALE_MS = 250;

/** Tells frames apart by all but where the pointer and the cursor are, so that a hand that moves costs little among many lines. */
class FrameState {
  private theme: object | null = null;
  private themes = 0;

  constructor(private readonly scene: Scene, private readonly searched: () => string) {}

  read(): string {
    const { scene } = this;
    if (scene.theme !== this.theme) this.themes++;
    this.theme = scene.theme;
    // Means are taken by the clock.
    const means = scene.runs.grouped ? scene.now() : 0;
    const { changes, smoothing, superseded, printed, hidden } = scene;
    return JSON.stringify([changes, this.themes, means, smoothing, superseded, printed, this.searched(), [...hidden], [...scene.knobs]]);
  }
}

/** The scalar charts of a view: one for each group of tags, made and removed as tags come and go. */
export const makeCharts: MakePanel = (scene, signal) => {
  const grid = new ChartGrid(scene, signal);
  const empty = make("p", { class: "charts-empty" });
  const legend = new RunLegend(scene, signal);
  const body = make("div", { class: "charts-body" }, legend.element, make("div", { class: "charts-main" }, grid.element, empty));
  const element = make("div", { class: "charts" }, body);
  const shared = { horizontal: new Horizontal(), left: FIRST_LEFT, right: RIGHT, hover: null, families: 1, densest: 0, now: 0, still: false, state: "" } as
    { -readonly [K in keyof Shared]: Shared[K] };
  const charts = new Map<string, Chart>();
  const watch = watchCharts(scene, charts, signal);

  const frame = new FrameState(scene, () => grid.text);
  let lines: readonly Line[] = [];
  let [looked, again] = ["", 0];
  signal.addEventListener("abort", () => clearTimeout(again));

  const arrange = (): void => {
    const { runs, tags } = scene;
    const all = groupSeries({ stores: runs.charted, tags, charts: scene.knobs.get("charts") as readonly Choice[] | null, families: runs.families });
    const groups = grid.choose(all);
    const many = all.length > SEVERAL;
    shared.densest = Math.max(0, ...groups.flatMap(({ lines }) => lines.map(({ series }) => series.rows)));
    for (const [name, chart] of charts) {
      if (groups.some((group) => group.chart === name)) continue;
      watch.remove(chart);
      charts.delete(name);
    }
    for (const group of groups) {
      let chart = charts.get(group.chart);
      if (!chart) {
        chart = new Chart(scene, shared, group.chart, () => grid.raise(group.chart));
        charts.set(group.chart, chart);
        watch.add(chart);
      }
      chart.group = group;
    }
    grid.arrange((group) => charts.get(group.chart)!.element);
    lines = groups.flatMap((group) => group.lines);
    for (const chart of charts.values()) chart.offerTop(many || grid.top.length > 0, grid.top.includes(chart.name));
  };

  const look = (): void => {
    const drawn = [...charts.values()].filter(({ isDrawn }) => isDrawn);
    const state = [shared.state, ...drawn.map(({ name }) => name)].join("|");
    if (state === looked) return;
    looked = state;
    lookCloser(scene, drawn.flatMap((chart) => chart.drawnLines));
  };

  const draw = (): boolean => {
    shared.now = scene.now();
    shared.still = calm() || scene.printed === true;
    shared.families = scene.runs.entries.length;
    const before = shared.state;
    shared.state = frame.read();
    if (shared.state !== before) arrange();
    hide(charts.size > 0 || !grid.isEmpty, empty);
    if (!empty.hidden) setText(empty, emptyWords(scene));
    const { horizontal } = shared;
    const growing = scene.stores.some(({ state }) => state === "live" || (state === "following" && horizontal.shown !== null));
    horizontal.update(scene, lines, growing, shared.now, shared.still);
    let easing = false;
    scene.runs.near = scene.runs.many ? charts.get(shared.hover?.chart ?? "")?.nearest() ?? null : null;
    for (const chart of charts.values()) chart.update();
    for (const chart of charts.values()) easing = chart.paint() || easing;
    legend.draw(readingsOf(scene, charts, shared.hover));
    body.classList.toggle("has-list", scene.runs.many && !legend.element.hidden);
    for (const chart of charts.values()) chart.settle();
    clearTimeout(again);
    if (scene.runs.stale) again = window.setTimeout(() => scene.request(), STALE_MS);
    look();
    return easing;
  };
  return { element, draw };
};

/** The values of the chart under the pointer, or of the first one. */
function readingsOf(scene: Scene, charts: ReadonlyMap<string, Chart>, hover: Shared["hover"]): Readings {
  const chart = charts.get(hover?.chart ?? "") ?? [...charts.values()][0];
  const step = hover?.step ?? scene.cursor.step;
  const at = step === null ? "latest" : `at ${formatStep(step)}`;
  return { title: chart ? `${chart.name}, ${at}` : "", values: scene.runs.many ? chart?.readings() ?? new Map() : new Map() };
}

function emptyWords({ stores, tags, runs }: Scene): string {
  if (!stores.length && runs.all.length) return "No run is shown: all are hidden, or the search finds none.";
  const waiting = stores.some(({ state }) => state === "live" || state === "following");
  const what = tags ? ` of ${tags.join(", ")}` : "";
  if (!waiting) return `This run logged no scalars${what}.`;
  return stores.every(({ state }) => state === "following")
    ? `Waiting for the first scalar${what} to be written\u2026`
    : `Waiting for the first log()${what}\u2026`;
}

/** Keeps every chart's size and whether it can be seen: a chart out of sight is not drawn. */
function watchCharts(scene: Scene, charts: ReadonlyMap<string, Chart>, signal: AbortSignal):
{ add: (chart: Chart) => void; remove: (chart: Chart) => void } {
  const chartOf = (pad: Element): Chart | undefined => [...charts.values()].find((chart) => chart.pad.element === pad);
  const sizes = new Map<Chart, () => void>();
  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const chart = chartOf(target);
      if (chart) chart.visible = isIntersecting;
    }
    scene.request();
  }, { rootMargin: NEAR });
  signal.addEventListener("abort", () => {
    sight.disconnect();
    for (const chart of charts.values()) chart.remove();
  }, { once: true });
  addEventListener("resize", () => scene.request(), { signal });
  return {
    add: (chart) => {
      sizes.set(chart, watchSize(chart.pad.element, (width, height) => {
        if (width > 0 && height > 0) chart.size = { width, height };
        scene.request();
      }, signal));
      sight.observe(chart.pad.element);
    },
    remove: (chart) => {
      sizes.get(chart)?.();
      sizes.delete(chart);
      sight.unobserve(chart.pad.element);
      chart.remove();
    },
  };
}
