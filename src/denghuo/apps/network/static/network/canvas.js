// The network on a canvas: what is supplied glows, what is not is dark and stays countable. Only what is in sight is
// drawn, and only what is large enough to be told apart; `spacing` (how far apart neighbors lie) says what that is.

import { Labels } from "./labels.js";
import { Scene } from "./scene.js";
import { drawRings, drawSwitch, glowStamp } from "./symbols.js";

const COLOR = {
  lit: ["#b07a35", "#f0a83e", "#ffe0a6"], dark: "#8496a9", lamp: "#ffe3ad", closed: "#ff5a66", open: "#3fce86",
  name: "#e8edf2", line: "#ffd58a", area: "#9db0c4", selected: "#ffffff", moved: "#ffd58a",
};
const WIDTH = [1, 1.5, 2.4]; // low voltage, medium, above
const PILL = { ground: "rgba(12, 17, 23, .9)", edge: "#8fa3b8" };
// From how many pixels between neighbors on a thing is shown.
const FROM = { devices: 7, services: 12, transformers: 40, fuses: 90, deviceNames: 36, lampNames: 74 };
const LIT = 1, DARK = 2, OPEN = 3, FUSE = 4, FADE_MS = 600, FLY_MS = 350;
const SLOW_MS = 26, SETTLED_MS = 150; // a machine that draws slower than this leaves the glow out while it moves

const still = matchMedia("(prefers-reduced-motion: reduce)"), phone = matchMedia("(max-width: 991.98px)");

export class NetworkCanvas {
  constructor(canvas, model, words) {
    this.canvas = canvas;
    this.ctx = canvas.getContext("2d");
    this.words = words;
    this.model = model;
    this.scene = new Scene(model);
    this.labels = new Labels(this.ctx, getComputedStyle(canvas).fontFamily);
    this.glows = new Map(); // by their size in pixels: stamping without scaling is twice as quick
    this.scale = 1;
    this.left = this.top = 0;
    this.selected = this.hovered = null;
    this.deadSection = new Uint8Array(Math.max(0, ...model.nodes.section) + 1);
    this.before = this.deadSection;
    this.branchState = new Uint8Array(model.branches.from.length).fill(LIT);
    this.open = new Set();
    this.touched = new Set();
    this.islands = [];
    this.changedAt = this.movedAt = this.paintedAt = -Infinity;
    this.pace = 16;
    this.heads = new Set(model.feeders.branch);
    this.obstacles = [];
    new ResizeObserver(() => this.#resize()).observe(canvas);
    this.#resize();
    this.fit();
  }

  // State from the server: positions of open switches and dead sections; `touched` are moved only in thought.
  show({ open, dead, islands, touched }) {
    this.before = this.deadSection;
    this.deadSection = new Uint8Array(this.before.length);
    for (const section of dead) this.deadSection[section] = 1;
    this.open = new Set(open);
    this.touched = touched;
    this.branchState = this.branchState.map((_, branch) => this.#stateOf(branch));
    this.islands = this.#darkParts(dead, islands);
    if (this.shownOnce && !still.matches && this.before.some((was, section) => was !== this.deadSection[section])) {
      this.changedAt = performance.now();
    }
    this.shownOnce = true;
    this.draw();
  }

  fit() {
    const { width } = this.scene, { height } = this.model, middle = this.height / 2;
    const above = Math.max(20, ...this.obstacles.filter((box) => box.top < middle).map((box) => box.top + box.height + 12));
    const below = Math.max(20, ...this.obstacles.filter((box) => box.top > middle && box.left < this.width / 2).map((box) => this.height - box.top + 12));
    const high = Math.max(this.height - above - below, 80), wide = Math.max(this.width - Math.min(150, this.width * 0.16), 80);
    this.smallest = Math.min(wide / Math.max(width, 1), high / Math.max(height, 1)) || 1;
    this.#look(width / 2, height / 2 + (below - above) / 2 / this.smallest, this.smallest);
  }

  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const scale = Math.min(Math.max(this.scale * factor, this.smallest * 0.5), 400 / this.model.spacing);
    this.left += x / this.scale - x / scale;
    this.top += y / this.scale - y / scale;
    this.scale = scale;
    this.#move();
  }

  pan(dx, dy) {
    this.left -= dx / this.scale;
    this.top -= dy / this.scale;
    this.#move();
  }

  #move() {
    this.movedAt = performance.now();
    this.draw();
  }

  // Bring one thing into the middle, close enough to read its name.
  focus(thing) {
    this.selected = thing;
    const isSmall = thing.kind === "load" || (thing.kind === "switch" && this.model.switches.kind[thing.position] === FUSE);
    this.glance(this.placeOf(thing), isSmall ? FROM.fuses * 1.1 : FROM.deviceNames * 1.3);
  }

  // Fly to a place, so that neighbors lie at least `near` pixels apart.
  glance(place, near = FROM.services) {
    const target = Math.max(this.scale, near / this.model.spacing), { x } = place;
    const y = place.y + (phone.matches ? (this.height * 0.22) / target : 0); // below lies what is told about it
    if (still.matches) return this.#look(x, y, target);
    const start = performance.now(), from = { x: this.left + this.width / 2 / this.scale, y: this.top + this.height / 2 / this.scale, scale: this.scale };
    const flight = (this.flight = (now) => {
      if (this.flight !== flight) return;
      const t = Math.min(1, Math.max(0, now - start) / FLY_MS), eased = 1 - (1 - t) ** 3;
      this.#look(from.x + (x - from.x) * eased, from.y + (y - from.y) * eased, from.scale * (target / from.scale) ** eased);
      if (t < 1) requestAnimationFrame(flight);
    });
    return requestAnimationFrame(flight);
  }

  land() {
    this.flight = null;
  }

  select(thing) {
    this.selected = thing;
    this.draw();
  }

  // The device in sight that comes after the picked one, from left to right; -1 goes back.
  neighbor(step) {
    const { scene } = this, seen = [...scene.switchPlace.keys()].filter((position) => {
      const x = this.#sx(scene.switchPlace[position].x), y = this.#sy(scene.switchPlace[position].y);
      return x >= 0 && y >= 0 && x <= this.width && y <= this.height && this.#shows(position);
    }).sort((one, other) => scene.switchPlace[one].x - scene.switchPlace[other].x || one - other);
    if (!seen.length) return null;
    const at = this.selected?.kind === "switch" ? seen.indexOf(this.selected.position) : -1;
    return { kind: "switch", position: seen[(at + step + seen.length + (at < 0 && step < 0 ? 1 : 0)) % seen.length] };
  }

  hover(thing) {
    if (thing?.kind === this.hovered?.kind && thing?.position === this.hovered?.position) return;
    this.hovered = thing;
    this.draw();
  }

  // Rectangles that labels keep out of: what the page lays over the drawing.
  keepClear(boxes) {
    this.obstacles = boxes;
    this.draw();
  }

  // The nearest thing under the pointer: a device first, then a lamp, then a line.
  at(x, y, reach = 14) {
    const { model, scene } = this;
    let best = null, nearest = reach;
    const offer = (distance, kind, position) => {
      if (distance >= nearest) return;
      nearest = distance;
      best = { kind, position };
    };
    scene.switchPlace.forEach((place, position) => {
      if (this.#shows(position)) offer(Math.hypot(this.#sx(place.x) - x, this.#sy(place.y) - y) - 4, "switch", position);
    });
    model.loads.node.forEach((node, position) => {
      offer(Math.hypot(this.#sx(scene.x[node]) - x, this.#sy(scene.y[node]) - y) - 2, "load", position);
    });
    if (best) return best;
    for (let branch = 0; branch < scene.from.length; branch += 1) {
      if (model.branches.switch[branch] < 0 && this.#inSight(branch)) offer(this.#distanceTo(branch, x, y), "branch", branch);
    }
    return best;
  }

  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame((now) => {
      this.waiting = false;
      const since = now - this.paintedAt;
      if (since < 100) this.pace += (since - this.pace) * 0.2;
      if (this.pace > SLOW_MS) this.isSlow = true;
      this.paintedAt = now;
      this.hurried = this.isSlow && now - this.movedAt < SETTLED_MS;
      this.#paint(now);
      if (this.hurried) setTimeout(() => this.draw(), SETTLED_MS);
      if (now < this.changedAt + FADE_MS) this.draw();
    });
  }

  isDeadNode(node) {
    return this.deadSection[this.scene.sectionOfNode[node]] === 1;
  }

  placeOf({ kind, position }) {
    const { model, scene } = this;
    if (kind === "load") return { x: scene.x[model.loads.node[position]], y: scene.y[model.loads.node[position]] };
    return kind === "switch" ? scene.switchPlace[position] : scene.place[position];
  }

  #look(x, y, scale) {
    this.scale = scale;
    this.left = x - this.width / scale / 2;
    this.top = y - this.height / scale / 2;
    this.draw();
  }

  #resize() {
    const untouched = this.smallest === undefined || this.scale === this.smallest;
    this.ratio = Math.min(window.devicePixelRatio || 1, 2);
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.canvas.width = Math.round(this.width * this.ratio);
    this.canvas.height = Math.round(this.height * this.ratio);
    if (untouched) this.fit();
    else this.draw();
  }

  // What was picked stays in sight: no name lies over it.
  #around(thing) {
    const { x, y } = this.placeOf(thing);
    return { left: this.#sx(x) - 18, top: this.#sy(y) - 18, width: 36, height: 36 };
  }

  #sx(x) {
    return (x - this.left) * this.scale;
  }

  #sy(y) {
    return (y - this.top) * this.scale;
  }

  #stateOf(branch) {
    const position = this.model.branches.switch[branch];
    if (position >= 0 && this.open.has(position)) return OPEN;
    return this.isDeadNode(this.scene.from[branch]) && this.isDeadNode(this.scene.to[branch]) ? DARK : LIT;
  }

  // Each part without supply, with its customers, to be named where most of it lies.
  #darkParts(dead, islands) {
    const { loads } = this.model, part = new Map(dead.map((section, at) => [section, islands[at]])), found = new Map();
    loads.node.forEach((node, load) => {
      const island = part.get(this.scene.sectionOfNode[node]);
      if (island === undefined) return;
      const sum = found.get(island) ?? found.set(island, { customers: 0, loads: 0, x: 0, y: 0, top: Infinity }).get(island);
      sum.customers += loads.lv_customers[load];
      sum.loads += 1;
      sum.x += this.scene.x[node];
      sum.y += this.scene.y[node];
      sum.top = Math.min(sum.top, this.scene.y[node]);
    });
    const parts = [...found.values()].map((sum) => ({ ...sum, x: sum.x / sum.loads, y: sum.y / sum.loads }));
    return parts.sort((one, other) => other.customers - one.customers);
  }

  // The dark part whose name stands at a spot of the canvas.
  partAt(x, y) {
    const holds = (box) => box && x >= box.left && y >= box.top && x <= box.left + box.width && y <= box.top + box.height;
    return this.islands.find((part) => holds(part.box));
  }

  #shows(position) {
    const isPicked = this.selected?.kind === "switch" && this.selected.position === position;
    if (isPicked || this.touched.has(position) || this.#isUnusual(position)) return true;
    if (!this.model.switches.closed[position] || this.heads.has(this.model.switches.branch[position])) return true;
    return this.near >= (this.model.switches.kind[position] === FUSE ? FROM.fuses : FROM.devices);
  }

  #isUnusual(position) {
    return this.open.has(position) === Boolean(this.model.switches.closed[position]);
  }

  #inSight(branch) {
    const { x, y, from, to } = this.scene, a = from[branch], b = to[branch], { left, top } = this;
    const right = left + this.width / this.scale, bottom = top + this.height / this.scale;
    if (this.scene.bend) return !((y[a] < top && y[b] < top) || (y[a] > bottom && y[b] > bottom)); // may go around
    return !((x[a] < left && x[b] < left) || (x[a] > right && x[b] > right) || (y[a] < top && y[b] < top) || (y[a] > bottom && y[b] > bottom));
  }

  #distanceTo(branch, x, y) {
    const points = this.scene.points(branch);
    let nearest = Infinity;
    for (let at = 0; at < points.length - 2; at += 2) {
      const [ax, ay, bx, by] = [this.#sx(points[at]), this.#sy(points[at + 1]), this.#sx(points[at + 2]), this.#sy(points[at + 3])];
      nearest = Math.min(nearest, distanceToSegment(x, y, ax, ay, bx, by));
    }
    return nearest;
  }

  get near() {
    return this.model.spacing * this.scale;
  }

  #paint(now) {
    const { ctx } = this;
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ctx.clearRect(0, 0, this.width, this.height);
    this.labels.begin(this.width, this.height, this.selected ? [...this.obstacles, this.#around(this.selected)] : this.obstacles);
    this.#paintLines();
    this.#paintLamps(now);
    if (this.near >= FROM.transformers) this.#paintTransformers();
    this.#paintSwitches();
    this.#paintSelection();
    this.#paintNames();
  }

  #paintLines() {
    const { ctx, scene, branchState } = this, lowest = this.near >= FROM.services ? 0 : 1;
    const lit = [new Path2D(), new Path2D(), new Path2D()], dark = [new Path2D(), new Path2D(), new Path2D()];
    for (let branch = 0; branch < branchState.length; branch += 1) {
      const level = scene.level[branch], state = branchState[branch];
      if (level < lowest || !this.#inSight(branch)) continue;
      if (state === OPEN) this.#traceOpen(branch, lit[level], dark[level]);
      else this.#trace((state === DARK ? dark : lit)[level], branch);
    }
    ctx.lineJoin = "round";
    ctx.lineCap = this.near < FROM.services ? "butt" : "round"; // nobody sees caps from afar
    const stroke = (path, color, width, dash = []) => {
      ctx.strokeStyle = color;
      ctx.lineWidth = width;
      ctx.setLineDash(dash);
      ctx.stroke(path);
    };
    for (let level = lowest; level < 3; level += 1) {
      stroke(dark[level], COLOR.dark, WIDTH[level], [4, 4]);
      stroke(lit[level], COLOR.lit[level], WIDTH[level]);
    }
    ctx.setLineDash([]);
  }

  #trace(path, branch) {
    const { x, y, from, to, bend } = this.scene, a = from[branch], b = to[branch];
    path.moveTo(this.#sx(x[a]), this.#sy(y[a]));
    if (bend) {
      path.lineTo(this.#sx(bend[branch]), this.#sy(y[a]));
      path.lineTo(this.#sx(bend[branch]), this.#sy(y[b]));
    }
    path.lineTo(this.#sx(x[b]), this.#sy(y[b]));
  }

  // An open device that has a length: its two ends reach up to the symbol, each as its own side is.
  #traceOpen(branch, lit, dark) {
    const { scene } = this, { x, y, angle } = scene.place[branch], size = this.#symbolSize() * 0.9;
    if (!scene.hasLength(branch)) return;
    for (const [node, side] of [[scene.from[branch], -1], [scene.to[branch], 1]]) {
      const path = this.isDeadNode(node) ? dark : lit;
      path.moveTo(this.#sx(scene.x[node]), this.#sy(scene.y[node]));
      if (scene.bend && angle) path.lineTo(this.#sx(x), this.#sy(scene.y[node]));
      else if (scene.bend) path.lineTo(this.#sx(scene.bend[branch]), this.#sy(scene.y[node]));
      if (scene.bend && !angle) path.lineTo(this.#sx(scene.bend[branch]), this.#sy(y));
      const toward = scene.bend ? Math.sign(angle ? scene.y[node] - y : scene.x[node] - x) || side : side;
      path.lineTo(this.#sx(x) + toward * size * Math.cos(angle), this.#sy(y) + toward * size * Math.sin(angle));
    }
  }

  #paintLamps(now) {
    const { ctx, scene, near, ratio } = this, { node: nodes } = this.model.loads, dark = new Path2D(), lit = new Path2D();
    const reach = Math.min(20, Math.max(5, near * 0.62)), core = Math.min(4.5, Math.max(0.8, near * 0.1));
    const strength = Math.min(1, Math.max(0.14, near / 11)); // from far away many lamps shine into one another
    const faded = Math.min(1, Math.max(0, now - this.changedAt) / FADE_MS);
    ctx.globalCompositeOperation = "lighter";
    for (let load = 0; load < nodes.length; load += 1) {
      const node = nodes[load], x = this.#sx(scene.x[node]), y = this.#sy(scene.y[node]);
      if (x < -24 || y < -24 || x > this.width + 24 || y > this.height + 24) continue;
      const section = scene.sectionOfNode[node], isDead = this.deadSection[section], share = faded < 1 && this.before[section] !== isDead ? faded : 1;
      const alpha = isDead ? 1 - share : share;
      if (alpha > 0 && !this.hurried) {
        const glow = this.#glow(2 * reach * scene.brightness[load]), size = glow.width / ratio;
        ctx.globalAlpha = alpha * strength;
        ctx.drawImage(glow, Math.round((x - size / 2) * ratio) / ratio, Math.round((y - size / 2) * ratio) / ratio, size, size);
      }
      const path = isDead ? dark : lit, round = isDead ? Math.max(core, 1.8) : core;
      path.moveTo(x + round, y);
      path.arc(x, y, round, 0, 2 * Math.PI);
    }
    ctx.globalAlpha = 1;
    ctx.globalCompositeOperation = "source-over";
    ctx.fillStyle = COLOR.lamp;
    ctx.fill(lit);
    ctx.fillStyle = "#141c27"; // a dark lamp is a ring, so that it can be told without its color
    ctx.fill(dark);
    ctx.strokeStyle = COLOR.dark;
    ctx.lineWidth = 1.25;
    ctx.stroke(dark);
  }

  #glow(size) {
    const pixels = Math.round(size * this.ratio / 2) * 2;
    if (!this.glows.has(pixels)) this.glows.set(pixels, glowStamp(pixels, "rgba(255, 232, 186, .95)", "rgba(246, 178, 74, .42)"));
    return this.glows.get(pixels);
  }

  #paintTransformers() {
    const { scene } = this, radius = Math.min(8, this.near * 0.065);
    for (const branch of scene.rings) {
      if (!this.#inSight(branch)) continue;
      const { x, y, angle } = scene.place[branch], state = this.branchState[branch];
      const color = state === DARK ? COLOR.dark : COLOR.lit[1];
      drawRings(this.ctx, { x: this.#sx(x), y: this.#sy(y), angle, radius, color, width: 1.25 });
    }
  }

  #symbolSize() {
    return Math.min(11, Math.max(4, this.near * 0.5));
  }

  #paintSwitches() {
    const { model, scene } = this, size = this.#symbolSize();
    scene.switchPlace.forEach(({ x, y, angle }, position) => {
      const sx = this.#sx(x), sy = this.#sy(y);
      if (sx < -20 || sy < -20 || sx > this.width + 20 || sy > this.height + 20 || !this.#shows(position)) return;
      const closed = !this.open.has(position), kind = model.switches.kind[position];
      const own = kind === FUSE ? Math.max(6, Math.min(9, this.near * 0.09)) : this.#isUnusual(position) || !model.switches.closed[position] ? Math.max(size, 7) : size;
      drawSwitch(this.ctx, { x: sx, y: sy, angle, kind, closed, size: own, color: closed ? COLOR.closed : COLOR.open });
      if (this.touched.has(position)) this.#ring(sx, sy, own + 5, COLOR.moved, [3, 3]);
      else if (this.#isUnusual(position)) this.#ring(sx, sy, own + 4, COLOR.moved);
    });
    model.sources.node.forEach((node) => {
      drawRings(this.ctx, { x: this.#sx(scene.x[node]), y: this.#sy(scene.y[node]), angle: 0, radius: 8, color: COLOR.lit[2], width: 2.2 });
    });
  }

  #paintSelection() {
    for (const [thing, color] of [[this.hovered, COLOR.area], [this.selected, COLOR.selected]]) {
      if (!thing) continue;
      const { x, y } = this.placeOf(thing);
      this.#ring(this.#sx(x), this.#sy(y), 17, color);
    }
  }

  #ring(x, y, radius, color, dash = []) {
    const { ctx } = this;
    ctx.setLineDash(dash);
    ctx.strokeStyle = color;
    ctx.lineWidth = 1.75;
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
    ctx.stroke();
    ctx.setLineDash([]);
  }

  // Most important first: what was picked, what is dark, where power comes from, the lines, what stands unusually.
  #paintNames() {
    const { model, scene, near, labels } = this, named = new Set();
    const name = (thing, text, how) => {
      const key = `${thing.kind}/${thing.position}`, { x, y } = this.placeOf(thing);
      if (!named.has(key) && labels.write(text, this.#sx(x), this.#sy(y), how)) named.add(key);
    };
    const devices = (positions, how) => {
      for (const position of positions) name({ kind: "switch", position }, this.nameOf({ kind: "switch", position }), how);
    };
    for (const thing of [this.selected, this.hovered]) {
      if (thing) name(thing, this.nameOf(thing), { color: COLOR.selected, weight: 600, gap: 20, fixed: thing === this.selected });
    }
    for (const part of this.islands) {
      part.box = labels.write(this.words.dark(part.customers), this.#sx(part.x), this.#sy(part.top), { color: COLOR.name, weight: 600, gap: 12, pill: PILL });
    }
    model.sources.node.forEach((node, source) => {
      labels.write(model.sources.name[source], this.#sx(scene.x[node]), this.#sy(scene.y[node]), { color: COLOR.lit[2], weight: 600, gap: 16 });
    });
    const positions = [...scene.switchPlace.keys()];
    devices(this.touched, { color: COLOR.moved, gap: 14 });
    if (near >= FROM.devices) devices(positions.filter((position) => this.#isUnusual(position)), { color: COLOR.moved, gap: 14 });
    model.feeders.branch.forEach((branch, feeder) => {
      const { x, y } = scene.place[branch];
      labels.write(model.feeders.name[feeder], this.#sx(x), this.#sy(y), { color: COLOR.line, gap: 9 });
    });
    if (near >= FROM.deviceNames) devices(positions.filter((position) => model.switches.kind[position] !== FUSE), { color: COLOR.name, gap: 12 });
    if (near >= FROM.lampNames) this.#nameLamps(name);
    else for (const area of scene.areas) labels.write(area.name, this.#sx(area.x), this.#sy(area.y), { color: COLOR.area, center: true });
  }

  #nameLamps(name) {
    this.model.loads.lv_customers.forEach((customers, position) => {
      const thing = { kind: "load", position };
      name(thing, this.words.lamp(this.nameOf(thing), customers), { color: COLOR.area, gap: 9 });
    });
  }

  nameOf({ kind, position }) {
    const { loads, branches, switches } = this.model;
    if (kind === "load") return loads.name[position] || loads.code[position];
    const branch = kind === "switch" ? switches.branch[position] : position;
    return branches.name[branch] || branches.code[branch];
  }
}

function distanceToSegment(x, y, ax, ay, bx, by) {
  const length = (bx - ax) ** 2 + (by - ay) ** 2;
  const along = length ? Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length)) : 0;
  return Math.hypot(ax + along * (bx - ax) - x, ay + along * (by - ay) - y);
}
