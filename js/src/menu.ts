/** The menu behind the three dots: how the charts of a view are read; `hearing.ts` adds what is heard, and the keys. */

import { make, setAttribute } from "./dom";
import { epochSeries } from "./epochs";
import type { Scene } from "./model";
import { makeSmoothing } from "./smoothing";
import { AXES, ORDERS, axisOf, choose, fitsOutliers, isLogX, orderOf, type Axis, type Order } from "./reading";

const AXIS_WORDS: Record<Axis, string> = { step: "step", epoch: "epoch", relative: "time since the start", wall: "time of day" };
const ORDER_WORDS: Record<Order, string> = { nearest: "nearest first", value: "largest first", name: "by name" };

interface Row {
  readonly element: HTMLElement;
  readonly draw: () => void;
}

function select<Choice extends string>(
  words: string, choices: readonly Choice[], names: Record<Choice, string>, signal: AbortSignal,
  read: () => Choice, write: (choice: Choice) => void, offered: (choice: Choice) => boolean = () => true,
): Row {
  const options = choices.map((choice) => make("option", { value: choice }, names[choice]));
  const input = make("select", {}, ...options);
  input.addEventListener("change", () => write(input.value as Choice), { signal });
  return {
    element: make("label", { class: "menu-row" }, words, input),
    draw: () => {
      choices.forEach((choice, i) => (options[i].disabled = !offered(choice)));
      const value = read();
      if (input.value !== value) input.value = value;
    },
  };
}

function check(words: string, title: string, signal: AbortSignal, read: () => boolean, write: (on: boolean) => void): Row {
  const input = make("input", { type: "checkbox" });
  input.addEventListener("change", () => write(input.checked), { signal });
  return {
    element: make("label", { class: "menu-row", title }, words, input),
    draw: () => (input.checked = read()),
  };
}

function rowsOf(scene: Scene, signal: AbortSignal): Row[] {
  return [
    select("horizontal axis", AXES, AXIS_WORDS, signal, () => axisOf(scene), (axis) => choose(scene, "x", axis),
      (axis) => axis !== "epoch" || scene.stores.some(epochSeries)),
    check("logarithmic", "The horizontal axis by its logarithm", signal, () => isLogX(scene), (on) => choose(scene, "logx", on)),
    check("ignore outliers", "Value axes span the 5th to the 95th percentile of what was logged, as in TensorBoard; charts say how many points lie outside",
      signal, () => !fitsOutliers(scene), (on) => choose(scene, "outliers", !on)),
    select("tooltip", ORDERS, ORDER_WORDS, signal, () => orderOf(scene), (order) => choose(scene, "order", order)),
  ];
}

export function makeMenu(scene: Scene, signal: AbortSignal): Row {
  const button = make("button", {
    class: "menu-button", type: "button", "aria-expanded": "false", "aria-label": "more: how charts are read, sound, keys", title: "How charts are read, sound, keys",
  }, "\u22ef");
  // Where the header has no room for the slider, it is here.
  const rows = scene.panels.includes("charts") ? [...rowsOf(scene, signal), makeSmoothing(scene, signal)] : [];
  const panel = make("div", { class: "menu", role: "group", "aria-label": "more", hidden: "" }, ...rows.map((row) => row.element));
  const element = make("div", { class: "menu-holder" }, button, panel);
  const open = (on: boolean): void => {
    panel.hidden = !on;
    setAttribute(button, "aria-expanded", String(on));
    if (on) panel.querySelector<HTMLElement>("select, input, button")?.focus();
  };
  button.addEventListener("click", () => open(panel.hidden === true), { signal });
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) {
      open(false);
      button.focus();
    } else if (panel.hidden || event.key === "Tab") return;
    // Notebooks have shortcuts of one letter.
    event.stopPropagation();
  }, { signal });
  const outside = (event: Event): void => {
    if (!panel.hidden && !event.composedPath().includes(element)) open(false);
  };
  document.addEventListener("pointerdown", outside, { signal });
  element.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !element.contains(relatedTarget as Node)) open(false);
  }, { signal });
  return { element, draw: () => rows.forEach((row) => row.draw()) };
}
