// Counts what a page draws on canvases and says to the kernel's widgets, and finds what views show.
window.unseen = (() => {
  const counts = { drawn: 0, asked: 0 };
  for (const name of ["stroke", "fill", "fillRect", "clearRect", "fillText"]) {
    const native = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...parameters) {
      counts.drawn++;
      return native.apply(this, parameters);
    };
  }
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (data) {
    const text = typeof data === "string" ? data : new TextDecoder().decode(data);
    if (text.includes("comm_msg")) counts.asked++;
    return send.call(this, data);
  };
  const view = (cell) => {
    const output = document.querySelector(`.jp-Cell[data-windowed-list-index="${cell}"] .jp-Cell-outputArea`);
    return [...(output?.querySelectorAll("*") ?? [])].map((element) => element.shadowRoot).find(Boolean);
  };
  return {
    counts,
    text: (cell, name) => view(cell)?.querySelector(`.${name}`)?.textContent,
    pictures: (cell) => [...view(cell).querySelectorAll("canvas")].map((canvas) => canvas.toDataURL()),
    sees: (cell) => Boolean(view(cell)?.querySelector(".plot")?.checkVisibility()),
  };
})();
