/** The layer map: depth × steps, one statistic of every layer as a strip of cells. */

import { bisectRight } from "d3-array";
import { EasedDomain, formatStep, stepDomain, type Domain } from "./axes";
import { calm, hide, setText } from "./dom";
import { foldRows, type FoldedRows } from "./folding";
import { chooseScale, heatPixels, scaled, type Scale } from "./heat";
import { makeSuperseded } from "./header";
import { makeHatch, paintCells, paintOverlay, type MapFrame, type Placed, type Value } from "./mapdraw";
import { fitLabels, pitchOf, rowLabels, type Names } from "./maplayout";
import { cellText, emptyWords, makeParts, writeFirst, writeLegend, writeStatistics, type Broken, type MapParts } from "./mapparts";
import type { MakePanel, Panel, Scene, Series } from "./model";
import { Reader, type Spot } from "./reader";
import { sizeCanvas } from "./ridgeparts";
import { noneWords } from "./searchfield";
import { mapLayers, readingOf, titleOf, type MapLayers, type Points } from "./statistics";
import { stepAt, stepX } from "./stepaxis";
import { colour, pointAt, Strip } from "./strip";

const FOOT = 26;
/** Room for the values at the right end, where there is any. */
const VALUES = 72;
const NARROW = 420;
const DIRECTION: Readonly<Record<string, number>> = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10 };

class LayerMap implements Panel {
  readonly element: HTMLElement;
  private readonly parts: MapParts = makeParts();
  private readonly superseded: ReturnType<typeof makeSuperseded>;
  private readonly strip = new Strip();
  private readonly bitmap = document.createElement("canvas");
  private readonly x = new EasedDomain();
  private image: ImageData | null = null;
  private width = 0;
  private shown: MapLayers = { statistic: "", all: [], layers: [], total: 0, approximate: false };
  private series: ReadonlySet<Series> = new Set();
  private stamp = "";
  private scale: Scale | null = null;
  private names: Names = { labels: [], room: 0 };
  private frame: MapFrame | null = null;
  private theme: Scene["theme"] | null = null;
  private painted = "";
  /** Where what is not finite appeared first, in words. */
  private first = "";
  private row = -1;
  private rows: FoldedRows = { rows: [], headings: [] };
  private readonly folded = new Set<string>();
  /** The pointer is among the names. */
  private beside = false;
  private readonly reader: Reader;

  constructor(private readonly scene: Scene, signal: AbortSignal) {
    const { element, legend, pad, search, select, first } = this.parts;
    this.element = element;
    this.superseded = makeSuperseded(scene, signal, (_scene, series) => this.series.has(series));
    legend.before(this.superseded.element);
    this.reader = new Reader(scene, pad, this, signal);
    search.listen(scene, signal);
    select.addEventListener("change", () => {
      scene.knobs.set("statistic", select.value);
      scene.keep?.("statistic");
      scene.request();
    }, { signal });
    first.addEventListener("click", () => {
      const broken = this.firstBroken();
      this.beside = false;
      if (broken) this.choose(broken);
    }, { signal });
  }

  resized(width: number): void {
    this.width = width;
  }

  draw(): boolean {
    const { parts, scene } = this;
    const stamp = this.stampOf();
    const changed = stamp !== this.stamp;
    this.stamp = stamp;
    if (changed) this.shown = mapLayers(scene);
    if (changed) {
      this.series = new Set(this.shown.layers.map(({ series }) => series));
      this.rows = foldRows(this.shown.layers, this.folded, this.shown.statistic);
    }
    const layers = this.rows.rows;
    this.superseded.draw();
    const { total } = this.shown;
    hide(total === 0, parts.body);
    hide(total > 0, parts.empty);
    parts.search.draw(scene, this.shown.layers.length, total);
    hide(layers.length === 0, parts.pad);
    hide(layers.length > 0, parts.none);
    if (!layers.length) setText(parts.none, noneWords(scene, total));
    if (!total) setText(parts.empty, emptyWords(scene.stores.some(({ state }) => state === "live" || state === "following")));
    if (!layers.length || this.width < 80) return false;
    if (changed || !this.frame) this.arrange();
    const easing = this.x.moving(scene.now());
    const fresh = this.bringCells(changed);
    this.paint(fresh || easing);
    return easing;
  }

  /** Tells whether the data, what is asked of them or the room they have is another. */
  private stampOf(): string {
    const { stores, knobs, superseded, theme } = this.scene;
    let versions = 0;
    for (const store of stores) for (const series of store.series.values()) versions += series.version + series.generation + (series.length ? 1 : 0);
    if (theme !== this.theme) [this.theme, this.painted, this.stamp] = [theme, "", ""];
    return [versions, ...stores.map(({ state }) => state), knobs.get("statistic"), knobs.get("filter"), ...this.folded, superseded, this.width, devicePixelRatio].join("|");
  }

  /** Finds the steps there are, and gives the rows, their names and the values at their ends room. */
  private arrange(): void {
    const { scene, width, rows: { rows: layers } } = this;
    let [first, last, stride] = [Infinity, -Infinity, 0];
    for (const { series } of layers) {
      const [low, high, apart] = extentOf(series);
      [first, last, stride] = [Math.min(first, low), Math.max(last, high), Math.max(stride, apart)];
    }
    const growing = scene.stores.some(({ state }) => state === "live" || (state === "following" && this.x.target !== null));
    const target = growing ? stepDomain(this.x.target, first, last, true) : ([first, last + (stride || 1)] as Domain);
    this.x.send(target, scene.now(), calm() || !this.frame);
    const pitch = pitchOf(layers.length);
    const labels = rowLabels(layers.map(({ label }) => label), pitch);
    this.names = fitLabels(labels, Math.min(180, width * 0.27), `650 12px ${scene.theme.font}`);
    const left = this.names.room + 14;
    const right = Math.max(left + 40, width - (width < NARROW ? 12 : VALUES));
    const height = Math.ceil(pitch * layers.length);
    this.frame = { width, height: height + FOOT, left, right, bottom: height, pitch, ratio: devicePixelRatio || 1 };
    this.parts.pad.style.height = `${this.frame.height}px`;
  }

  /** Brings the bitmap of cells up to date; true where it changed. */
  private bringCells(changed: boolean): boolean {
    const { strip, rows: { rows: layers }, shown: { statistic }, frame, scene } = this;
    const reading = readingOf(statistic);
    const pixels = Math.max(1, Math.round((frame!.right - frame!.left) * frame!.ratio));
    if (!changed && this.image) return false;
    let from = strip.update(layers, statistic, reading, this.x.target!, pixels);
    const scale = chooseScale(reading, strip.cells, this.scale);
    if (scale !== this.scale || this.painted === "") from = 0;
    this.scale = scale;
    if (this.image?.width !== pixels || this.image.height !== layers.length) {
      [this.bitmap.width, this.bitmap.height] = [pixels, layers.length];
      this.image = new ImageData(pixels, layers.length);
      from = 0;
    }
    const hatch = makeHatch(scene.theme);
    colour(strip, new Uint32Array(this.image.data.buffer), from, scale, heatPixels(scene.theme.dark), hatch.pixels);
    if (from < pixels) this.bitmap.getContext("2d")?.putImageData(this.image, 0, 0, from, 0, pixels - from, layers.length);
    this.tell();
    return true;
  }

  /** The words of the title line that change with the data. */
  private tell(): void {
    const { parts, shown, strip, scale, scene, rows: { rows: layers } } = this;
    writeStatistics(parts, shown);
    hide(!shown.approximate || scale!.reading === "count", parts.note);
    writeLegend(parts, scale!, scene.theme, { zero: strip.cells.includes(-Infinity), broken: strip.cells.includes(Infinity) });
    const broken = this.firstBroken();
    this.first = writeFirst(parts, broken && layers[broken.row].label, broken);
    const { swatches } = makeHatch(scene.theme);
    parts.zero.style.setProperty("--swatch", swatches.zero);
    parts.broken.style.setProperty("--swatch", swatches.broken);
  }

  /** Where what is not finite appeared first, and in how many layers at once. */
  private firstBroken(): Broken | null {
    let found: Broken | null = null;
    const { reading } = this.scale!;
    this.strip.tracks.forEach(({ points: { steps, values, length } }, row) => {
      let i = 0;
      while (i < length && scaled(reading, values[i]) !== Infinity) i++;
      if (i === length || (found && steps[i] > found.step)) return;
      const more = found && steps[i] === found.step;
      found = more ? { ...found!, layers: found!.layers + 1 } : { row, step: steps[i], layers: 1 };
    });
    return found;
  }

  private paint(fresh: boolean): void {
    const { scene, parts, strip, names, reader: { hover } } = this;
    const frame = { ...this.frame!, x: this.x.at(scene.now()) };
    const layers = this.rows.rows;
    const chosen = layers.findIndex(({ tag }) => tag === scene.layer);
    if (chosen >= 0 ? layers[this.row]?.tag !== scene.layer : layers[this.row]?.tag !== "") this.row = chosen;
    const state = [scene.cursor.step, scene.layer, this.row, hover?.row, hover?.step, scene.superseded].join("|");
    const first = this.painted === "";
    if (!fresh && state === this.painted) return;
    this.painted = state;
    if (fresh || first) {
      const pen = sizeCanvas(parts.cells, frame.width, frame.height);
      if (pen) paintCells(pen, frame, scene.theme, { strip, bitmap: this.bitmap, domain: this.x.target! });
    }
    const step = scene.cursor.step ?? Infinity;
    const reading = this.scale!.reading;
    const valueOf = (row: number): Value | null => {
      const track = strip.tracks[row];
      if (!track) return null;
      const i = pointAt(track, step);
      const value = track.points.values[i];
      return i < 0 ? { text: "–", broken: false } : { text: cellText(reading, value), broken: scaled(reading, value) === Infinity };
    };
    const pen = sizeCanvas(parts.overlay, frame.width, frame.height);
    if (pen) paintOverlay(pen, frame, scene.theme, { names, rows: layers.length, valueOf, cursor: scene.cursor.step, chosen: this.row, hover });
    this.describe(valueOf(this.row)?.text ?? "");
    this.showTooltip(frame);
  }

  /** Says in words what the map shows at the cursor; aloud only after a key. */
  private describe(value: string): void {
    const { parts, scene, shown: { statistic }, rows: { rows: layers }, row } = this;
    const step = scene.cursor.step ?? this.lastStep();
    setText(parts.step, formatStep(step));
    const layer = layers[row] ? `${layers[row].name} ${value}` : `${layers.length} layers`;
    const first = this.first && ` ${this.first}.`;
    this.reader.say(`${titleOf(statistic)} by layer, at step ${formatStep(step)}: ${layer}.${first}`);
  }

  private lastStep(): number {
    return this.strip.tracks.reduce((last, { points: { steps, length } }) => Math.max(last, length ? steps[length - 1] : -Infinity), -Infinity);
  }

  private showTooltip(frame: Placed): void {
    const { reader: { hover }, parts: { tooltip }, shown: { approximate }, rows: { rows: layers } } = this;
    const track = hover && this.strip.tracks[hover.row];
    if (!hover || !track || !layers[hover.row]) return tooltip.hide();
    const i = pointAt(track, hover.step);
    const value = i < 0 ? "no value here" : `${approximate && this.scale!.reading !== "count" ? "≈ " : ""}${cellText(this.scale!.reading, track.points.values[i])}`;
    const rows = [{ color: "transparent", label: layers[hover.row].label, value }];
    const x = stepX(frame, hover.step);
    tooltip.show({ heading: `step ${formatStep(hover.step)}`, note: "", kind: "", rows }, x, x, frame.width);
    const top = Math.max(0, Math.min(frame.bottom - 40, (hover.row + 0.5) * frame.pitch - 22));
    tooltip.element.style.top = `${Math.round(top)}px`;
  }

  locate(event: PointerEvent): Spot | null {
    const { frame, strip: { tracks } } = this;
    if (!frame) return null;
    const box = this.parts.pad.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const row = Math.max(0, Math.min(tracks.length - 1, Math.floor(y / frame.pitch)));
    this.beside = x < frame.left - 8 && y < frame.bottom && this.rows.headings[row] !== "";
    this.parts.pad.classList.toggle("is-beside", this.beside);
    const at = stepAt({ ...frame, x: this.x.at(this.scene.now()) }, x);
    const i = pointAt(tracks[row], at);
    return { row, step: i < 0 ? Math.round(at) : tracks[row].points.steps[i] };
  }

  choose({ row, step }: Spot, dragging = false): void {
    if (this.beside) {
      if (!dragging) this.turn(row);
      return;
    }
    this.row = row;
    this.scene.layer = this.rows.rows[row]?.tag || null;
    this.scene.cursor.set(step);
    this.scene.request();
  }

  /** Folds the module that a row is in, or unfolds it. */
  private turn(row: number): boolean {
    const heading = this.rows.headings[row];
    if (!heading) return false;
    if (!this.folded.delete(heading)) this.folded.add(heading);
    this.row = -1;
    this.scene.request();
    return true;
  }

  key(name: string): boolean {
    const { scene, row, strip: { tracks } } = this;
    if (name === "Enter") return this.turn(row);
    const by = DIRECTION[name];
    if (by) {
      this.row = row < 0 ? 0 : Math.max(0, Math.min(tracks.length - 1, row + by));
      scene.layer = this.rows.rows[this.row].tag || null;
      return true;
    }
    if (name === "Escape") scene.layer = null;
    const step = name === "Escape" ? null : stepFor(name, tracks[Math.max(0, row)]?.points, scene.cursor.step ?? Infinity);
    if (step !== undefined) scene.cursor.set(step);
    return step !== undefined;
  }
}

/** Where a key takes the cursor along the steps of a layer; undefined where it is none of ours. */
function stepFor(key: string, { steps, length }: Points, step: number): number | undefined {
  const at = bisectRight(steps, step, 0, length) - 1;
  const here = steps[at] === step || step > steps[length - 1];
  const to = { ArrowLeft: here ? bisectRight(steps, steps[at] - 1e-9, 0, length) - 1 : at, ArrowRight: at + 1, Home: 0, End: length - 1 }[key];
  return to === undefined ? undefined : steps[Math.max(0, Math.min(length - 1, to))];
}

/** First and last step, and how far apart they usually are. */
function extentOf(series: Series): [number, number, number] {
  const steps = series.kind === "scalar" ? series.steps.subarray(0, series.length) : series.captures.map(({ step }) => step);
  let [low, high] = [Infinity, -Infinity];
  for (const step of steps) [low, high] = [Math.min(low, step), Math.max(high, step)];
  return [low, high, series.length > 1 ? (high - low) / (series.length - 1) : 0];
}

export const makeLayerMap: MakePanel = (scene, signal) => new LayerMap(scene, signal);
