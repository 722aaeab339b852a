/** The slider that smooths. */

import { make, setAttribute, setText } from "./dom";
import type { Scene } from "./model";

const MOST = 0.999;
const STEPS = 300;
/** Every third of the slider takes a tenth of the weight that is left: 0.9, 0.99, 0.999. */
const DECADES = 3;

/** The weight at a share of the slider, to two digits of what is left to 1. */
export function weightAt(share: number): number {
  const left = 10 ** (-DECADES * Math.min(1, Math.max(0, share)));
  return Math.min(MOST, Number((1 - left).toFixed(left < 0.0095 ? 4 : left < 0.095 ? 3 : 2)));
}

export const shareOf = (weight: number): number => Math.min(1, -Math.log10(1 - Math.min(MOST, Math.max(0, weight))) / DECADES);

/** "0.90", "0.995". */
export const smoothingWords = (weight: number): string => weight.toFixed(Math.abs(weight * 100 - Math.round(weight * 100)) < 1e-9 ? 2 : 3);

export function makeSmoothing(scene: Scene, signal: AbortSignal): { element: HTMLElement; draw: () => void } {
  const input = make("input", { type: "range", min: "0", max: String(STEPS), step: "1", "aria-label": "smoothing" });
  const words = make("output");
  input.addEventListener("input", () => {
    scene.smoothing = weightAt(Number(input.value) / STEPS);
    scene.request();
  }, { signal });
  input.addEventListener("change", () => scene.keep?.("smoothing"), { signal });
  const element = make("label", { class: "smoothing", title: "Smooths training lines as TensorBoard does; what was logged stays faint behind" },
    make("span", { class: "smoothing-word" }, "smoothing"), words, input);
  const draw = (): void => {
    const share = shareOf(scene.smoothing);
    const value = String(Math.round(share * STEPS));
    if (input.value !== value) input.value = value;
    const text = smoothingWords(scene.smoothing);
    setText(words, text);
    setAttribute(input, "aria-valuetext", text);
    input.style.setProperty("--share", String(share));
  };
  return { element, draw };
}
