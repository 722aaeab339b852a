/** What of a view is heard: summaries while it trains, curves as sound; and the help that lists its keys. */

import { Announcer } from "./announcer";
import { make, setAttribute, setText } from "./dom";
import { groupSeries } from "./group";
import { makeHelp, makeSwitch } from "./help";
import type { Scene } from "./model";
import { audible } from "./sound";
import { Tones } from "./tones";

/** Between two tones of a curve that grows. */
const TONE_MS = 1000;

/**
 * The views of a run by its cursor, which they share: the first of them that is shown speaks. They are kept by the page, as
 * every view may have a copy of this module.
 */
const page = globalThis as unknown as { [views: symbol]: WeakMap<object, Set<Hearing>> | undefined };
const views = (page[Symbol.for("nbviz.hearing")] ??= new WeakMap());

const PLAYS = ".plot, .scrubber-track";
const SPEAKER = "M3 9.5v5h3.2L11 19V5L6.2 9.5z M14.2 8.6a5 5 0 0 1 0 6.8 M16.8 6a8.6 8.6 0 0 1 0 12";

function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of [["viewBox", "0 0 24 24"], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

function nameTool(tool: HTMLElement, name: string, title: string): void {
  setAttribute(tool, "aria-label", name);
  setAttribute(tool, "title", title);
  setText(tool.querySelector(".tool-word")!, name);
}

/** A button: beside others a picture, in the menu its words and its key. */
function makeTool(picture: Node, key: string): HTMLButtonElement {
  return make("button", { class: "tool", type: "button" }, picture, make("span", { class: "tool-word" }), make("kbd", {}, key));
}

export class Hearing {
  /** The one live region of the view. */
  readonly region = make("output", { class: "only-heard", "aria-live": "polite" });
  private readonly tones: Tones;
  private readonly announcer: Announcer;
  private readonly help: HTMLDialogElement;
  private readonly sound = makeTool(icon(SPEAKER), "S");
  private readonly speech;
  private readonly live;
  private focused: Element | null = null;
  private news = false;
  private toned = -Infinity;
  private ends = 0;

  constructor(private readonly scene: Scene, private readonly root: HTMLElement, private readonly signal: AbortSignal) {
    this.tones = new Tones(() => new AudioContext(), signal);
    this.speech = makeSwitch("Speak of training, now and then", (on) => this.choose(on), signal);
    this.live = makeSwitch("A soft tone for each update", (on) => on && this.tone(), signal);
    this.announcer = new Announcer({
      get stores() {
        return scene.stores;
      },
      groups: (stores) => this.groups(stores),
      heard: () => this.first(),
      say: (words) => this.say(words),
    }, {
      now: () => performance.now(),
      later: (call, milliseconds) => setTimeout(() => signal.aborted || call(), milliseconds),
    });
    const trains = ["header", "charts", "scrubber"].some((panel) => scene.panels.includes(panel));
    const plays = trains || scene.panels.includes("compare");
    this.help = makeHelp(scene.panels, [...(trains ? [this.speech] : []), ...(plays ? [this.live] : [])], signal);
    this.listen(trains, plays);
    if (trains) this.siblings().add(this);
    signal.addEventListener("abort", () => this.siblings().delete(this), { once: true });
  }

  /** Says it even if it has just been said. */
  say(words: string): void {
    setText(this.region, this.region.textContent === words ? `${words}\u00a0` : words);
  }

  private listen(trains: boolean, plays: boolean): void {
    const { root, scene, signal, sound, help } = this;
    const keys = makeTool(make("span", { "aria-hidden": "true" }, "?"), "?");
    nameTool(keys, "Keys", "All keys (?)");
    const more = root.querySelector<HTMLElement>(".menu-button");
    keys.addEventListener("click", () => {
      // The menu closes, and when the window does the focus must be somewhere.
      more?.focus();
      this.open();
    }, { signal });
    sound.addEventListener("click", () => this.play(), { signal });
    this.name();
    const tools = make("span", { class: "tools" }, ...(plays ? [sound] : []), keys);
    (root.querySelector(".menu, .ridges-head, .scrubber-controls") ?? root).append(tools);
    root.append(help, this.region);
    root.addEventListener("focusin", ({ target }) => {
      const shown = (target as Element).closest(PLAYS);
      if (shown) this.focused = shown;
    }, { signal });
    root.addEventListener("keydown", (event) => this.key(event), { signal });
    root.addEventListener("keydown", (event) => this.hush(event), { signal, capture: true });
    if (!trains) return;
    for (const store of scene.stores) store.subscribe(() => (this.news = true), signal);
  }

  /** After what has come was drawn. */
  follow(): void {
    if (!this.news) return;
    this.news = false;
    this.announcer.changed();
    if (this.live.input.checked) this.tone();
  }

  private groups(stores: Scene["stores"]): ReturnType<typeof groupSeries> {
    const { hidden, tags } = this.scene;
    const groups = groupSeries({ stores, tags });
    return groups.map((group) => ({ ...group, lines: group.lines.filter(({ key }) => !hidden.has(key)) }));
  }

  private first(): boolean {
    for (const each of this.siblings()) if (each.scene.speech && each.seen()) return each === this;
    return false;
  }

  private siblings(): Set<Hearing> {
    const { cursor } = this.scene;
    const siblings = views.get(cursor) ?? new Set();
    views.set(cursor, siblings);
    return siblings;
  }

  private seen(): boolean {
    return !document.hidden && this.root.getClientRects().length > 0;
  }

  private open(): void {
    this.speech.input.checked = this.scene.speech;
    this.help.showModal();
  }

  private choose(on: boolean): void {
    this.scene.speech = on;
    this.scene.keep?.("speech");
  }

  /** Escape stops what plays before it means anything else. */
  private hush(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !this.tones.busy || this.help.open) return;
    this.play();
    event.preventDefault();
    event.stopPropagation();
  }

  private key(event: KeyboardEvent): void {
    const target = event.target as Element;
    const typing = target.matches("select, textarea, input:not([type=range], [type=checkbox])");
    if (typing || event.altKey || event.ctrlKey || event.metaKey || !this.press(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  private press(key: string): boolean {
    if (key === "?") this.open();
    else if (!this.sound.isConnected) return false;
    else if (key === "r" || key === "R") this.announcer.summary();
    else if (key === "s") this.play();
    else if (key === "S") this.turn();
    else return false;
    return true;
  }

  private turn(): void {
    const { input } = this.live;
    input.checked = !input.checked;
    this.say(input.checked ? "A soft tone for each update." : "No tones.");
    if (input.checked) this.tone();
  }

  /** The element with the focus, or the first that can be played. */
  private shown(): Element | undefined {
    const all = [...this.root.querySelectorAll(PLAYS)];
    return all.find((each) => each === this.focused) ?? all.find((each) => audible.get(each)?.().length) ?? all[0];
  }

  private play(): void {
    clearTimeout(this.ends);
    if (this.tones.busy) {
      this.tones.stop();
      return this.name();
    }
    const shown = this.shown();
    const voices = (shown && audible.get(shown)?.()) ?? [];
    if (!voices.length) return this.say("Nothing to play yet.");
    const seconds = this.tones.play(voices);
    this.name();
    this.ends = window.setTimeout(() => {
      if (this.signal.aborted) return;
      this.name();
      this.say(shown?.getAttribute("aria-valuetext") ?? shown?.getAttribute("aria-label") ?? "");
    }, seconds * 1000 + 50);
  }

  private name(): void {
    const busy = this.tones.busy;
    nameTool(this.sound, busy ? "Stop the sound" : "Play as sound", busy ? "Stop the sound (S)" : "Play the curve as sound (S)");
    this.sound.classList.toggle("is-playing", busy);
  }

  private tone(): void {
    const now = performance.now();
    const shown = this.shown();
    const voice = shown && audible.get(shown)?.()[0];
    if (!voice || now - this.toned < TONE_MS || this.tones.busy || !this.seen()) return;
    const last = voice.heights.findLastIndex((height) => !Number.isNaN(height));
    const broken = voice.broken.length > 0 && voice.broken[voice.broken.length - 1] >= last;
    if (last < 0 && !broken) return;
    this.toned = now;
    this.tones.tone(broken ? NaN : voice.heights[last]);
  }
}
