// Runs before the page's own scripts: tells when what was drawn was shown, counts what its sockets receive, times its frames.
window.live = (() => {
  const now = () => performance.timeOrigin + performance.now();
  let [bytes, first, last, mounted] = [0, 0, 0, 0];
  let frames = [];
  let next = 0;

  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...parameters) {
      super(...parameters);
      this.addEventListener("message", ({ data }) => (bytes += data.byteLength ?? data.size ?? data.length));
    }
  };

  const shown = new MessageChannel(); // its message comes after style, layout and paint
  let waiting = false;
  shown.port1.onmessage = () => {
    waiting = false;
    last = now();
    first ||= last;
  };
  const drawn = () => {
    if (!waiting) shown.port2.postMessage(0);
    waiting = true;
  };
  for (const name of ["stroke", "fill", "drawImage"]) {
    const native = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...parameters) {
      drawn();
      return native.apply(this, parameters);
    };
  }
  const changed = () => requestAnimationFrame(drawn);
  new MutationObserver((records) => {
    for (const { target, addedNodes } of records) {
      const element = target.nodeType === 1 ? target : target.parentElement;
      if (!element?.closest(".jp-OutputArea")) continue;
      changed();
      for (const node of addedNodes) if (node.querySelector?.("[data-lm-suppress-shortcuts]") ?? false) mounted = now();
      if (element.matches("[data-lm-suppress-shortcuts]") || [...addedNodes].some((node) => node.matches?.("[data-lm-suppress-shortcuts]"))) mounted = now();
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  addEventListener("load", ({ target }) => target.tagName === "IMG" && changed(), true);

  const frame = (at) => {
    frames.push(at);
    next = requestAnimationFrame(frame);
  };
  return {
    begin: () => ([bytes, first, last] = [0, 0, 0]),
    quiet: (milliseconds) => last > 0 && now() - last > milliseconds,
    taken: () => ({ bytes, first, last, mounted, now: now() }),
    start: () => {
      frames = [];
      next = requestAnimationFrame(frame);
    },
    stop: () => {
      cancelAnimationFrame(next);
      return frames.slice(1).map((at, i) => at - frames[i]);
    },
  };
})();
