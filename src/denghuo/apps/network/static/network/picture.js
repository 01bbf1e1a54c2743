// The drawing's page: pick things, ask "what if?", and watch the live state. What-if moves switches only here.

import { NetworkCanvas } from "./canvas.js";
import { listenToButtons, listenToKeys, listenToPointer } from "./gestures.js";
import { suggest } from "./search.js";

const REFRESH_MS = 15000, TICK_MS = 1000;
const page = document.getElementById("picture");
const words = JSON.parse(document.getElementById("words").textContent);
const canvas = document.getElementById("drawing"), keyList = page.querySelector(".nw-keys");
const { lang } = document.documentElement, plain = { maximumFractionDigits: 1 };
const number = new Intl.NumberFormat(lang, plain), exact = new Intl.NumberFormat(lang, { ...plain, minimumFractionDigits: 1 });
const slot = Object.fromEntries([...page.querySelectorAll("[data-slot]")].map((one) => [one.dataset.slot, one]));
const say = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => (typeof values[key] === "number" ? number.format(values[key]) : values[key]));

let view, model, live, shown, sinceMs, asked = 0, darkPart = -1;
const toggled = new Map(); // code -> position, in the order they were moved

async function fetchJson(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${response.status}`);
  return response.json();
}

async function refresh({ force = false } = {}) {
  const mine = ++asked, url = new URL(page.dataset.state, location.href);
  if (toggled.size) url.searchParams.set("toggle", [...toggled.keys()].join(","));
  const state = await fetchJson(url);
  if (mine !== asked) return undefined; // something else was asked meanwhile
  if (state.revision !== model.revision) return location.reload(); // another network was imported meanwhile
  slot.stale.hidden = true;
  if (!toggled.size) live = state;
  if (!force && shown && state.last_operation_id === shown.last_operation_id && !toggled.size) return undefined;
  shown = state;
  view.show({ open: state.open_switches, dead: state.dead_sections, islands: state.islands, touched: new Set(toggled.values()) });
  showTotals();
  showSelection();
  page.dataset.shown = [...toggled.keys()].join(",");
  return undefined;
}

const refreshOrTell = (options) => refresh(options).catch(() => { slot.stale.hidden = false; });

function showTotals() {
  slot.lv.textContent = number.format(shown.dead.lv_customers);
  slot.mv.textContent = number.format(shown.dead.mv_users);
  slot.loads.textContent = number.format(shown.dead.loads);
  slot.share.textContent = say(words.share, { n: (100 * shown.dead.lv_customers) / Math.max(shown.served.lv_customers, 1) });
  slot.feeders.replaceChildren(...shown.by_feeder.map((row) => feederRow(row)));
  slot.basis.hidden = slot.basisHours.hidden = !toggled.size;
  if (toggled.size) slot.basis.textContent = basis(words.customers, live.dead.lv_customers, shown.dead.lv_customers - live.dead.lv_customers, number);
  slot.table.hidden = !shown.by_feeder.length;
  slot.nobody.hidden = shown.dead.loads > 0;
  slot.whatif.hidden = !toggled.size;
  slot.moved.replaceChildren(...[...toggled].map(([code, position]) => movedRow(code, position)));
  slot.effects.replaceChildren(...effects().map(([icon, text, tone]) => effectRow(icon, text, tone)));
  page.classList.toggle("is-whatif", toggled.size > 0);
  tick();
}

function effects() {
  const { lost, restored, loops } = shown, found = [];
  if (lost?.loads) found.push(["bulb-off", say(words.lost, { n: lost.lv_customers, t: lost.loads }), "dark"]);
  if (restored?.loads) found.push(["bulb", say(words.restored, { n: restored.lv_customers, t: restored.loads }), "lit"]);
  for (const loop of loops) {
    const names = loop.switches.map((one) => one.name || one.code).join(" – ");
    found.push(["alert-triangle", `${loop.joins_sources ? words.joins : words.loop} ${names}`, "warning"]);
  }
  if (lost && !found.length) found.push(["equal", words.nothing, "quiet"]);
  return found;
}

function effectRow(icon, text, tone) {
  const item = document.createElement("li"), sign = document.createElement("i"), said = document.createElement("span");
  item.className = `nw-effect nw-effect--${tone}`;
  sign.className = `ti ti-${icon}`;
  sign.setAttribute("aria-hidden", "true");
  said.textContent = text;
  item.append(sign, said);
  return item;
}

// A line with its dead part; its name leads there.
function feederRow({ feeder, first_load: first, loads, lv_customers: customers }) {
  const row = document.createElement("tr"), name = document.createElement("button");
  name.type = "button";
  name.className = "nw-lead";
  name.textContent = feeder || words.noLine;
  name.addEventListener("click", () => view.glance(view.placeOf(find(first))));
  row.insertCell().append(name);
  for (const count of [loads, customers]) {
    const cell = row.insertCell();
    cell.className = "dh-num";
    cell.textContent = number.format(count);
  }
  return row;
}

// What stands now and what a thought adds to it or takes from it, so that nobody takes one for the other.
function basis(label, now, more, how) {
  return `${label} ${say(more < 0 ? words.basisLess : words.basis, { n: how.format(now), m: how.format(Math.abs(more)) })}`;
}

function movedRow(code, position) {
  const item = document.createElement("li"), name = document.createElement("span"), undo = document.createElement("button");
  const isOpen = shown.open_switches.includes(position), state = document.createElement("span");
  name.textContent = view.nameOf({ kind: "switch", position });
  state.className = `dh-switch dh-switch--${isOpen ? "open" : "closed"}`;
  state.textContent = isOpen ? words.open : words.closed;
  undo.type = "button";
  undo.className = "dh-btn dh-btn--quiet";
  undo.textContent = words.undo;
  undo.addEventListener("click", () => toggle(code, position));
  item.append(name, state, undo);
  return item;
}

// Customer-hours run: those of the outages that last, by the clock, and what a what-if changes, from its asking on.
function tick() {
  if (!shown) return;
  const { lasting } = shown, more = shown.lost ? shown.lost.lv_customers - shown.restored.lv_customers : 0;
  const told = lasting.lv_customer_hours + (lasting.lv_customers * (Date.now() - Date.parse(lasting.at))) / 3.6e6;
  const thought = toggled.size ? (more * (Date.now() - sinceMs)) / 3.6e6 : 0;
  slot.hours.textContent = exact.format(told + thought);
  slot.rate.textContent = say(words.rate, { n: lasting.lv_customers + more });
  if (toggled.size) slot.basisHours.textContent = basis(words.hours, told, thought, exact);
}

function toggle(code, position) {
  if (!toggled.size) sinceMs = Date.now();
  if (!toggled.delete(code)) toggled.set(code, position);
  return refreshOrTell({ force: true });
}

function backToLive() {
  toggled.clear();
  return refreshOrTell({ force: true });
}

function describe({ kind, position }) {
  const { loads, branches, switches } = model;
  if (kind === "load") {
    const kva = loads.kva[position];
    const facts = [[words.code, loads.code[position]], [words.village, loads.area[position] || "–"], [words.customers, number.format(loads.lv_customers[position])],
      [words.mvUsers, number.format(loads.mv_users[position])], [words.kva, kva === null ? "–" : number.format(kva)]];
    return { code: loads.code[position], nodes: [loads.node[position]], facts };
  }
  const branch = kind === "switch" ? switches.branch[position] : position, feeder = branches.feeder[branch];
  const facts = [[words.code, branches.code[branch]], [words.line, feeder < 0 ? words.noLine : model.feeders.name[feeder]]];
  if (kind === "switch") {
    facts.push([words.kind, words.switchKinds[switches.kind[position]]]);
    facts.push([words.operated, switches.remote[position] ? words.remote : words.manual]);
    facts.push([words.normally, switches.closed[position] ? words.closed : words.open]);
  }
  return { code: branches.code[branch], nodes: [branches.from[branch], branches.to[branch]], facts };
}

function showSelection() {
  const thing = view.selected;
  slot.pick.hidden = !thing;
  slot.hint.hidden = Boolean(thing);
  if (!thing) return;
  const about = describe(thing), isSwitch = thing.kind === "switch", isOpen = isSwitch && view.open.has(thing.position);
  const deadEnds = about.nodes.filter((node) => view.isDeadNode(node)).length, isDead = deadEnds === about.nodes.length;
  slot.title.textContent = view.nameOf(thing);
  slot.supply.textContent = isDead ? words.dead : deadEnds ? words.half : words.lit;
  slot.supply.className = `dh-state dh-state--${isDead ? "waiting" : deadEnds ? "warning" : "act"}`;
  slot.position.hidden = !isSwitch;
  slot.position.textContent = isOpen ? words.open : words.closed;
  slot.position.className = `dh-switch dh-switch--${isOpen ? "open" : "closed"}`;
  slot.facts.replaceChildren(...about.facts.flatMap(([label, value]) => {
    const dt = document.createElement("dt"), dd = document.createElement("dd");
    dt.textContent = label;
    dd.textContent = value;
    return [dt, dd];
  }));
  slot.toggle.hidden = !isSwitch;
  slot.toggle.textContent = isOpen ? words.ifClosed : words.ifOpened;
  slot.device.hidden = !isSwitch;
  slot.device.href = page.dataset.device.replace("CODE", encodeURIComponent(about.code));
  slot.isolate.href = `${page.dataset.isolation}?element=${encodeURIComponent(about.code)}`;
}

function pick(thing) {
  view.select(thing);
  showSelection();
}

function find(code) {
  const load = model.loads.code.indexOf(code), branch = model.branches.code.indexOf(code);
  if (branch >= 0) {
    const position = model.branches.switch[branch];
    return position >= 0 ? { kind: "switch", position } : { kind: "branch", position: branch };
  }
  return load >= 0 ? { kind: "load", position: load } : null;
}

function go(code) {
  const thing = code && find(code);
  if (!thing) return false;
  view.focus(thing);
  showSelection();
  return true;
}

function nextDark() {
  if (!view.islands.length) return;
  darkPart = (darkPart + 1) % view.islands.length;
  view.glance(view.islands[darkPart]);
}

function listen() {
  const search = suggest(slot.search, go);
  const lookFor = async (text) => {
    const code = find(text) ? text : text && (await search.first());
    slot.notfound.hidden = !text || Boolean(code && find(code));
    if (!slot.notfound.hidden || !text) return;
    go(code);
    canvas.focus();
  };
  slot.search.closest("form").addEventListener("submit", (event) => {
    event.preventDefault();
    lookFor(slot.search.value.trim());
  });
  slot.search.addEventListener("input", () => { slot.notfound.hidden = true; });
  slot.search.addEventListener("keydown", (event) => event.key === "Escape" && canvas.focus());
  const whatIf = () => slot.pick.hidden || slot.toggle.hidden || slot.toggle.click();
  listenToPointer(canvas, view, pick);
  listenToKeys(canvas, view, { pick, whatIf, nextDark, back: backToLive, find: () => slot.search.focus(), help: () => keyList.toggleAttribute("open") });
  listenToButtons(page, view);
  slot.reset.addEventListener("click", backToLive);
  slot.close.addEventListener("click", () => pick(null));
  slot.toggle.addEventListener("click", () => {
    const { position } = view.selected;
    toggle(model.branches.code[model.switches.branch[position]], position);
  });
  new ResizeObserver(keepClear).observe(canvas);
}

// Names on the drawing keep out of what lies over it.
function keepClear() {
  const stage = canvas.getBoundingClientRect();
  view.keepClear([...page.querySelectorAll("[data-over]")].map((one) => {
    const box = one.getBoundingClientRect();
    return { left: box.left - stage.left, top: box.top - stage.top, width: box.width, height: box.height };
  }));
}

async function start() {
  model = await fetchJson(page.dataset.drawing);
  view = new NetworkCanvas(canvas, model, {
    dark: (n) => say(words.darkPart, { n }), lamp: (name, n) => say(words.lamp, { name, n }),
  });
  listen();
  keepClear();
  view.fit();
  await refresh({ force: true });
  const wanted = new URLSearchParams(location.search), code = wanted.get("toggle");
  if (wanted.get("focus") && !go(wanted.get("focus"))) {
    slot.search.value = wanted.get("focus"); // a link to what is no longer there: say so, and let it be looked for
    slot.notfound.hidden = false;
  }
  if (code && find(code)?.kind === "switch") {
    go(code);
    await toggle(code, find(code).position);
  }
  page.dataset.ready = "yes";
  setInterval(tick, TICK_MS);
  setInterval(() => document.hidden || refreshOrTell(), REFRESH_MS);
}

start().catch((error) => {
  slot.broken.hidden = false;
  throw error; // for whoever opens the console
});
