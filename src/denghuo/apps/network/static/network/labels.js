// Names on the drawing: the most important first, each where it hides no other, or not at all.

const PLACES = [[0, -1], [0, 1], [1, 0], [-1, 0], [-1, -1], [-1, 1], [1, -1], [1, 1]]; // above, below, right, left, corners

export class Labels {
  constructor(ctx, font) {
    this.ctx = ctx;
    this.font = font;
    this.widths = new Map();
  }

  begin(width, height, taken) {
    this.width = width;
    this.height = height;
    this.boxes = taken.map((box) => ({ ...box }));
  }

  // Returns where it stands, null where there was no room. `gap` keeps clear of the symbol at (x, y); `fixed` writes above it come what may.
  write(text, x, y, { color, gap = 8, size = 13, weight = 400, fixed = false, center = false, pill = null }) {
    if (!text || x < -40 || y < -20 || x > this.width + 40 || y > this.height + 20) return null;
    const pad = pill ? 8 : 2, wide = this.#widthOf(text, size, weight) + 2 * pad, high = size + (pill ? 10 : 4);
    for (const [across, down] of center ? [[0, 0]] : PLACES) {
      const box = {
        left: x + across * (gap + wide / 2) - wide / 2, top: y + down * (gap + high / 2) - high / 2, width: wide, height: high,
      };
      const inside = box.left >= 2 && box.top >= 2 && box.left + wide <= this.width - 2 && box.top + high <= this.height - 2;
      if (!fixed && (!inside || this.#hits(box))) continue;
      this.boxes.push(box);
      this.#paint(text, box, { color, size, weight, pill });
      return box;
    }
    return null;
  }

  #hits(box) {
    return this.boxes.some((other) => box.left < other.left + other.width && other.left < box.left + box.width
      && box.top < other.top + other.height && other.top < box.top + box.height);
  }

  #widthOf(text, size, weight) {
    const key = `${size}/${weight}/${text}`;
    let width = this.widths.get(key);
    if (width === undefined) {
      this.ctx.font = `${weight} ${size}px ${this.font}`;
      width = this.ctx.measureText(text).width;
      this.widths.set(key, width);
    }
    return width;
  }

  #paint(text, box, { color, size, weight, pill }) {
    const { ctx } = this, x = box.left + box.width / 2, y = box.top + box.height / 2, round = box.height / 2;
    ctx.font = `${weight} ${size}px ${this.font}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.setLineDash([]);
    if (pill) {
      ctx.beginPath();
      ctx.arc(box.left + round, y, round, Math.PI / 2, -Math.PI / 2);
      ctx.arc(box.left + box.width - round, y, round, -Math.PI / 2, Math.PI / 2);
      ctx.closePath();
      ctx.fillStyle = pill.ground;
      ctx.fill();
      ctx.strokeStyle = pill.edge;
      ctx.lineWidth = 1.25;
      ctx.stroke();
    } else {
      ctx.lineWidth = 3;
      ctx.lineJoin = "round";
      ctx.strokeStyle = "rgba(16, 24, 34, .85)";
      ctx.strokeText(text, x, y + 0.5);
    }
    ctx.fillStyle = color;
    ctx.fillText(text, x, y + 0.5);
  }
}
