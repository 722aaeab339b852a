/** The ridgeline panel: all layers at the cursor's step, or one layer over all its captures. */

import { formatStep } from "./axes";
import { captureNear, History, historyFrame } from "./history";
import { makeSuperseded } from "./header";
import { hasHistograms, layersOf, rowsAt, type Layer, type Layers, type Row } from "./layers";
import type { MakePanel, Panel, Scene } from "./model";
import { Shapes, spanOf } from "./rebin";
import { makeParts, placeTip, reading, sizeCanvas, write, type Parts } from "./ridgeparts";
import { baseline, drawAxis, drawRows, pastCaptures, type Frame } from "./ridges";
import { FOOT, RowsLayout } from "./rowslayout";
import { chooseAxis, type AxisKind } from "./valueaxis";

export { hasHistograms };

/** Of one layer's history, unless it opens in the place of rows and is as high as they were. */
const HISTORY_HEIGHT = 420;
/** Odd, so that zero lies in the middle of a bin where the axis reaches as far to both sides. */
const BINS = 129;

interface Pointer {
  /** Row or capture, and display bin. */
  readonly row: number;
  readonly bin: number;
  readonly x: number;
  readonly y: number;
}

class Ridges implements Panel {
  readonly element: HTMLElement;
  private readonly parts: Parts;
  private readonly layout = new RowsLayout();
  private readonly history = new History();
  private width = 0;
  private wish: AxisKind | null = null;
  private opened: string | null = null;
  private historyHeight = HISTORY_HEIGHT;
  private active = -1;
  private pointer: Pointer | null = null;
  private shapes = new Map<string, { key: string; shapes: Shapes }>();
  private drawn = "";
  private drawnTheme: Scene["theme"] | null = null;
  private drawnAxis: { state: string; theme: Scene["theme"] | null } = { state: "", theme: null };
  private frame: Frame | null = null;
  private readonly superseded: ReturnType<typeof makeSuperseded> | null = null;
  private shown: Layers = { all: [], title: "" };
  private rows: readonly Row[] = [];

  constructor(private readonly scene: Scene, signal: AbortSignal, private readonly hideWhenEmpty: boolean) {
    this.parts = makeParts();
    this.element = this.parts.element;
    if (!hideWhenEmpty) {
      this.superseded = makeSuperseded(scene, signal);
      this.parts.note.after(this.superseded.element);
    }
    this.listen(signal);
  }

  draw(): boolean {
    const shown = layersOf(this.scene);
    this.shown = shown;
    this.superseded?.draw();
    const empty = !hasHistograms(this.scene);
    this.element.hidden = empty && this.hideWhenEmpty;
    this.parts.body.hidden = empty;
    this.parts.empty.hidden = !empty;
    if (empty || this.width === 0) return false;
    const open = this.openLayer();
    this.rows = rowsAt(open ? [open] : shown.all, this.scene.cursor.step);
    const shapes = this.shapesFor(open ? [open] : shown.all, open?.key ?? "");
    this.frame = open
      ? historyFrame(this.width, this.historyHeight, open.series.captures.length)
      : this.layout.frame(this.rows, this.width, this.scene.theme.font);
    this.tell(open, shapes, this.frame);
    const state = this.state(open, shapes);
    if (state === this.drawn && this.scene.theme === this.drawnTheme) return false;
    [this.drawn, this.drawnTheme] = [state, this.scene.theme];
    this.parts.scales.forEach((each) => each.setAttribute("aria-pressed", String(each.value === shapes.axis.kind)));
    write(this.parts, shown.title, this.rows, open, shown.all.length === 1, this.active);
    if (open) this.paintHistory(open, shapes, this.frame);
    else this.paintRows(shapes, this.frame);
    this.paintAxis(shapes, this.frame);
    return false;
  }

  private paintAxis({ axis }: Shapes, frame: Frame): void {
    const { theme } = this.scene;
    const state = [this.width, devicePixelRatio, frame.left, frame.right, axis.low, axis.high, axis.kind, axis.threshold].join("|");
    if (state === this.drawnAxis.state && theme === this.drawnAxis.theme) return;
    this.drawnAxis = { state, theme };
    const pen = sizeCanvas(this.parts.axis, this.width, 24);
    if (pen) drawAxis(pen, frame, axis, theme);
  }

  /** The only layer there is, or the one the reader opened. */
  private openLayer(): Layer | null {
    const { all } = this.shown;
    return all.length === 1 ? all[0] : (all.find((layer) => layer.key === this.opened) ?? null);
  }

  private shapesFor(layers: readonly Layer[], name: string): Shapes {
    const key = [this.wish, ...layers.map((layer) => `${layer.key} ${layer.series.version}`)].join();
    const known = this.shapes.get(name);
    if (known?.key === key) return known.shapes;
    if (!name) this.layout.reserve(layers);
    const spans = layers.map((layer) => layer.series.captures.map(spanOf));
    const axis = chooseAxis(spans, { kind: this.wish, bins: BINS }, known?.shapes.axis ?? null);
    const shapes = axis === known?.shapes.axis ? known.shapes : new Shapes(axis);
    this.shapes.set(name, { key, shapes });
    return shapes;
  }

  /** Everything the picture depends on but the theme. */
  private state(open: Layer | null, shapes: Shapes): string {
    const { low, high, kind, threshold } = shapes.axis;
    const at = this.rows.map((row) => `${row.index}.${row.layer.series.version}`).join(" ");
    return [this.width, devicePixelRatio, this.parts.viewport.scrollTop, this.active, this.pointer?.row, this.pointer?.bin,
      open?.key, low, high, kind, threshold, this.shown.title, this.rows.length, at].join("|");
  }

  private paintRows(shapes: Shapes, frame: Frame): void {
    const { viewport, content, canvas } = this.parts;
    viewport.style.height = `${frame.height}px`;
    content.style.height = `${Math.ceil(frame.top + this.rows.length * frame.pitch + FOOT)}px`;
    const pen = sizeCanvas(canvas, frame.width, frame.height);
    if (!pen) return;
    drawRows(pen, {
      rows: this.rows, shapes, frame, theme: this.scene.theme,
      scrolled: viewport.scrollTop,
      labels: this.layout.labels,
      past: pastCaptures(this.rows.length),
      active: this.active,
      hovered: this.pointer?.row ?? -1,
      bin: this.pointer?.bin ?? -1,
    });
  }

  private paintHistory(open: Layer, shapes: Shapes, frame: Frame): void {
    const { viewport, content, canvas } = this.parts;
    viewport.style.height = content.style.height = `${frame.height}px`;
    const pen = sizeCanvas(canvas, frame.width, frame.height);
    if (!pen) return;
    this.history.draw(pen, {
      series: open.series, shapes, frame, theme: this.scene.theme, scale: devicePixelRatio,
      color: this.scene.theme.depth(open.depth),
      index: this.rows[0].index,
      hovered: this.pointer?.row ?? -1,
      bin: this.pointer?.bin ?? -1,
    });
  }

  /** Says what is under the pointer. */
  private tell(open: Layer | null, shapes: Shapes, frame: Frame): void {
    const { pointer, parts } = this;
    const row = pointer && (open ? historyRow(open, pointer.row) : this.rows[pointer.row]);
    if (!pointer || !row) {
      parts.tip.hidden = true;
      return;
    }
    const lines = reading(row, shapes.axis, pointer.bin);
    if (open) lines[0] = `step ${formatStep(row.capture.step)}`;
    const offset = parts.viewport.offsetTop;
    const base = open ? baseline(frame, pointer.row) : baseline(frame, pointer.row) - parts.viewport.scrollTop;
    placeTip(parts, lines, pointer.x, offset + base - frame.rise / 2);
  }

  private listen(signal: AbortSignal): void {
    const { viewport, content, back, scales } = this.parts;
    const again = (): void => this.scene.request();
    const sizes = new ResizeObserver(([entry]) => {
      this.width = Math.floor(entry.contentRect.width);
      if (this.width > 0) again();
    });
    sizes.observe(content);
    signal.addEventListener("abort", () => sizes.disconnect(), { once: true });
    viewport.addEventListener("scroll", again, { signal, passive: true });
    viewport.addEventListener("pointermove", (event) => this.point(event), { signal });
    viewport.addEventListener("pointerleave", () => this.unpoint(), { signal });
    viewport.addEventListener("pointerdown", (event) => this.press(event), { signal });
    viewport.addEventListener("click", (event) => this.click(event), { signal });
    viewport.addEventListener("keydown", (event) => this.key(event), { signal });
    viewport.addEventListener("blur", () => this.activate(-1), { signal });
    this.element.addEventListener("keydown", (event) => event.key === "Escape" && this.close(event), { signal });
    back.addEventListener("click", () => this.open(null), { signal });
    for (const button of scales) {
      const pressed = (): boolean => button.getAttribute("aria-pressed") === "true";
      button.addEventListener("click", () => this.scale(button.value as AxisKind, pressed()), { signal });
    }
  }

  private locate(event: PointerEvent | MouseEvent): Pointer | null {
    const { frame, parts: { canvas } } = this;
    if (!frame) return null;
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const open = this.openLayer();
    const count = open ? open.series.captures.length : this.rows.length;
    const scrolled = open ? 0 : this.parts.viewport.scrollTop;
    const row = open ? captureNear(frame, count, y) : Math.floor((y + scrolled - frame.top) / frame.pitch);
    if (row < 0 || row >= count) return null;
    const bins = (this.shapes.get(open?.key ?? "")?.shapes.axis.edges.length ?? 1) - 1;
    const bin = Math.floor(((x - frame.left) / (frame.right - frame.left)) * bins);
    return { row, bin: bin >= 0 && bin < bins ? bin : -1, x, y };
  }

  private point(event: PointerEvent): void {
    this.pointer = this.locate(event);
    if (event.buttons & 1 && this.pointer) this.seek(this.pointer.row);
    this.scene.request();
  }

  private unpoint(): void {
    this.pointer = null;
    this.scene.request();
  }

  private press(event: PointerEvent): void {
    const at = this.locate(event);
    if (!at || !this.openLayer() || event.button !== 0) return;
    this.parts.viewport.setPointerCapture(event.pointerId);
    this.seek(at.row);
  }

  private click(event: MouseEvent): void {
    const at = this.locate(event);
    if (at && !this.openLayer()) this.open(this.rows[at.row].layer.key);
  }

  /** Moves the cursor to a capture of the layer that is open. */
  private seek(index: number): void {
    const capture = this.openLayer()?.series.captures[index];
    if (capture) this.scene.cursor.set(capture.step);
  }

  private key(event: KeyboardEvent): void {
    const open = this.openLayer();
    const by = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity }[event.key];
    if (by !== undefined) {
      const count = open ? open.series.captures.length : this.rows.length;
      const from = open ? (this.rows[0]?.index ?? 0) : this.active;
      const to = Math.min(count - 1, Math.max(0, from + by));
      if (open) this.seek(to);
      else this.activate(to);
    } else if (event.key === "Enter" && !open && this.rows[this.active]) this.open(this.rows[this.active].layer.key);
    else return;
    event.preventDefault();
  }

  private activate(row: number): void {
    this.active = row;
    const { frame, parts: { viewport } } = this;
    if (frame && row >= 0) {
      const [top, bottom] = [baseline(frame, row) - frame.pitch - frame.rise / 2, baseline(frame, row) + FOOT];
      if (top < viewport.scrollTop) viewport.scrollTop = top;
      if (bottom > viewport.scrollTop + frame.height) viewport.scrollTop = bottom - frame.height;
    }
    this.scene.request();
  }

  private close(event: KeyboardEvent): void {
    if (this.opened === null) return;
    event.preventDefault();
    event.stopPropagation();
    this.open(null);
  }

  private open(key: string | null): void {
    [this.opened, this.pointer] = [key, null];
    if (key !== null && this.frame) this.historyHeight = Math.max(HISTORY_HEIGHT * 0.75, this.frame.height);
    if (key === null) this.parts.viewport.focus({ preventScroll: true });
    this.scene.request();
  }

  /** The button of the axis in use turns to the other: in a narrow panel it is the only one. */
  private scale(kind: AxisKind, pressed: boolean): void {
    const other = kind === "linear" ? "symlog" : "linear";
    this.wish = pressed ? other : kind;
    this.scene.request();
  }
}

function historyRow(layer: Layer, index: number): Row | null {
  const capture = layer.series.captures[index];
  return capture ? { layer, index, capture, warning: "" } : null;
}

/** The panel; it says so while there are no histograms. */
export const ridges: MakePanel = (scene, signal) => new Ridges(scene, signal, false);

/** The panel as a part of a larger view, which needs no room while there are no histograms. */
export const ridgesIfAny: MakePanel = (scene, signal) => new Ridges(scene, signal, true);
