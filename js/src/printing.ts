/** A printed page is a figure: on white, as wide as paper, as sharp as paper, and all of it drawn; print.css leaves out the controls. */

/** What fits between the margins of a sheet, in CSS pixels. */
const PAPER = 680;

/** Pixels of a canvas for each of CSS's. */
export const PRINTED_RATIO = 3;

/** Calls the listener before the page is printed, when a view is laid out as wide as the sheet, and after. */
export function watchPrinting(root: HTMLElement, listener: (printed: boolean) => void, signal: AbortSignal): void {
  let printed = false;
  const change = (on: boolean): void => {
    if (on === printed || (on && root.offsetWidth === 0)) return;
    printed = on;
    root.style.width = on ? `${PAPER}px` : "";
    listener(on);
  };
  addEventListener("beforeprint", () => change(true), { signal });
  addEventListener("afterprint", () => change(false), { signal });
  matchMedia("print").addEventListener("change", ({ matches }) => change(matches), { signal });
}
