/** The scrubber panel: where in the run the cursor stands, moved by hand, by key or by playing. */

import { formatExact, formatStep } from "./axes";
import { hide, make, ordered, setAttribute, setText } from "./dom";
import { allMarks, nextMark, notesAt } from "./marks";
import { Memo, same } from "./memo";
import type { MakePanel, Panel, Scalars, Scene } from "./model";
import { capturedSteps, Player, stopsOf } from "./player";
import { sizeCanvas } from "./ridgeparts";
import { audible, voiceOf, type Spot } from "./sound";
import { rowAt } from "./survey";
import { writeText } from "./together";
import { watchSize } from "./sizes";
import { float, moveTo } from "./tooltip";
import { TrackWindow } from "./trackwindow";
import { curve, Happenings, Track, trackSeries, trackStep, trackX, type TrackPicture } from "./track";

const HEIGHT = 52;
const TIP_GAP = 4;
const SPEEDS = [0.5, 1, 2, 4, 8];

function makeParts() {
  const play = make("button", { class: "scrubber-play", type: "button", "aria-label": "Play" }, make("span", { class: "scrubber-icon" }));
  const canvas = make("canvas", { "aria-hidden": "true" });
  const tip = make("div", { class: "scrubber-tip", popover: "manual" });
  const track = make("div", { class: "scrubber-track", role: "slider", tabindex: "0", "aria-label": "Step" }, canvas, tip);
  // A field of numbers would write them without separators of thousands.
  const input = make("input", { type: "text", inputmode: "numeric", role: "spinbutton", autocomplete: "off", "aria-label": "Step" });
  const box = make("label", { class: "scrubber-step" }, make("span", {}, "step"), input);
  const options = SPEEDS.map((speed) => make("option", { value: String(speed) }, `${speed === 0.5 ? "½" : speed}×`));
  const speed = make("select", { class: "scrubber-speed", "aria-label": "Playing speed", title: "Playing speed" }, ...options);
  speed.value = "1";
  const latest = make("button", { class: "scrubber-latest", type: "button", "aria-label": "Follow the latest step", title: "Follow the latest step" },
    make("span", { class: "scrubber-icon" }), make("span", { class: "scrubber-word" }, "latest"));
  const controls = make("div", { class: "scrubber-controls" }, box, speed, latest);
  const element = make("section", { class: "scrubber", "aria-label": "Scrubber" }, make("div", { class: "scrubber-row" }, play, track, controls));
  return { element, play, canvas, tip, track, input, speed, latest };
}

type Data = Pick<TrackPicture, "heights" | "captures" | "happenings">;

class Scrubber implements Panel {
  readonly element: HTMLElement;
  private readonly parts = makeParts();
  private readonly player = new Player();
  private readonly happened = new Happenings();
  private readonly window: TrackWindow;
  private width = 0;
  private hovered: number | null = null;
  private drawn: readonly unknown[] = [];
  private readonly gathered = new Memo<Data>();
  private readonly drawing = new Track();
  private data: Data | null = null;

  constructor(private readonly scene: Scene, signal: AbortSignal) {
    this.element = this.parts.element;
    audible.set(this.parts.track, () => (this.data?.heights ? [voiceOf(spotsOf(this.data.heights))] : []));
    this.window = new TrackWindow(scene);
    this.listen(signal);
  }

  draw(): boolean {
    const { scene, player, parts } = this;
    const range = scene.range();
    hide(range === null, this.element);
    if (!range || this.width === 0) return player.playing;
    if (player.playing) scene.cursor.set(player.advance(scene.now(), scene.cursor.step, stopsOf(scene).walked));
    const step = Math.min(range[1], Math.max(range[0], scene.cursor.step ?? range[1]));
    const data = (this.data = this.gather(range));
    const state = [data, step, scene.cursor.step === null, this.hovered, player.playing, devicePixelRatio, ...(scene.zoom ?? []), scene.theme];
    if (same(this.drawn, state)) return player.playing;
    this.drawn = state;
    this.write(range, step);
    this.tell(range);
    const pen = sizeCanvas(parts.canvas, this.width, HEIGHT);
    const { theme, cursor } = scene;
    if (pen) this.drawing.draw(pen, { ...data, width: this.width, height: HEIGHT, range, theme, step, latest: cursor.step === null, hovered: this.hovered, zoom: scene.zoom });
    return player.playing;
  }

  /** What of the track depends on the data alone. */
  private gather(range: readonly [number, number]): Data {
    const { stores } = this.scene;
    const series = stores.flatMap((store) => [...store.series.values()]);
    return this.gathered.of([this.width, ...range, ...series, ...series.map(({ version }) => version), ...stores.map(({ marks }) => marks)], () => {
      const shown = trackSeries(this.scene);
      return {
        heights: shown && range[1] > range[0] ? curve(shown, range, Math.max(2, Math.floor((this.width - 20) / 2))) : null,
        captures: capturedSteps(series.filter((each) => each.kind === "histogram")),
        happenings: this.happened.of(this.scene),
      };
    });
  }

  private write([from, to]: readonly [number, number], step: number): void {
    const { play, track, input, latest, element } = this.parts;
    const { playing } = this.player;
    setAttribute(play, "aria-label", playing ? "Pause" : "Play");
    setAttribute(play, "title", playing ? "Pause" : "Play");
    element.classList.toggle("is-playing", playing);
    setAttribute(latest, "aria-pressed", String(this.scene.cursor.step === null));
    const values = { min: from, max: to, now: step, text: [`step ${formatStep(step)} of ${formatStep(to)}`, notesAt(allMarks(this.scene), step)].filter(Boolean).join(", ") };
    for (const [name, value] of Object.entries(values)) setAttribute(track, `aria-value${name}`, String(value));
    for (const [name, value] of Object.entries({ min: from, max: to, now: step })) setAttribute(input, `aria-value${name}`, String(value));
    input.style.width = `${Math.max(3, formatStep(to).length)}ch`;
    const typing = (element.getRootNode() as Document | ShadowRoot).activeElement === input;
    if (!typing) setText(input, formatStep(step));
  }

  /** What lies under the pointer. */
  private tell(range: readonly [number, number]): void {
    const { tip } = this.parts;
    float(tip, this.hovered !== null);
    if (this.hovered === null) return;
    const picture = { width: this.width, range };
    const x = trackX(picture, this.hovered);
    const near = this.data!.happenings.filter(({ step }) => Math.abs(trackX(picture, step) - x) <= 5);
    const series = trackSeries(this.scene);
    const words = [`step ${formatStep(this.hovered)}`, ...(series ? [valueAt(series, this.hovered)] : []), ...new Set(near.map(({ text }) => text))];
    writeText(tip, ordered(words.filter(Boolean).join(" · ")));
    tip.classList.toggle("is-warning", near.some(({ kind }) => kind !== "mark"));
    const { left, top, bottom } = this.parts.track.getBoundingClientRect();
    const { offsetWidth: own, offsetHeight: height } = tip;
    const above = top - height - TIP_GAP;
    moveTo(tip, left + Math.min(this.width - own, Math.max(0, x - own / 2)), above >= 0 ? above : bottom + TIP_GAP);
  }

  private listen(signal: AbortSignal): void {
    const { play, track, input, speed, latest } = this.parts;
    watchSize(track, (width) => {
      this.width = Math.floor(width);
      if (this.width > 0) this.scene.request();
    }, signal);
    play.addEventListener("click", () => this.toggle(), { signal });
    latest.addEventListener("click", () => this.seek(null), { signal });
    speed.addEventListener("change", () => (this.player.speed = Number(speed.value)), { signal });
    input.addEventListener("keydown", (event) => this.type(event), { signal });
    input.addEventListener("change", () => this.enter(), { signal });
    input.addEventListener("blur", () => this.redraw(), { signal });
    track.addEventListener("keydown", (event) => this.key(event), { signal });
    track.addEventListener("pointerdown", (event) => this.press(event), { signal });
    track.addEventListener("pointermove", (event) => this.point(event), { signal });
    track.addEventListener("pointerleave", () => this.unpoint(), { signal });
    for (const name of ["pointerup", "pointercancel"] as const) track.addEventListener(name, () => this.window.end(), { signal });
    track.addEventListener("dblclick", () => (this.scene.zoom = null), { signal });
  }

  private redraw(): void {
    this.drawn = [];
    this.scene.request();
  }

  private toggle(): void {
    const { player, scene } = this;
    if (player.playing) player.pause();
    else player.play(scene.cursor.step, stopsOf(scene).walked);
    scene.request();
  }

  /** The reader moved the cursor: playing stops, for two hands on one cursor fight. */
  private seek(step: number | null): void {
    this.player.pause();
    this.scene.cursor.set(step);
    this.scene.request();
  }

  private stepAt(event: PointerEvent): number | null {
    const range = this.scene.range();
    if (!range) return null;
    return stopsOf(this.scene).all.nearest(trackStep({ width: this.width, range }, this.xOf(event)));
  }

  private xOf(event: PointerEvent): number {
    return event.clientX - this.parts.track.getBoundingClientRect().left;
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.parts.track.setPointerCapture(event.pointerId);
    const range = this.scene.range();
    if (range && this.window.begin(event, { width: this.width, range }, this.xOf(event))) return event.preventDefault();
    this.drag(event);
  }

  private drag(event: PointerEvent): void {
    const step = this.stepAt(event);
    if (step !== null) this.seek(step === this.scene.range()?.[1] ? null : step);
  }

  private point(event: PointerEvent): void {
    const held = (event.buttons & 1) === 1;
    const range = this.scene.range();
    const picture = range && { width: this.width, range };
    if (picture && this.window.active) return this.window.move(picture, this.xOf(event));
    this.parts.track.style.cursor = picture ? this.window.cursor(picture, this.xOf(event)) : "";
    this.hovered = held ? null : this.stepAt(event);
    if (held && this.parts.track.hasPointerCapture(event.pointerId)) this.drag(event);
    this.scene.request();
  }

  private unpoint(): void {
    this.hovered = null;
    this.scene.request();
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves: Record<string, number> = {
      ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity,
    };
    const by = moves[event.key];
    if (event.key === " ") this.toggle();
    else if (event.key === "Escape" && this.scene.zoom) this.scene.zoom = null;
    else if (event.key.toLowerCase() === "m") this.toMark(event.key === "m");
    else if (by !== undefined) this.move(by);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private toMark(forwards: boolean): void {
    const to = nextMark(allMarks(this.scene).map(([step]) => step), this.scene.cursor.step, forwards);
    if (to !== undefined) this.seek(to);
  }

  private move(by: number): void {
    const { walked } = stopsOf(this.scene);
    const [first, last] = [walked.first, walked.last];
    if (first === null || last === null) return;
    if (!Number.isFinite(by)) return this.seek(by < 0 ? first : null);
    const { step } = this.scene.cursor;
    if (step === null && by > 0) return;
    const to = walked.walk(step ?? this.scene.range()?.[1] ?? last, by);
    this.seek(to);
  }

  /** Keys typed into the box are not the notebook's shortcuts. */
  private type(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.key === "Escape") this.parts.track.focus();
    const by = { ArrowDown: -1, ArrowUp: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    this.enter();
    this.move(by);
    this.showStep();
  }

  private enter(): void {
    const range = this.scene.range();
    const step = parseFloat(this.parts.input.value.replace(/[\s,]/g, ""));
    if (range && Number.isFinite(step)) this.seek(Math.min(range[1], Math.max(range[0], step)));
    this.showStep();
    this.redraw();
  }

  private showStep(): void {
    const range = this.scene.range();
    this.parts.input.value = range ? formatStep(this.scene.cursor.step ?? range[1]) : "";
  }
}

const spotsOf = (heights: Float64Array): Spot[] =>
  [...heights].flatMap((height, i): Spot[] => (Number.isNaN(height) ? [] : [[i / (heights.length - 1), height]]));

function valueAt(series: Scalars, step: number): string {
  const row = rowAt(series, step);
  return row < 0 || !Number.isFinite(series.values[row]) ? "" : `${series.tag} ${formatExact(Number(series.values[row].toPrecision(4)), series.place.unit === "percent")}`;
}

export const makeScrubber: MakePanel = (scene, signal) => new Scrubber(scene, signal);
