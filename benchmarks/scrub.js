// Measures what a real key press on the slider costs, up to the frame that shows it; see scrub.py.
window.scrubbing = (() => {
  const presses = [];
  const presented = [];
  const drawn = new MessageChannel();
  let open = null;

  // Frames requested here run before and after the view's own, which is requested between the two listeners.
  const before = (event) => {
    if (event.repeat) return;
    open = { pressed: event.timeStamp, handled: performance.now() };
    requestAnimationFrame(() => (open.frame = performance.now()));
  };
  const after = () => {
    requestAnimationFrame(() => {
      open.scripted = performance.now();
      drawn.port2.postMessage(0); // comes after style, layout and paint
    });
  };
  drawn.port1.onmessage = () => {
    open.drawn = performance.now();
    presses.push(open);
    open = null;
  };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry.name === "keydown") presented.push(entry.duration);
  }).observe({ type: "event", durationThreshold: 16 });

  const within = (selector) => [...document.querySelectorAll("#nbviz *")].find((each) => each.shadowRoot).shadowRoot.querySelector(selector);
  const slider = () => within("[role=slider]");
  return {
    start: (selector) => {
      const pressed = within(selector);
      pressed.addEventListener("keydown", before, true);
      // The view stops the event from bubbling, so this listens where it does, after it.
      pressed.addEventListener("keydown", after);
    },
    count: () => presses.length,
    take: () => ({ presses: presses.splice(0), presented: presented.splice(0) }),

    // A step a frame, with nobody asking meanwhile how far it is.
    walk: (key, times) =>
      new Promise((done) => {
        const frame = () => {
          if (times-- <= 0) return done();
          slider().dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
          requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
      }),

    // Times of all frames until the slider has stood still for half a second, and the steps it was at.
    play: () =>
      new Promise((done) => {
        const [times, steps] = [[], []];
        let moved = performance.now();
        const frame = (now) => {
          const step = slider().getAttribute("aria-valuenow");
          if (step !== steps.at(-1)) moved = now;
          times.push(now);
          steps.push(step);
          if (now - moved > 500) done({ times, steps });
          else requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
      }),
  };
})();
