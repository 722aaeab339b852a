// Made-up runs for looking at the charts: open dev/index.html?case=digits&dark after `node build.mjs --dev`.
import css from "../src/view.css";
import { makeCharts } from "../src/charts";
import { makeHeader } from "../src/header";
import type { Place } from "../src/model";
import { applyTheme, themeOf, watchTheme } from "../src/theme";
import { chance, FakeScene, FakeStore, scalars } from "./fake";

const query = new URLSearchParams(location.search);
const random = chance(7);
const noise = (): number => random() + random() + random() - 1.5;
const every = (length: number, by: number): Float64Array => Float64Array.from({ length }, (_, i) => i * by);
const loss = (step: number): number => 0.05 + 2.25 / (1 + (Math.max(0, step - 30) / 130) ** 1.5);
const bump = (step: number, at: number): number => Math.exp(-(((step - at) / 14) ** 2));
const LOSS: Partial<Place> = { chart: "loss", best: "min" };
const ACCURACY: Partial<Place> = { chart: "accuracy", unit: "percent", best: "max" };
const VALIDATION = { role: "validation" } as const;

function digits(length = 1800): FakeStore {
  const spikes = (step: number): number => 0.35 * bump(step, 840) + 0.2 * bump(step, 1195) + 0.18 * bump(step, 1700);
  const train = Array.from({ length }, (_, i) => Math.max(0.004, (loss(i) + spikes(i) * 0.6) * (1 + 0.45 * noise())));
  const validation = Array.from({ length: length / 20 }, (_, i) => loss(i * 20) * 0.8 + 0.25 + spikes(i * 20) + 0.05 * noise());
  const right = (value: number): number => Math.min(1, Math.max(0.05, 1 - value * 0.39));
  return new FakeStore("digits · 7-layer MLP", [
    scalars("loss", LOSS, train),
    scalars("val_loss", { ...LOSS, ...VALIDATION }, validation, { steps: every(length / 20, 20) }),
    scalars("accuracy", ACCURACY, train.map((value) => right(Math.round(value * 64) / 64))),
    scalars("val_accuracy", { ...ACCURACY, ...VALIDATION }, validation.map((value) => right(value)), { steps: every(length / 20, 20) }),
  ], "live");
}

function broken(): FakeStore {
  const values = Array.from({ length: 400 }, (_, i) => (i < 250 ? loss(i * 3) * (1 + 0.2 * noise()) : NaN));
  values[120] = NaN;
  values[180] = Infinity;
  values[200] = -Infinity;
  const store = new FakeStore("gone wrong", [
    scalars("loss", LOSS, values),
    scalars("val_loss", { ...LOSS, ...VALIDATION }, [2.1, 0.9, NaN, 0.6, 0.55, NaN], { steps: every(6, 50) }),
    scalars("lr", { chart: "lr" }, new Array(400).fill(3e-4)),
    scalars("once", { chart: "once" }, [0.25], { steps: Float64Array.of(200) }),
    scalars("gradient norm", { chart: "gradient norm" }, values.map((_, i) => 10 ** (4 + 2 * noise()) * (i + 1))),
    scalars("all NaN", { chart: "all NaN" }, new Array(400).fill(NaN)),
  ], "failed");
  store.notice = "3 rows came late and are being asked for again";
  return store;
}

function dense(length: number): FakeStore {
  const values = (lift: number): Float64Array => {
    let walk = 0;
    return Float64Array.from({ length }, (_, i) => {
      walk = walk * 0.999 + 0.02 * noise();
      return loss((i * 1800) / length) + lift + 0.2 * walk + 0.1 * noise() + (random() < 1e-4 ? 1 : 0);
    });
  };
  const more = { steps: every(length, 1e6 / length), rows: 1e6 };
  return new FakeStore("long run", [
    scalars("loss", LOSS, values(0), more), scalars("val_loss", { ...LOSS, ...VALIDATION }, values(0.3), more),
  ], "following");
}

function runs(): FakeStore[] {
  return [1, 0.6, 1.7, 1.2].map((speed, i) => new FakeStore(`seed ${i}/train`, [
    scalars("loss", LOSS, Array.from({ length: 900 }, (_, step) => loss(step * speed) * (1 + 0.3 * noise()))),
    scalars("val_loss", { ...LOSS, ...VALIDATION }, Array.from({ length: 45 }, (_, row) => 0.2 + loss(row * 20 * speed)), { steps: every(45, 20) }),
    scalars("accuracy", ACCURACY, Array.from({ length: 900 }, (_, step) => Math.min(1, 1 - 0.39 * loss(step * speed)))),
  ], "finished", `seed ${i}`));
}

function many(count: number): FakeStore {
  return new FakeStore("fifty tags", Array.from({ length: count }, (_, i) =>
    scalars(`layer ${i}/norm`, { chart: `layer ${i}/norm` }, Array.from({ length: 2000 }, (_, step) => loss(step) * (1 + i + noise())))), "live");
}

const CASES: Record<string, () => FakeStore[]> = {
  digits: () => [digits()], broken: () => [broken()], dense: () => [dense(65536)], middling: () => [dense(16384)], runs,
  many: () => [many(50)], empty: () => [new FakeStore("just made", [], "live")],
};

function main(): void {
  document.body.classList.toggle("dark", query.has("dark"));
  const host = document.createElement("div");
  document.body.append(host);
  const root = host.attachShadow({ mode: "open" });
  const style = document.createElement("style");
  style.textContent = css;
  const frame = document.createElement("div");
  frame.className = "nbviz";
  root.append(style, frame);
  const { signal } = new AbortController();
  const scene = new FakeScene((CASES[query.get("case") ?? "digits"] ?? CASES.digits)(), themeOf(host));
  applyTheme(frame, scene.theme);
  const panels = [makeHeader(scene, signal), makeCharts(scene, signal)];
  frame.append(...panels.map((panel) => panel.element));
  let asked = false;
  const times: number[] = [];
  const draw = (): void => {
    asked = false;
    const begun = performance.now();
    const again = panels.map((panel) => panel.draw()).some(Boolean);
    times.push(performance.now() - begun);
    if (again) scene.request();
  };
  scene.request = () => {
    if (!asked) requestAnimationFrame(draw);
    asked = true;
  };
  watchTheme(host, (theme) => {
    scene.theme = theme;
    applyTheme(frame, theme);
    scene.request();
  }, signal);
  scene.request();
  Object.assign(window, { scene, times, draw, FakeStore, scalars });
}
main();
