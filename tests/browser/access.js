// What a test asks of a page with views in it: each function answers with words that tell a person what is wrong.
window.access = (() => {
  const roots = () => [...document.querySelectorAll("*")].map((each) => each.shadowRoot).filter(Boolean);
  const all = (selector) => roots().flatMap((root) => [...root.querySelectorAll(selector)]);
  const shown = (each) => each.checkVisibility({ visibilityProperty: true }) && !each.closest("dialog:not([open])");
  const brief = (each) => each.outerHTML.slice(0, 90);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

  /** What axe-core finds in the page, or in the elements of a selector. */
  const violations = async (scope) => {
    const found = await axe.run(scope ?? document, { runOnly: tags });
    return found.violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 200)}`));
  };

  /** What the keys should reach, in the order of the page. */
  // Of a toolbar Tab reaches one control, and arrows the others.
  const controls = () => all("button, input, select, [tabindex='0']").filter((each) => shown(each) && each.tabIndex >= 0 && !each.closest("dialog")).map(brief);

  /** A place before all views and one after them, as a page around them would have; the first has the focus. */
  const enclose = () => {
    for (const where of ["prepend", "append"]) document.body[where](Object.assign(document.createElement("button"), { id: where }));
    document.getElementById("prepend").focus();
  };

  /** What has the focus, and whether that can be seen; null outside of the views. */
  const focused = () => {
    const at = document.activeElement.shadowRoot?.activeElement;
    if (!at) return null;
    const ringed = [at, at.parentElement].map((each) => getComputedStyle(each));
    return [brief(at), ringed.some(({ outlineStyle, outlineWidth }) => outlineStyle === "solid" && outlineWidth === "2px")];
  };

  /** What is smaller than a finger needs. */
  const small = () => all("button, select, input").filter(shown).flatMap((each) => {
    const { width, height } = (each.closest("label") ?? each).getBoundingClientRect();
    return width < 24 || height < 24 ? [`${width} × ${height}: ${brief(each)}`] : [];
  });

  /** What lies over something else in a line of controls. */
  const overlaps = () => all(".header, .ridges-head, .scrubber-row").flatMap((head) => {
    const seen = (each) => shown(each) && getComputedStyle(each).clipPath === "none" && !each.closest(".only-heard");
    const parts = [...head.querySelectorAll("button, select, input, h2, b, span:not(:has(*))")].filter(seen);
    return parts.flatMap((a, i) => parts.slice(i + 1).filter((b) => {
      const [p, q] = [a.getBoundingClientRect(), b.getBoundingClientRect()];
      const across = Math.min(p.right, q.right) - Math.max(p.left, q.left);
      return !a.contains(b) && across > 1 && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 2;
    }).map((b) => `${brief(a)} over ${brief(b)}`));
  });

  /** What moves by itself, by transitions or animations of the style. */
  const moving = () => all(".nbviz *").filter((each) => {
    const { transitionProperty, animationName } = getComputedStyle(each);
    return transitionProperty !== "none" && transitionProperty !== "all" || animationName !== "none";
  }).map(brief);

  return { violations, controls, enclose, focused, small, overlaps, moving };
})();
