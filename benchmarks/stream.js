// Runs before the page's own scripts: counts what its sockets receive and, when told to, times its frames.
window.streaming = (() => {
  let bytes = 0;
  let messages = 0;
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...parameters) {
      super(...parameters);
      this.addEventListener("message", ({ data }) => {
        bytes += data.byteLength ?? data.size ?? data.length;
        messages++;
      });
    }
  };

  let frames = [];
  let next = 0;
  const frame = (now) => {
    frames.push(now);
    next = requestAnimationFrame(frame);
  };
  return {
    start: () => {
      [bytes, messages, frames] = [0, 0, []];
      next = requestAnimationFrame(frame);
    },
    stop: () => {
      cancelAnimationFrame(next);
      return { gaps: frames.slice(1).map((now, i) => now - frames[i]), bytes, messages };
    },
  };
})();
