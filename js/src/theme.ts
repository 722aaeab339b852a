import type { Role, Theme } from "./model";

type Rgb = readonly [number, number, number];

/**
 * Blue and vermilion are Okabe and Ito's (https://jfly.uni-koeln.de/color/), the others were searched for: all have a contrast
 * of 4.5 with white, or black, and seven hues as light as each other cannot be told apart by who sees two of three colours, so
 * these differ in lightness. tests/js/theme.test.ts measures it.
 */
export const HUES = {
  light: ["#0072b2", "#c65102", "#1b5742", "#782c76", "#57480f", "#5a14da", "#747281"],
  dark: ["#56b4e9", "#ff9552", "#66f2b0", "#c6879f", "#fbde64", "#9784fd", "#cbe3f0"],
};
const ROLES: readonly Role[] = ["train", "validation", "test"];
const DEPTHS = { light: ["#0072b2", "#45579a", "#8e3374"], dark: ["#56b4e9", "#9a98d6", "#da74b0"] };
const FALLBACK = {
  light: {
    background: "#ffffff", surface: "#f4f6f8", text: "#1b2028", muted: "#646c78", grid: "#e9ecef",
    warning: "#b84a00", good: "#009e73",
  },
  dark: {
    background: "#14171d", surface: "#1e222a", text: "#eef0f3", muted: "#98a1ae", grid: "#272c35",
    warning: "#ff9d5e", good: "#35c99a",
  },
};
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif';

let pixel: CanvasRenderingContext2D | null = null;

/** Paints one pixel, because a page may name its colours in any of CSS's notations. */
function parse(color: string): readonly [number, number, number, number] {
  pixel ??= Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  if (!pixel || !color) return [0, 0, 0, 0];
  pixel.clearRect(0, 0, 1, 1);
  pixel.fillStyle = "rgba(0, 0, 0, 0)";
  pixel.fillStyle = color;
  pixel.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = pixel.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, alpha / 255];
}

const hex = (rgb: Rgb): string => "#" + rgb.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("");

const fromHex = (text: string): Rgb => {
  const value = parseInt(text.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
};

const mix = (from: Rgb, to: Rgb, share: number): Rgb =>
  [0, 1, 2].map((i) => from[i] + (to[i] - from[i]) * share) as unknown as Rgb;

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(rgb: Rgb): number {
  const [red, green, blue] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: Rgb, b: Rgb): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

/** The first opaque background at or above the element, through shadow roots; null where the page paints none. */
function backgroundOf(element: Element): Rgb | null {
  for (let node: Node | null = element; node; node = node instanceof ShadowRoot ? node.host : node.parentNode) {
    if (!(node instanceof Element)) continue;
    const [red, green, blue, alpha] = parse(getComputedStyle(node).backgroundColor);
    if (alpha > 0.5) return [red, green, blue];
  }
  const style = getComputedStyle(element);
  for (const name of ["--vscode-editor-background", "--jp-layout-color0"]) {
    const [red, green, blue, alpha] = parse(style.getPropertyValue(name).trim());
    if (alpha > 0.5) return [red, green, blue];
  }
  return null;
}

/** What the page says of itself where it paints no background. */
function pageIsDark(): boolean {
  const { body, documentElement: root } = document;
  const named = body?.dataset.jpThemeLight ?? root.dataset.jpThemeLight;
  if (named) return named === "false";
  if (body?.matches(".vscode-dark, .vscode-high-contrast:not(.vscode-high-contrast-light)")) return true;
  return getComputedStyle(root).colorScheme.includes("dark") && matchMedia("(prefers-color-scheme: dark)").matches;
}

/** The page's own text colour, kept only where it can be read on the background. */
function textColor(style: CSSStyleDeclaration, names: readonly string[], background: Rgb, fallback: string): string {
  for (const name of names) {
    const [red, green, blue, alpha] = parse(style.getPropertyValue(name).trim());
    if (alpha === 0) continue;
    const color = mix(background, [red, green, blue], alpha);
    if (contrast(color, background) >= 4.5) return hex(color);
  }
  return fallback;
}

/** The system's own colours, where a reader has forced them on all pages. */
function forced(): { background: Rgb; text: string } | null {
  if (!matchMedia("(forced-colors: active)").matches) return null;
  const [background, text] = ["Canvas", "CanvasText"].map((name) => parse(name).slice(0, 3) as unknown as Rgb);
  return { background, text: hex(text) };
}

/** A hue towards the text until it has the contrast with the background; the hues are made for 4.5 on white and black. */
function strong(color: string, text: string, background: Rgb, wanted: number): string {
  let share = 0;
  while (share < 1 && contrast(mix(fromHex(color), fromHex(text), share), background) < wanted) share += 0.05;
  return hex(mix(fromHex(color), fromHex(text), Math.min(1, share)));
}

const PAPER: Rgb = [255, 255, 255];

/** The colours and font that fit the page around the element, or paper. */
export function themeOf(element: Element, printed = false): Theme {
  const system = printed ? null : forced();
  const found = printed ? PAPER : system?.background ?? backgroundOf(element);
  const dark = found ? luminance(found) < 0.22 : pageIsDark();
  const kind = dark ? "dark" : "light";
  const fallback = FALLBACK[kind];
  const background = found ?? fromHex(fallback.background);
  const style = getComputedStyle(element);
  const text = system?.text ?? textColor(style, ["--jp-ui-font-color1", "--vscode-foreground"], background, fallback.text);
  const more = system !== null || matchMedia("(prefers-contrast: more)").matches;
  const towardsText = (share: number): string => hex(mix(background, fromHex(text), share));
  const read = (color: string): string => strong(color, text, background, more ? 7 : 4.5);
  const muted = more ? text : textColor(style, ["--jp-ui-font-color2", "--vscode-descriptionForeground"], background, fallback.muted);
  const hues = HUES[kind].map(read);
  const depths = DEPTHS[kind].map(fromHex);
  return {
    dark,
    font: style.getPropertyValue("--jp-ui-font-family").trim() || style.getPropertyValue("--vscode-font-family").trim() || FONT,
    background: hex(background),
    surface: system ? hex(background) : found ? towardsText(dark ? 0.05 : 0.04) : fallback.surface,
    text,
    muted,
    grid: more ? towardsText(0.4) : found ? towardsText(dark ? 0.1 : 0.09) : fallback.grid,
    warning: read(fallback.warning),
    good: fallback.good,
    role: (role) => hues[ROLES.indexOf(role)] ?? hues[0],
    family: (index) => hues[index % hues.length],
    depth: (share) => {
      const at = Math.min(1, Math.max(0, share)) * (depths.length - 1);
      const i = Math.min(depths.length - 2, Math.floor(at));
      return hex(mix(depths[i], depths[i + 1], at - i));
    },
  };
}

/** Hands the colours to the styles, so that text and canvas never disagree. */
export function applyTheme(element: HTMLElement, theme: Theme): void {
  const { background, surface, text, muted, grid, warning, good } = theme;
  for (const [name, value] of Object.entries({ background, surface, text, muted, grid, warning, good })) {
    element.style.setProperty(`--${name}`, value);
  }
  element.style.setProperty("--train", theme.role("train"));
  element.style.setProperty("--font", theme.font);
  element.style.colorScheme = theme.dark ? "dark" : "light";
}

/** Calls the listener with the new theme whenever the page changes its own. */
export function watchTheme(element: Element, listener: (theme: Theme) => void, signal: AbortSignal): void {
  let last = JSON.stringify(themeOf(element));
  const check = (): void => {
    const theme = themeOf(element);
    const now = JSON.stringify(theme);
    if (now === last) return;
    last = now;
    listener(theme);
  };
  // Hosts swap a style sheet right after the attribute: look again once that has loaded.
  const soon = (): void => {
    check();
    for (const delay of [100, 600]) setTimeout(() => signal.aborted || check(), delay);
  };
  const observer = new MutationObserver(soon);
  for (const node of [document.documentElement, document.body]) {
    observer.observe(node, { attributes: true, attributeFilter: ["class", "style", "data-jp-theme-light", "data-jp-theme-name",
      "data-theme", "data-vscode-theme-kind", "data-vscode-theme-id"] });
  }
  signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)"]) {
    matchMedia(query).addEventListener("change", soon, { signal });
  }
}
