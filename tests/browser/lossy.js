// Websockets that lose, delay and break as a network does. They are the page's own, so the notebook must not know.
window.lossy = (() => {
  const Native = window.WebSocket;
  const open = new Set();
  const decoder = new TextDecoder("utf-8", { fatal: false });
  let unreachable = false;
  let losing = () => false;
  let held = null;

  class Lossy extends Native {
    constructor(url, protocols) {
      super(unreachable ? "ws://127.0.0.1:9" : url, protocols);
      open.add(this);
      this.addEventListener("close", () => open.delete(this));
      this.addEventListener("message", (event) => {
        if (event.replayed) return;
        const text = typeof event.data === "string" ? event.data : decoder.decode(event.data);
        if (!/"comm_msg"/.test(text) || !/"type": ?"frame"/.test(text)) return;
        const again = () => {
          const copy = new MessageEvent("message", { data: event.data });
          copy.replayed = true;
          this.dispatchEvent(copy);
        };
        if (losing(again)) event.stopImmediatePropagation();
      });
    }
  }
  window.WebSocket = Lossy;

  return {
    // Loses the next frames.
    lose: (count) => {
      losing = () => count-- > 0;
    },
    loseAll: () => {
      losing = () => true;
    },
    keep: () => {
      losing = () => false;
    },
    repeat: () => {
      losing = (again) => void setTimeout(again, 70);
    },
    // Every other message comes after the one that follows it.
    reorder: () => {
      losing = (again) => {
        if (held) {
          const late = held;
          held = null;
          setTimeout(late);
          return false;
        }
        held = again;
        return true;
      };
    },
    cut: () => {
      unreachable = true;
      for (const socket of open) socket.close();
    },
    mend: () => {
      unreachable = false;
    },
  };
})();
