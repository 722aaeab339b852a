/** Two runs, or two steps, of one layer: over each other, their difference, and their distance over the steps. */

import { formatStep } from "./axes";
import { makeCharts } from "./charts";
import { comparable, distanceOver, pathKey, sidesOf, type Pair, type Side } from "./comparing";
import { drawDifference, drawOver, hueOf, makeParts, type Comparison } from "./compareparts";
import { wasserstein } from "./distance";
import { hide, make, setAttribute, setText } from "./dom";
import { columnsFor, gutterWidth, type Column } from "./gutter";
import { makeSuperseded } from "./header";
import { same } from "./memo";
import type { MakePanel, Panel, Scalars, Scene, Store, Theme } from "./model";
import type { Frame } from "./outline";
import { Runs } from "./runs";
import { sharesOf, Shapes, spanOf } from "./rebin";
import { placeTip, sizeCanvas } from "./ridgeparts";
import { drawAxis } from "./ridges";
import { rangeText } from "./ridgewords";
import { shareText } from "./rows";
import { watchSize } from "./sizes";
import { listenToToggle, press } from "./toggle";
import { BINS, chooseAxis, valueText, wishOf } from "./valueaxis";

const DISTANCE = "Wasserstein-1 distance";
const [OVER, DIFFERENCE] = [190, 88];

/** The distance as a run of one series, so that the chart of scalars can show it. */
class DistanceScene {
  series: Scalars | null = null;
  private key = "";
  private version = 0;
  private readonly themes = new WeakMap<Theme, Theme>();
  readonly scene: Scene;

  constructor(scene: Scene) {
    const all = new Map<string, Scalars>();
    const store: Store = { run: "", family: "", notice: "", state: "finished", subscribe: () => {}, get series() { return all; } };
    this.fill = (series) => (series ? all.set(DISTANCE, series) : all.clear());
    const range = (): readonly [number, number] | null =>
      this.series?.length ? [this.series.steps[0], this.series.steps[this.series.length - 1]] : null;
    this.scene = Object.create(scene, {
      stores: { value: [store] }, runs: { value: new Runs([store], new Map()) }, tags: { value: null }, smoothing: { value: 0 }, hidden: { value: new Set() }, range: { value: range },
      // Blue and vermilion are the sides.
      theme: { get: () => this.theme(scene.theme) },
    });
  }

  private readonly fill: (series: Scalars | null) => void;

  private theme(theme: Theme): Theme {
    let own = this.themes.get(theme);
    if (!own) this.themes.set(theme, (own = { ...theme, role: () => theme.depth(1) }));
    return own;
  }

  update(sides: Pair<Side> | null): void {
    const key = sides ? pathKey(sides) : "";
    if (key === this.key) return;
    this.key = key;
    this.series = sides && distanceOver(sides, DISTANCE, ++this.version);
    this.fill(this.series);
  }
}

interface Known {
  readonly key: string;
  readonly shapes: Shapes;
  readonly columns: readonly Column[];
}

class Compare implements Panel {
  readonly element: HTMLElement;
  private readonly parts = makeParts();
  private readonly distance: DistanceScene;
  private readonly chart: Panel;
  private readonly superseded: ReturnType<typeof makeSuperseded>;
  private width = 0;
  private bin = -1;
  private known: Known | null = null;
  private shown: Comparison | null = null;
  private drawn = "";
  private drawnTheme: Theme | null = null;
  private labelled: readonly unknown[] = [];
  private listed = "";

  constructor(private readonly scene: Scene, signal: AbortSignal) {
    this.element = this.parts.element;
    this.distance = new DistanceScene(scene);
    this.chart = makeCharts(this.distance.scene, signal);
    this.parts.body.append(this.chart.element);
    this.superseded = makeSuperseded(scene, signal);
    this.parts.scales.element.before(this.superseded.element);
    this.listen(signal);
  }

  draw(): boolean {
    const { scene, parts } = this;
    this.superseded.draw();
    const tags = comparable(scene);
    const wished = String(scene.knobs.get("tag") || tags[0] || "");
    const sides = sidesOf(scene, wished);
    hide(!sides, parts.body);
    hide(sides !== null, parts.empty);
    this.list(tags, wished);
    this.distance.update(sides);
    if (!sides) {
      setText(parts.empty, this.emptyWords(tags, wished));
      return false;
    }
    if (this.width > 0) this.paint(sides);
    return this.chart.draw();
  }

  private emptyWords(tags: readonly string[], wished: string): string {
    const several = this.scene.stores.length > 1;
    if (tags.length) return `${wished} is not in ${several ? "both runs" : "this run"}.`;
    return several ? "No histograms that both runs have yet." : "No histograms yet: run.log_histogram(…)";
  }

  private list(tags: readonly string[], wished: string): void {
    const { pick } = this.parts;
    const listed = [...tags, "", wished].join("\n");
    if (listed === this.listed) return;
    this.listed = listed;
    pick.replaceChildren(...[...new Set([...tags, wished])].map((tag) => make("option", { value: tag }, tag)));
    pick.value = wished;
  }

  private paint(sides: Pair<Side>): void {
    const { scene, parts } = this;
    const { shapes, columns } = (this.known = this.learn(sides));
    const stamp = [this.known.key, this.width, devicePixelRatio, this.bin,
      ...sides.map(({ capture, held }) => `${capture.row} ${capture.step} ${held}`)].join("|");
    if (stamp === this.drawn && scene.theme === this.drawnTheme) return;
    [this.drawn, this.drawnTheme] = [stamp, scene.theme];
    const right = this.width - Math.max(14, gutterWidth(columns));
    const frame: Frame = { width: this.width, height: OVER, left: 1, right, top: OVER - 2, pitch: 0, rise: (OVER - 8) / 1.15 };
    const shares = [sharesOf(sides[0].capture, shapes.axis), sharesOf(sides[1].capture, shapes.axis)] as const;
    this.shown = { sides, shares, shapes, frame, columns, theme: scene.theme, bin: this.bin };
    const over = sizeCanvas(parts.over, this.width, OVER);
    if (over) drawOver(over, this.shown);
    const difference = sizeCanvas(parts.difference, this.width, DIFFERENCE);
    if (difference) drawDifference(difference, this.shown, DIFFERENCE);
    const labelled = [scene.theme, shapes.axis, columns, this.width, devicePixelRatio];
    const axis = same(this.labelled, labelled) ? null : sizeCanvas(parts.axis, this.width, 24);
    if (axis) drawAxis(axis, frame, shapes.axis, columns, scene.theme);
    this.labelled = labelled;
    this.write(this.shown);
  }

  private learn(sides: Pair<Side>): Known {
    const wish = wishOf(this.scene.knobs.get("axis"));
    const key = [wish.name, ...sides.map(({ series, store }) => `${store.run} ${series.tag} ${series.version}`)].join("\n");
    if (this.known?.key === key) return this.known;
    const layers = sides.map(({ series }) => series.captures);
    const axis = chooseAxis(layers.map((captures) => captures.map(spanOf)), { kind: wish.kind, bins: BINS }, this.known?.shapes.axis ?? null);
    // Heights are shares on one scale always: to compare them is what this is for.
    return { key, shapes: Shapes.on(axis, layers, 0.9), columns: columnsFor(sides) };
  }

  private write({ sides, shapes }: Comparison): void {
    const { parts, scene } = this;
    press(parts.scales, shapes.axis.kind);
    const names = sides.map(({ label, capture }) => [label, `step ${formatStep(capture.step)}`].filter(Boolean).join(" · "));
    parts.sides.forEach(({ button, words }, i) => {
      setText(words, names[i]);
      button.style.setProperty("--series", hueOf(scene.theme, i));
      button.title = this.releases(i, sides[i]) ? "Held at this step: click to go with the cursor" : "Click to hold this side at the cursor's step";
      setAttribute(button, "aria-pressed", String(sides[i].held !== null));
    });
    const distance = valueText(wasserstein(sides[0].capture, sides[1].capture));
    setAttribute(parts.plot, "aria-label", `${sides[0].series.tag}: ${names.join(" against ")}, distance ${distance}`);
  }

  /** Of one run the first side is always held somewhere. */
  private releases(side: number, { held }: Side): boolean {
    return held !== null && (side === 1 || this.scene.stores.length > 1);
  }

  private hold(i: number): void {
    const side = this.shown?.sides[i];
    if (!side) return;
    const steps = [...((this.scene.knobs.get("steps") ?? [null, null]) as (number | null)[])];
    const { captures } = side.series;
    steps[i] = this.releases(i, side) ? null : (this.scene.cursor.step ?? captures[captures.length - 1].step);
    this.set("steps", steps);
  }

  private set(knob: string, value: unknown): void {
    this.scene.knobs.set(knob, value);
    this.scene.keep?.(knob);
    this.scene.request();
  }

  private listen(signal: AbortSignal): void {
    const { plot, pick, sides, scales } = this.parts;
    watchSize(plot, (width) => {
      this.width = Math.floor(width);
      if (this.width > 0) this.scene.request();
    }, signal);
    pick.addEventListener("change", () => this.set("tag", pick.value), { signal });
    sides.forEach(({ button }, i) => button.addEventListener("click", () => this.hold(i), { signal }));
    listenToToggle(scales, (axis) => this.set("axis", axis), signal);
    plot.addEventListener("pointermove", (event) => this.read(this.binAt(event), false), { signal });
    plot.addEventListener("pointerleave", () => this.read(-1, false), { signal });
    plot.addEventListener("blur", () => this.read(-1, false), { signal });
    plot.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  private binAt(event: PointerEvent): number {
    if (!this.shown) return -1;
    const { frame: { left, right } } = this.shown;
    const bin = Math.floor(((event.clientX - this.parts.plot.getBoundingClientRect().left - left) / (right - left)) * BINS);
    return bin >= 0 && bin < BINS ? bin : -1;
  }

  private key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) this.read(Math.min(BINS - 1, Math.max(0, (this.bin < 0 ? BINS >> 1 : this.bin) + by)), true);
    else if (event.key === "Escape" && this.bin >= 0) this.read(-1, false);
    else return;
    event.preventDefault();
    // Notebooks move between cells with the same keys.
    event.stopPropagation();
  }

  /** Says what each side has at a bin. */
  private read(bin: number, aloud: boolean): void {
    const { parts, scene, shown } = this;
    this.bin = bin;
    hide(bin < 0 || !shown, parts.tip);
    this.scene.request();
    if (bin < 0 || !shown) return;
    const { frame, shares, sides, shapes: { axis } } = shown;
    const [low, high] = rangeText(axis.edges[bin], axis.edges[bin + 1]);
    const rows = sides.map(({ label, capture }, i) => `${label || `step ${formatStep(capture.step)}`}: ${shareText(shares[i][bin])}`);
    const lines = [`${low} to ${high}`, ...rows];
    placeTip(parts, lines, frame.left + ((bin + 0.5) * (frame.right - frame.left)) / BINS, parts.plot.offsetTop + OVER / 2);
    if (aloud) scene.say(lines.join(", "));
  }
}

export const compare: MakePanel = (scene, signal) => new Compare(scene, signal);
