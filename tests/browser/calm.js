// Watches a view frame by frame: what its first chart labels its axes with, and where the items of its lines of text are.
(root) => {
  const [lines, overlay] = root.querySelectorAll(".plot canvas");
  const seen = {};
  const painted = new Map([[lines, []], [overlay, []]]);
  const note = (name, value) => {
    const values = (seen[name] ??= []);
    if (values.at(-1) !== value) values.push(value);
  };
  const { fillText, clearRect } = CanvasRenderingContext2D.prototype;
  const before = new Map();
  CanvasRenderingContext2D.prototype.clearRect = function (...args) {
    const labels = painted.get(this.canvas);
    if (labels?.length) {
      // Labels that glide are on their way to where they stay.
      const places = JSON.stringify(labels);
      if (places === before.get(this.canvas)) note(this.canvas === lines ? "values" : "steps", labels.map(([text]) => text).join(" "));
      before.set(this.canvas, places);
      labels.splice(0);
    }
    clearRect.apply(this, args);
  };
  CanvasRenderingContext2D.prototype.fillText = function (text, ...args) {
    painted.get(this.canvas)?.push([text, ...args]);
    fillText.call(this, text, ...args);
  };
  const frame = () => {
    if (!root.isConnected) return;
    for (const name of ["legend-item", "legend-value", "header-facts", "header-rate"]) {
      const element = root.querySelector(`.${name}`);
      if (!element.hidden) note(name, element.offsetWidth);
    }
    const rate = root.querySelector(".header-rate");
    if (!rate.hidden) note("rate at", rate.offsetLeft);
    note("top", root.querySelector(".plot").offsetTop);
    note("height", root.offsetHeight);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  window.calm = seen;
}
