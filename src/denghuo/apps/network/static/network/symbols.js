// Symbols after GB/T 4728, drawn around (0, 0) along the line. A device says open or closed by its blade as well as by its
// color; red is closed and green is open, as in Chinese control rooms. What lies under a symbol is wiped away first.

const BREAKER = 0, RECLOSER = 1, LOAD_BREAK = 2, DISCONNECTOR = 3, FUSE = 4;

function wipe(ctx, x, y, width, height) {
  ctx.globalCompositeOperation = "destination-out";
  ctx.fillRect(x, y, width, height);
  ctx.globalCompositeOperation = "source-over";
}

// Hinge at the left, contact at the right; an open blade stands up from the hinge.
function blade(ctx, closed, size) {
  wipe(ctx, -size, -1.5, 2 * size, 3);
  ctx.beginPath();
  ctx.moveTo(-size, 0);
  ctx.lineTo(-size * 0.6, 0);
  if (closed) ctx.lineTo(size * 0.55, 0);
  else ctx.lineTo(size * 0.4, -size * 0.8);
  ctx.moveTo(size * 0.55, 0);
  ctx.lineTo(size, 0);
  ctx.stroke();
}

function square(ctx, closed, size, letter) {
  const half = size * 0.66;
  wipe(ctx, -half, -half, 2 * half, 2 * half);
  ctx.beginPath();
  ctx.rect(-half, -half, 2 * half, 2 * half);
  if (closed) ctx.fill();
  ctx.moveTo(0, -half);
  if (!closed) ctx.lineTo(0, half); // an open square has its blade across
  ctx.stroke();
  if (!letter || size < 7) return;
  ctx.fillStyle = closed ? "#16202c" : ctx.strokeStyle;
  ctx.font = `700 ${Math.round(size * 1.05)}px sans-serif`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  if (closed) ctx.fillText(letter, 0, 0.5);
}

const DRAW = {
  [BREAKER]: (ctx, closed, size) => square(ctx, closed, size, ""),
  [RECLOSER]: (ctx, closed, size) => square(ctx, closed, size, "R"),
  [LOAD_BREAK](ctx, closed, size) {
    blade(ctx, closed, size);
    ctx.beginPath();
    ctx.moveTo(size * 0.55, -size * 0.42);
    ctx.lineTo(size * 0.55, size * 0.42);
    ctx.stroke();
    ctx.beginPath();
    ctx.arc(size * 0.32, 0, size * 0.22, 0, 2 * Math.PI);
    ctx.stroke();
  },
  [DISCONNECTOR](ctx, closed, size) {
    blade(ctx, closed, size);
    ctx.beginPath();
    ctx.moveTo(size * 0.55, -size * 0.42);
    ctx.lineTo(size * 0.55, size * 0.42);
    ctx.stroke();
  },
  [FUSE](ctx, closed, size) {
    wipe(ctx, -size, -1.5, 2 * size, 3);
    ctx.save();
    if (!closed) { // the tube has dropped out of its upper contact
      ctx.translate(-size * 0.7, 0);
      ctx.rotate(-0.9);
      ctx.translate(size * 0.7, 0);
    }
    ctx.beginPath();
    ctx.moveTo(-size * 0.9, 0);
    ctx.lineTo(size * 0.9, 0);
    ctx.rect(-size * 0.6, -size * 0.28, size * 1.2, size * 0.56);
    ctx.stroke();
    ctx.restore();
  },
};

export function drawSwitch(ctx, { x, y, angle, kind, closed, size, color }) {
  ctx.save();
  ctx.translate(x, y);
  // Blades stand up, letters upright: never upside down.
  ctx.rotate(kind === RECLOSER || kind === BREAKER ? 0 : Math.abs(angle) > Math.PI / 2 ? angle + Math.PI : angle);
  ctx.strokeStyle = color;
  ctx.fillStyle = color;
  ctx.lineWidth = Math.max(1.25, size / 6);
  ctx.lineCap = "round";
  DRAW[kind](ctx, closed, size);
  ctx.restore();
}

// Two overlapping rings: a transformer, or a substation that feeds everything.
export function drawRings(ctx, { x, y, angle, radius, color, width = 1.5 }) {
  const dx = Math.cos(angle) * radius * 0.6, dy = Math.sin(angle) * radius * 0.6;
  ctx.strokeStyle = color;
  ctx.lineWidth = width;
  ctx.setLineDash([]);
  ctx.beginPath();
  for (const side of [-1, 1]) {
    ctx.moveTo(x + side * dx + radius, y + side * dy);
    ctx.arc(x + side * dx, y + side * dy, radius, 0, 2 * Math.PI);
  }
  ctx.stroke();
}

// A lamp's glow of so many pixels, painted once and stamped everywhere.
export function glowStamp(size, inner, outer) {
  const stamp = document.createElement("canvas"), half = size / 2;
  stamp.width = stamp.height = size;
  const ctx = stamp.getContext("2d"), light = ctx.createRadialGradient(half, half, 0, half, half, half);
  light.addColorStop(0, inner);
  light.addColorStop(0.25, outer);
  light.addColorStop(1, "rgba(242, 163, 58, 0)");
  ctx.fillStyle = light;
  ctx.fillRect(0, 0, size, size);
  return stamp;
}
