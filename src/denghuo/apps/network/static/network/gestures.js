// Moving about the drawing: mouse, touch and keys.

const PAN_PX = 60, ZOOM = 1.25, STILL_PX = 4;

export function listenToPointer(canvas, view, pick) {
  const pointers = new Map();
  let moved = 0, apart = 0;
  const spot = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
    if (pointers.size === 1) moved = 0;
    apart = 0;
    view.land();
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) {
      const part = view.partAt(...spot(event)), thing = event.pointerType === "mouse" && !part ? view.at(...spot(event)) : null;
      canvas.classList.toggle("is-over", Boolean(part || thing));
      return view.hover(thing);
    }
    pointers.set(event.pointerId, event);
    if (pointers.size > 1) return pinch();
    const dx = event.clientX - before.clientX, dy = event.clientY - before.clientY;
    moved += Math.hypot(dx, dy);
    if (moved > STILL_PX) view.pan(dx, dy);
    return undefined;
  });
  function pinch() {
    const [one, two] = [...pointers.values()], box = canvas.getBoundingClientRect();
    const distance = Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY);
    const x = (one.clientX + two.clientX) / 2 - box.left, y = (one.clientY + two.clientY) / 2 - box.top;
    if (apart) {
      view.zoom(distance / apart.distance, x, y);
      view.pan(x - apart.x, y - apart.y);
    }
    apart = { distance, x, y };
    moved = Infinity;
  }
  const lift = (event) => {
    if (pointers.delete(event.pointerId) && event.type === "pointerup" && moved <= STILL_PX) {
      const part = view.partAt(...spot(event));
      if (part) view.glance(part);
      else pick(view.at(...spot(event), event.pointerType === "touch" ? 24 : 14));
    }
    apart = 0;
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("pointerleave", () => view.hover(null));
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    view.land();
    const lines = event.deltaMode === 1 ? 16 : 1; // some mice count lines, not pixels
    view.zoom(Math.exp(-event.deltaY * lines * 0.0015), ...spot(event));
  }, { passive: false });
}

export function listenToKeys(canvas, view, { pick, whatIf, nextDark, back, find, help }) {
  const keys = {
    ArrowLeft: () => view.pan(PAN_PX, 0), ArrowRight: () => view.pan(-PAN_PX, 0),
    ArrowUp: () => view.pan(0, PAN_PX), ArrowDown: () => view.pan(0, -PAN_PX),
    "+": () => view.zoom(ZOOM), "=": () => view.zoom(ZOOM), "-": () => view.zoom(1 / ZOOM), 0: () => view.fit(),
    n: () => pick(view.neighbor(1)), p: () => pick(view.neighbor(-1)), d: nextDark,
    Enter: whatIf, Backspace: back, Escape: () => pick(null),
  };
  canvas.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    view.land();
    keys[event.key]();
  });
  const anywhere = { "/": find, "?": help };
  document.addEventListener("keydown", (event) => {
    if (!anywhere[event.key] || event.target.closest("input, textarea, select")) return;
    event.preventDefault();
    anywhere[event.key]();
  });
}

export function listenToButtons(page, view) {
  const deeds = { in: () => view.zoom(ZOOM), out: () => view.zoom(1 / ZOOM), fit: () => view.fit() };
  for (const button of page.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => {
      view.land();
      deeds[button.dataset.zoom]();
    });
  }
}
