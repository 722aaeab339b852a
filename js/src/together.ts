/**
 * All views of a page draw in one animation frame, and what they say is written when the last of them has drawn: a canvas
 * that is to draw a text first makes the browser lay out whatever was written before.
 */

interface Page {
  readonly draws: Map<number, (now: number) => void>;
  /** What is to be written; null outside of a frame. */
  texts: Map<Element, string> | null;
  asked: boolean;
  last: number;
}

/** Kept by the page, as every view may have a copy of this module. */
const shared = globalThis as unknown as { [page: symbol]: Page | undefined };
const page = (shared[Symbol.for("nbviz.frame")] ??= { draws: new Map(), texts: null, asked: false, last: 0 });

export function schedule(draw: (now: number) => void): number {
  page.draws.set(++page.last, draw);
  if (!page.asked) requestAnimationFrame(run);
  page.asked = true;
  return page.last;
}

export const cancel = (id: number): boolean => page.draws.delete(id);

function run(now: number): void {
  const texts = (page.texts = new Map<Element, string>());
  page.asked = false;
  for (const [id, draw] of [...page.draws]) {
    if (!page.draws.delete(id)) continue;
    try {
      draw(now);
    } catch (error) {
      reportError(error);
    }
  }
  page.texts = null;
  for (const [element, text] of texts) writeText(element, text);
}

/** Writes a text, or the value of a field, now; only what changed. */
export function writeText(element: Element, text: string): void {
  const { firstChild } = element;
  if (element instanceof HTMLInputElement) {
    if (element.value !== text) element.value = text;
    // Another text in the same node is laid out with less ado than another node.
  } else if (firstChild instanceof Text && !firstChild.nextSibling) {
    if (firstChild.data !== text) firstChild.data = text;
  } else if (element.textContent !== text) element.textContent = text;
}

/** Writes a text once all that draws in this frame has drawn, and at once outside of one. */
export function write(element: Element, text: string): void {
  if (page.texts) page.texts.set(element, text);
  else writeText(element, text);
}
