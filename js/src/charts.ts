import { Chart, type Shared } from "./chart";
import { calm, make, setText } from "./dom";
import { familiesOf, groupSeries } from "./group";
import { Horizontal } from "./horizontal";
import type { MakePanel, Scene } from "./model";

const FIRST_LEFT = 40;

/** The scalar charts of a view: one for each group of tags, made and removed as tags come and go. */
export const makeCharts: MakePanel = (scene, signal) => {
  const grid = make("div", { class: "charts-grid" });
  const empty = make("p", { class: "charts-empty" });
  const element = make("div", { class: "charts" }, grid, empty);
  const shared = { horizontal: new Horizontal(), left: FIRST_LEFT, hover: null, families: 1, densest: 0, now: 0, still: false } as
    { -readonly [K in keyof Shared]: Shared[K] };
  const charts = new Map<string, Chart>();
  const watch = watchCharts(scene, charts, signal);
  let shownOrder = "";

  for (const store of scene.stores) store.subscribe(() => scene.request(), signal);
  scene.cursor.subscribe(() => scene.request(), signal);

  const arrange = (): void => {
    const groups = groupSeries(scene);
    shared.densest = Math.max(0, ...groups.flatMap(({ lines }) => lines.map(({ series }) => series.rows)));
    for (const [name, chart] of charts) {
      if (groups.some((group) => group.chart === name)) continue;
      watch.remove(chart);
      charts.delete(name);
    }
    for (const group of groups) {
      let chart = charts.get(group.chart);
      if (!chart) {
        chart = new Chart(scene, shared, group.chart);
        charts.set(group.chart, chart);
        watch.add(chart);
      }
      chart.group = group;
    }
    const order = groups.map((group) => group.chart).join("\n");
    if (order === shownOrder) return;
    shownOrder = order;
    // Only what is not in its place moves: an element that moves loses the focus and the pointer.
    groups.forEach((group, i) => {
      const { element } = charts.get(group.chart)!;
      if (grid.children[i] !== element) grid.insertBefore(element, grid.children[i] ?? null);
    });
    grid.dataset.count = String(groups.length);
    grid.hidden = groups.length === 0;
  };

  const draw = (): boolean => {
    shared.now = scene.now();
    shared.still = calm();
    shared.families = familiesOf(scene.stores).length;
    arrange();
    empty.hidden = charts.size > 0;
    if (!empty.hidden) setText(empty, emptyWords(scene));
    const { horizontal } = shared;
    const growing = scene.stores.some(({ state }) => state === "live" || (state === "following" && horizontal.shown !== null));
    horizontal.update(scene, [...charts.values()].flatMap(({ group }) => group.lines), growing, shared.now, shared.still);
    let easing = false;
    for (const chart of charts.values()) chart.update();
    for (const chart of charts.values()) easing = chart.paint() || easing;
    return easing;
  };
  return { element, draw };
};

function emptyWords({ stores, tags }: Scene): string {
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
  const sizes = new ResizeObserver((entries) => {
    for (const { target, contentRect: { width, height } } of entries) {
      const chart = chartOf(target);
      if (chart && width > 0 && height > 0) chart.size = { width, height };
    }
    scene.request();
  });
  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const chart = chartOf(target);
      if (chart) chart.visible = isIntersecting;
    }
    scene.request();
  }, { rootMargin: "160px" });
  signal.addEventListener("abort", () => {
    sizes.disconnect();
    sight.disconnect();
    for (const chart of charts.values()) chart.remove();
  }, { once: true });
  addEventListener("resize", () => scene.request(), { signal });
  return {
    add: ({ pad }) => {
      sizes.observe(pad.element);
      sight.observe(pad.element);
    },
    remove: (chart) => {
      sizes.unobserve(chart.pad.element);
      sight.unobserve(chart.pad.element);
      chart.remove();
    },
  };
}
