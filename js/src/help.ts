/** The keys of a view, and what of it is heard, in a small window of its own. */

import { make } from "./dom";
import { keysOf } from "./keys";

export interface Switch {
  readonly label: string;
  readonly input: HTMLInputElement;
}

export function makeSwitch(label: string, listener: (on: boolean) => void, signal: AbortSignal): Switch {
  const input = make("input", { type: "checkbox" });
  input.addEventListener("change", () => listener(input.checked), { signal });
  return { label, input };
}

/** Every key on a cap of its own: what stands between commas and blanks, except where it is said in words. */
function caps(written: string): HTMLElement[] {
  const parts = / with /.test(written) ? [written] : written.split(/, | (?=[←-↓])|(?<=[←-↓]) /);
  return parts.map((part) => make("kbd", {}, part));
}

export function makeHelp(panels: readonly string[], switches: readonly Switch[], signal: AbortSignal): HTMLDialogElement {
  const close = make("button", { class: "help-close", type: "button", "aria-label": "Close" }, "×");
  const title = make("h2", { class: "help-title", id: "nbviz-help" }, "Keys");
  const groups = keysOf(panels).map(({ title: name, keys }) => {
    const rows = keys.map(([key, does]) => make("tr", {}, make("th", { scope: "row" }, ...caps(key)), make("td", {}, does)));
    return make("table", {}, make("caption", {}, name), make("tbody", {}, ...rows));
  });
  const knobs = switches.map(({ label, input }) => make("label", { class: "help-switch" }, input, label));
  const dialog = make("dialog", { class: "help", "aria-labelledby": "nbviz-help" },
    make("div", { class: "help-head" }, title, close), make("div", { class: "help-groups" }, ...groups), ...knobs);
  close.addEventListener("click", () => dialog.close(), { signal });
  // Beside the window: on its backdrop.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  }, { signal });
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key !== "?") return;
    event.preventDefault();
    dialog.close();
  }, { signal });
  return dialog;
}
