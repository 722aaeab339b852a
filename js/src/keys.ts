/** The keys of every view: the page's help and the table in docs/charts.md are this list, which a test holds them to. */

export interface Keys {
  readonly title: string;
  /** Panels that have these keys; a view without any of them does not list them. */
  readonly panels: readonly string[];
  /** Keys as they are written, and what they do. */
  readonly keys: readonly (readonly [string, string])[];
}

export const KEYS: readonly Keys[] = [
  {
    title: "Everywhere",
    panels: [],
    keys: [
      ["Tab, Shift+Tab", "next, previous control"],
      ["?", "this help"],
    ],
  },
  {
    title: "Heard",
    panels: ["header", "charts", "scrubber", "compare"],
    keys: [
      ["R", "reads out how training goes"],
      ["S", "plays the curve as sound; again or Escape stops it"],
      ["Shift+S", "a soft tone for each update, on and off"],
    ],
  },
  {
    title: "Charts",
    panels: ["charts", "compare"],
    keys: [
      ["← →", "previous, next step that was logged"],
      ["Home, End", "first, last step"],
      ["M, Shift+M", "next, previous mark"],
      ["+, −, Shift+↑, Shift+↓", "zoom the steps in, out"],
      ["Shift+←, Shift+→", "move along the steps, where zoomed"],
      ["0", "all steps again"],
      ["Y, Shift+Y", "values closer, wider"],
      ["Page Up, Page Down", "move along the values"],
      ["F", "fits the values again"],
      ["Escape", "all steps again; then the latest step"],
    ],
  },
  {
    title: "Scrubber",
    panels: ["scrubber"],
    keys: [
      ["Space", "play, pause"],
      ["← →", "previous, next step"],
      ["Page Up, Page Down", "ten steps on, back"],
      ["Home, End", "first, latest step"],
      ["M, Shift+M", "next, previous mark"],
      ["Escape", "all steps again, where zoomed"],
    ],
  },
  {
    title: "Ridgelines",
    panels: ["ridges"],
    keys: [
      ["↑ ↓ Page Up, Page Down, Home, End", "layers; in a layer that is open, its captures"],
      ["← →", "fold and unfold a heading; elsewhere read the values to either side"],
      ["Shift with an arrow", "selects values or steps"],
      ["Enter", "opens a layer, folds a heading"],
      ["Escape", "clears the selection; then closes the layer"],
    ],
  },
  {
    title: "Maps and distributions",
    panels: ["map", "distributions"],
    keys: [
      ["↑ ↓", "previous, next layer"],
      ["← →", "previous, next capture of the layer"],
      ["Home, End", "its first, last capture"],
      ["Escape", "back to the latest step"],
    ],
  },
  {
    title: "Comparisons",
    panels: ["compare"],
    keys: [
      ["← →", "reads the values to either side"],
      ["Escape", "stops reading"],
    ],
  },
];

/** What a view of these panels lists. */
export const keysOf = (panels: readonly string[]): Keys[] =>
  KEYS.filter((each) => each.panels.length === 0 || each.panels.some((panel) => panels.includes(panel)));
