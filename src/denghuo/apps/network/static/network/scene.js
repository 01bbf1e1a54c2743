// What is drawn, made ready once: places of everything in drawing steps, and where each symbol sits on its line.

const ALONG = 0.24; // a device without length sits this far along the next line that has one

export class Scene {
  constructor(model) {
    const { nodes, branches, switches, loads } = model;
    this.model = model;
    this.elbow = model.schematic; // a tree without coordinates has square corners
    this.x = Float64Array.from(nodes.x);
    this.y = Float64Array.from(nodes.y);
    this.from = Int32Array.from(branches.from);
    this.to = Int32Array.from(branches.to);
    this.level = Uint8Array.from(branches.level);
    this.sectionOfNode = Int32Array.from(nodes.section);
    this.bend = this.elbow ? this.#bends() : null;
    this.width = this.bend ? this.bend.reduce((most, x) => Math.max(most, x), model.width) : model.width;
    this.place = branches.from.map((_, branch) => this.#middle(branch));
    this.#seatShortDevices();
    this.switchPlace = switches.branch.map((branch) => this.place[branch]);
    this.rings = branches.kind.flatMap((kind, branch) => (kind === 2 ? [branch] : []));
    this.brightness = Float32Array.from(loads.lv_customers, (count) => 0.75 + 0.13 * Math.log2(1 + count));
    this.areas = this.#areas();
  }

  hasLength(branch) {
    return this.x[this.from[branch]] !== this.x[this.to[branch]] || this.y[this.from[branch]] !== this.y[this.to[branch]];
  }

  // A branch as a row of points: straight, or with square corners: down at `bend`, then across.
  points(branch) {
    const ax = this.x[this.from[branch]], ay = this.y[this.from[branch]], bx = this.x[this.to[branch]], by = this.y[this.to[branch]];
    return this.elbow ? [ax, ay, this.bend[branch], ay, this.bend[branch], by, bx, by] : [ax, ay, bx, by];
  }

  // A branch of the tree comes down where its parent stands; a tie, which is no part of it, goes around beyond its ends.
  #bends() {
    const { switches, branches } = this.model, step = this.#step();
    return Float64Array.from(branches.from, (from, branch) => {
      const a = this.x[from], b = this.x[this.to[branch]], position = branches.switch[branch];
      const isTie = position >= 0 && !switches.closed[position];
      return isTie || Math.abs(a - b) < step / 2 ? Math.max(a, b) + step * 0.45 : Math.min(a, b);
    });
  }

  // How far apart two generations of the tree stand.
  #step() {
    let step = Infinity;
    this.from.forEach((from, branch) => {
      const apart = Math.abs(this.x[from] - this.x[this.to[branch]]);
      if (apart > 2 && apart < step) step = apart;
    });
    return Number.isFinite(step) ? step : 0;
  }

  // On a bent branch the symbol sits in the middle of the longest leg.
  #middle(branch) {
    const ax = this.x[this.from[branch]], ay = this.y[this.from[branch]], bx = this.x[this.to[branch]], by = this.y[this.to[branch]];
    if (this.elbow) {
      const bend = this.bend[branch], isTie = bend > Math.max(ax, bx);
      if (isTie && ay !== by) return { x: bend, y: (ay + by) / 2, angle: Math.PI / 2 };
      const [x, y] = Math.abs(bx - bend) > Math.abs(ax - bend) ? [bx, by] : [ax, ay];
      return { x: (x + bend) / 2, y, angle: 0 };
    }
    return { x: (ax + bx) / 2, y: (ay + by) / 2, angle: ax === bx && ay === by ? 0 : Math.atan2(by - ay, bx - ax) };
  }

  // Fuses and breakers often stand where a line begins: they are drawn on it, one after the other, not upon each other.
  #seatShortDevices() {
    const at = new Map(), seats = new Map();
    const meet = (node, branch) => (at.get(node) ?? at.set(node, []).get(node)).push(branch);
    this.from.forEach((node, branch) => {
      meet(node, branch);
      meet(this.to[branch], branch);
    });
    for (const branch of this.model.switches.branch) {
      if (this.hasLength(branch)) continue;
      const line = this.#lineFrom(this.to[branch], branch, at) ?? this.#lineFrom(this.from[branch], branch, at);
      if (!line) continue;
      const taken = seats.get(line.key) ?? 0;
      seats.set(line.key, taken + 1);
      const share = Math.min(ALONG * (1 + taken), 0.9), { ax, ay, bx, by } = line;
      this.place[branch] = { x: ax + (bx - ax) * share, y: ay + (by - ay) * share, angle: Math.atan2(by - ay, bx - ax) };
    }
  }

  #lineFrom(start, without, at) {
    let node = start, last = without;
    for (let hop = 0; hop < 4; hop += 1) {
      const others = at.get(node).filter((branch) => branch !== last);
      const line = others.find((branch) => this.hasLength(branch));
      if (line !== undefined) return this.#firstLeg(line, node);
      if (!others.length) return null;
      [last] = others;
      node = this.from[last] === node ? this.to[last] : this.from[last];
    }
    return null;
  }

  #firstLeg(branch, node) {
    const points = this.points(branch), ax = this.x[node], ay = this.y[node];
    const legs = this.from[branch] === node ? points : points.map((_, at) => points[points.length - 2 - at + 2 * (at % 2)]);
    let at = 2;
    while (at < legs.length - 2 && legs[at] === ax && legs[at + 1] === ay) at += 2; // a leg without length
    return { key: `${branch}/${node}`, ax, ay, bx: legs[at], by: legs[at + 1] };
  }

  #areas() {
    const { loads } = this.model, found = new Map();
    loads.area.forEach((name, load) => {
      if (!name) return;
      const sum = found.get(name) ?? found.set(name, { name, x: 0, y: 0, count: 0 }).get(name);
      sum.x += this.x[loads.node[load]];
      sum.y += this.y[loads.node[load]];
      sum.count += 1;
    });
    const areas = [...found.values()].map(({ name, x, y, count }) => ({ name, x: x / count, y: y / count, count }));
    return areas.sort((one, other) => other.count - one.count);
  }
}
