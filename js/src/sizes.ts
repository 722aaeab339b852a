/** Sizes of elements: told as they change, and at once where a page is about to be printed, when an observer would come too late. */

interface Watch {
  readonly element: Element;
  readonly resized: (width: number, height: number) => void;
}

const watches = new Set<Watch>();

/** Tells the size of an element's content, in CSS pixels, until the signal or what it returns ends that. */
export function watchSize(element: Element, resized: Watch["resized"], signal: AbortSignal): () => void {
  const watch = { element, resized };
  const observer = new ResizeObserver(([{ contentRect: { width, height } }]) => resized(width, height));
  const end = (): void => {
    observer.disconnect();
    watches.delete(watch);
    signal.removeEventListener("abort", end);
  };
  watches.add(watch);
  observer.observe(element);
  signal.addEventListener("abort", end);
  return end;
}

/** Tells the sizes of all that is in an element now. */
export function measureWithin(root: Element): void {
  for (const { element, resized } of watches) {
    if (!root.contains(element)) continue;
    const { paddingLeft, paddingRight, paddingTop, paddingBottom } = getComputedStyle(element);
    const [left, right, top, bottom] = [paddingLeft, paddingRight, paddingTop, paddingBottom].map(parseFloat);
    resized(element.clientWidth - left - right, element.clientHeight - top - bottom);
  }
}
