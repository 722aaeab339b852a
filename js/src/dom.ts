import { write } from "./together";

type Attributes = Readonly<Record<string, string>>;

/**
 * A text whose order is its own: overrides of writing direction would turn around what stands beside them, as in
 * "loss (8)" after a tag that ends in one. Scripts that are written to the left need none of these.
 */
export const ordered = (text: string): string => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

/** An element with attributes and children, `class` among the attributes. */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K, attributes: Attributes = {}, ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.map((child) => (typeof child === "string" ? ordered(child) : child)));
  return element;
}

/** Says it in an element, or a field, when the frame is drawn; what is to be measured at once is written by `writeText`. */
export const setText = (element: Element, text: string): void => write(element, ordered(text));

/** Told again what they are, the browser would find their style anew. */
export function hide(when: boolean, ...elements: HTMLElement[]): void {
  for (const element of elements) if (element.hidden !== when) element.hidden = when;
}

export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

let reduced: MediaQueryList | null = null;

export const calm = (): boolean => (reduced ??= matchMedia("(prefers-reduced-motion: reduce)")).matches;
