/** The search above many layers: the same field, and the same words, in every view of them. */

import { formatStep } from "./axes";
import { hide, make, setAttribute, setText } from "./dom";
import { filterOf, WHATS, type Layers } from "./layers";
import type { Scene } from "./model";
import { searchFor } from "./search";
import { listenToToggle, makeToggle, press, type Toggle } from "./toggle";

/** Fewer layers need no search. */
const FEW = 12;

export class SearchField {
  readonly found = make("span", { class: "ridges-found", role: "status" });
  readonly input = make("input", {
    class: "field ridges-search", type: "search", placeholder: "text or /regex/", "aria-label": "Search layers", spellcheck: "false", autocomplete: "off",
  });

  listen(scene: Scene, signal: AbortSignal): void {
    this.input.addEventListener("input", () => setKnob(scene, "filter", this.input.value), { signal });
  }

  draw(scene: Scene, count: number, total: number, wanted = true): void {
    const { found, input } = this;
    const filter = filterOf(scene);
    hide(!(wanted && (total > FEW || filter !== "")), input, found);
    const sound = searchFor(filter) !== null;
    if (input.value !== filter) input.value = filter;
    setAttribute(input, "aria-invalid", String(!sound));
    setText(found, !sound ? "no regular expression" : filter ? `${formatStep(count)} of ${formatStep(total)}` : "");
  }
}

/** Whether weights, gradients or activations are shown, where the run has several of them. */
export class WhatToggle {
  private readonly toggle: Toggle = makeToggle("whats", "What is shown of the layers", WHATS);
  readonly element = this.toggle.element;

  listen(scene: Scene, signal: AbortSignal): void {
    listenToToggle(this.toggle, (what) => setKnob(scene, "what", what), signal);
  }

  draw({ what, whats }: Layers, wanted = true): void {
    hide(!wanted || whats.length < 2, this.element);
    for (const button of this.toggle.buttons) hide(button.value !== "all" && !whats.includes(button.value), button);
    press(this.toggle, what);
  }
}

function setKnob(scene: Scene, knob: string, value: string): void {
  scene.knobs.set(knob, value);
  scene.keep?.(knob);
  scene.request();
}

/** Why none of the layers is shown. */
export const noneWords = (scene: Scene, total: number): string =>
  total ? `None of ${formatStep(total)} layers matches ${filterOf(scene)}` : "All layers are switched off.";
