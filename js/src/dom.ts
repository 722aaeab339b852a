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

/** Writes only what changed, into the text that is there: a node put into its place makes styles with `:has()` be found anew. */
export function setText(element: Element, text: string): void {
  const shown = ordered(text);
  if (element.textContent === shown) return;
  const { firstChild, childNodes } = element;
  if (shown && childNodes.length === 1 && firstChild instanceof Text) firstChild.data = shown;
  else element.textContent = shown;
}

export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** The attribute set anew makes styles with `:has()` be found anew, whether it was there or not. */
export function hide(element: HTMLElement, hidden: boolean): void {
  if (element.hidden !== hidden) element.hidden = hidden;
}

export const calm = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;
