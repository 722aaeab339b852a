/** Buttons of which one is pressed. */

import { make, setAttribute } from "./dom";

export interface Toggle {
  readonly element: HTMLElement;
  readonly buttons: readonly HTMLButtonElement[];
}

export function makeToggle(name: string, label: string, values: readonly string[], words: Readonly<Record<string, string>> = {}): Toggle {
  const buttons = values.map((value) => make("button", { type: "button", value, title: words[`${value} title`] ?? "" }, words[value] ?? value));
  return { element: make("span", { class: `toggle ridges-${name}`, role: "group", "aria-label": label }, ...buttons), buttons };
}

export const makeScales = (...kinds: string[]): Toggle => makeToggle("scales", "Value axis", kinds, {
  "linear title": "Linear values, every ridge as high as the others",
  "symlog title": "Logarithmic to both sides of zero",
  "density title": "Linear values, heights are densities on one scale: every ridge has the same area",
});

/** In a narrow panel the pressed button is the only one, and turns to the next. */
export function listenToToggle({ buttons }: Toggle, choose: (value: string) => void, signal: AbortSignal): void {
  buttons.forEach((button, i) => {
    const next = buttons[(i + 1) % buttons.length].value;
    const alone = (): boolean => buttons.filter((each) => each.offsetWidth > 0).length === 1;
    button.addEventListener("click", () => choose(alone() ? next : button.value), { signal });
  });
}

export function press({ buttons }: Toggle, value: string): void {
  for (const button of buttons) setAttribute(button, "aria-pressed", String(button.value === value));
}
