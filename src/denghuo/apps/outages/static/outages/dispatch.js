// The dispatcher's page follows what happens and keeps what people are at: what is chosen, focused, scrolled and typed
// stays. Where something would change under somebody's hands, an update waits instead.

import { listenToDrag } from "./dispatch_drag.js";
import { Drawing } from "./dispatch_drawing.js";
import { listenToKeys } from "./dispatch_keys.js";

const EVERY_MS = 5_000, TICK_MS = 15_000, STILL_MS = 3_000, SAID_MS = 12_000;
const PARTS = ["dp-strip", "dp-queue", "dp-below", "dp-crews", "dp-detail"];
const page = document.getElementById("dp"), words = JSON.parse(document.getElementById("dp-words").textContent);
const lost = document.querySelector("[data-dh-lost]"), waits = page.querySelector("[data-dp-waits]");
const { lang } = document.documentElement;
const say = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
const part = (id) => document.getElementById(id);
const last = new Map(); // id -> as the server wrote it, clocks left out
const chosen = []; // orders to be merged
let { seen } = page.dataset, seenAt = new Date(), asked = 0, waiting = null, dragging = false, movedAt = 0, saidFor = 0;

// What a part says, without what changes by itself: the time that is left, and the token of a form.
function essence(element) {
  const copy = element.cloneNode(true);
  for (const one of copy.querySelectorAll("[data-due]")) {
    one.textContent = "";
    one.className = "";
  }
  for (const one of copy.querySelectorAll("[name=csrfmiddlewaretoken]")) one.setAttribute("value", "");
  return copy.outerHTML;
}

const isDirty = (field) => {
  if (field.type === "hidden" || field.closest("form")?.hidden) return false;
  if (field.matches("select")) return [...field.options].some((one) => one.selected !== one.defaultSelected) && field.selectedIndex > 0;
  return field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
};

const isTyped = (element) => [...element.querySelectorAll("input, select, textarea")].some(isDirty);

const NONE = { contains: () => true };

// What is typed in a part, but for the form that is done with. Where one form was sent, the others keep what is in them.
const typedIn = (element, done) =>
  [...element.querySelectorAll("input[id], select[id], textarea[id]")]
    .filter((field) => isDirty(field) && !done.contains(field))
    .map(({ id, value, checked, selectionStart, selectionEnd }) => ({ id, value, checked, selectionStart, selectionEnd }));

function typeAgain(kept) {
  for (const { id, value, checked, selectionStart, selectionEnd } of kept) {
    const field = part(id);
    if (!field || (field.value === value && field.checked === checked)) continue;
    if (field.type === "checkbox" || field.type === "radio") field.checked = checked;
    else field.value = value;
    if (typeof selectionStart === "number") field.setSelectionRange(selectionStart, selectionEnd);
  }
}

function isSelecting(element) {
  const selection = getSelection();
  return !selection.isCollapsed && selection.containsNode(element, true);
}

// Whether somebody is at something in a part: then it waits.
function isHeld(element) {
  if (dragging || isSelecting(element)) return true;
  if (element.id === "dp-queue") return element.matches(":hover") && Date.now() - movedAt < STILL_MS;
  if (element.id !== "dp-detail") return false;
  return isTyped(element) || (element.contains(document.activeElement) && document.activeElement.matches("input, select, textarea"));
}

function put(element, fresh) {
  const held = document.activeElement?.id, top = element.querySelector(".dp-rows")?.scrollTop;
  last.set(element.id, essence(fresh));
  window.Idiomorph.morph(element, fresh, {
    callbacks: {
      beforeAttributeUpdated: (name, node) => !(name === "open" && node.matches("details")) && !(name === "checked" && node.matches(".dp-choose")),
    },
  });
  if (top !== undefined && element.querySelector(".dp-rows")) element.querySelector(".dp-rows").scrollTop = top;
  if (held && document.activeElement?.id !== held) part(held)?.focus({ preventScroll: true });
}

function show(html, { force = false, done = NONE } = {}) {
  const root = new DOMParser().parseFromString(html, "text/html").querySelector("[data-seen]");
  if (!root) throw new Error("not the page's parts");
  ({ seen } = root.dataset);
  page.dataset.seen = seen;
  for (const id of PARTS) {
    const element = part(id), fresh = root.querySelector(`#${id}`), other = element.dataset.about !== fresh.dataset.about;
    if (!force && last.get(id) === essence(fresh)) continue;
    const away = id === "dp-detail" && force && other;
    if (!force && isHeld(element)) {
      if (id === "dp-detail") waiting = fresh;
      else seen = ""; // look at it again soon
      continue;
    }
    const kept = typedIn(element, done);
    if (away) element.replaceWith(fresh);
    else put(element, fresh);
    typeAgain(kept);
    if (away) last.set(id, essence(fresh));
    if (id === "dp-detail") waiting = null;
  }
  waits.hidden = !waiting;
  const said = root.querySelector("#dp-said");
  if (said.textContent.trim()) tell(said.textContent.trim(), { failed: said.classList.contains("is-failed") });
  marked();
  tick();
  drawing.show(part("dp-below"));
}

// A line at the foot: what was done, or what is asked, with what can be done about it. Of what cannot be undone the
// last deed, which leaves all as it is, has the focus.
function tell(text, { failed = false, deeds = [], final = false } = {}) {
  const line = part("dp-said");
  line.className = `dp-said${failed ? " is-failed" : ""}`;
  line.replaceChildren(document.createElement("span"), ...deeds.map(([label, deed, primary]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `dh-btn${primary ? " dh-btn--primary" : ""}`;
    button.textContent = label;
    button.addEventListener("click", () => {
      line.replaceChildren();
      deed();
    });
    return button;
  }));
  line.firstChild.textContent = text;
  line.querySelector(final ? "button:last-of-type" : ".dh-btn--primary")?.focus();
  clearTimeout(saidFor);
  if (!failed && !deeds.length) saidFor = setTimeout(() => line.replaceChildren(), SAID_MS); // it lies over the crews
}

function address(more) {
  const url = new URL(location.href);
  url.hash = "";
  for (const [name, value] of Object.entries(more)) url.searchParams.set(name, value);
  return url;
}

async function look({ force = false, done = NONE } = {}) {
  if (!force && (document.hidden || dragging)) return;
  const mine = ++asked;
  try {
    const answer = await fetch(address({ part: "now", seen: force ? "" : seen }), { cache: "no-store" });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status)); // signed out counts as well
    if (mine === asked && answer.status !== 204) show(await answer.text(), { force, done });
    seenAt = new Date();
    lost.hidden = true;
  } catch {
    lost.textContent = lost.dataset.dhLost.replace("{time}", seenAt.toLocaleTimeString(lang, { hour: "2-digit", minute: "2-digit", hour12: false }));
    lost.hidden = false;
  }
}

const openAbout = () => new URL(location.href).searchParams.get("about") ?? "";

function marked() {
  const about = openAbout();
  page.classList.toggle("has-about", Boolean(about));
  for (const row of page.querySelectorAll(".dp-row")) {
    const choose = row.querySelector(".dp-choose");
    if (choose) choose.checked = chosen.includes(choose.value);
  }
  const there = new Set([...page.querySelectorAll(".dp-choose")].map((one) => one.value));
  for (let at = chosen.length - 1; at >= 0; at -= 1) if (!there.has(chosen[at])) chosen.splice(at, 1);
}

async function choose(about, { sure = false } = {}) {
  if (about === openAbout() && !part("dp-detail").querySelector(".dh-blank")) return;
  if (!sure && isTyped(part("dp-detail"))) {
    tell(words.leave, { deeds: [[words.open, () => choose(about, { sure: true }), true], [words.cancel, () => {}]] });
    return;
  }
  const url = address({ about });
  url.searchParams.delete("part");
  url.searchParams.delete("skill"); // chosen for the one before
  if (!about) url.searchParams.delete("about");
  history.pushState({}, "", url);
  for (const row of page.querySelectorAll(".dp-row")) row.classList.toggle("is-open", row.dataset.about === about);
  await look({ force: true });
}

async function post(form, submitter) {
  const data = new FormData(form);
  if (submitter?.name) data.append(submitter.name, submitter.value);
  const answer = await fetch(form.action, { method: "POST", body: data, headers: { "X-Dispatch": "1" } });
  if ((!answer.ok && answer.status !== 422) || answer.url.includes("/sign-in/")) throw new Error(String(answer.status));
  return answer.text();
}

async function send(form, submitter) {
  asked += 1; // what was asked before is older than what this answers
  try {
    show(await post(form, submitter), { force: true, done: form });
    const about = part("dp-detail").dataset.about || ""; // a confirmed fault goes on as its outage
    if (about && about !== openAbout()) history.replaceState({}, "", address({ about }));
    marked();
    part("dp-detail").querySelector(".is-wrong input, .is-wrong textarea")?.focus();
  } catch {
    tell(words.failed, { failed: true });
  }
}

async function takeBack(form, said = words.undone) {
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    if (!answer.ok) throw new Error(String(answer.status));
    tell(said);
  } catch {
    tell(words.failed, { failed: true });
  }
  await look({ force: true, done: form });
}

// A crew was dropped upon: sent, once that is said again; the line then offers to take it back.
function sendCrew({ about, number, seen, crew, name }) {
  const form = page.parentElement.querySelector("[data-dp-send]");
  const go = async () => {
    form.elements.about.value = about;
    form.elements.crew.value = crew;
    form.elements.seen.value = seen;
    try {
      const root = new DOMParser().parseFromString(await post(form), "text/html");
      const said = root.querySelector("#dp-said"), undo = [...root.querySelectorAll(".dp-went [data-dp-withdraw]")].find((one) => one.dataset.crew === crew);
      if (said.classList.contains("is-failed")) tell(said.textContent.trim(), { failed: true });
      else tell(say(words.sent, { crew: name, number }), { deeds: undo ? [[words.undo, () => takeBack(undo)]] : [] });
    } catch {
      tell(words.failed, { failed: true });
    }
    const line = part("dp-said").cloneNode(true);
    await look({ force: !isTyped(part("dp-detail")) });
    if (!part("dp-said").textContent) part("dp-said").replaceWith(line);
  };
  tell(say(words.sendTo, { crew: name, number }), { deeds: [[words.send, go, true], [words.cancel, () => {}]] });
}

// What is merged stays so: it is asked first, with the place of each. The one that came in first stays.
function merge() {
  const form = page.parentElement.querySelector("[data-dp-same]");
  if (chosen.length < 2) return tell(words.fewer);
  const rows = chosen.map((key) => page.querySelector(`.dp-choose[value="${CSS.escape(key)}"]`).closest(".dp-row"));
  const since = (row) => Date.parse(row.dataset.since);
  rows.sort((one, other) => since(one) - since(other) || Number(one.dataset.key) - Number(other.dataset.key));
  const [first, ...others] = rows.map((row) => [...new Set([row.dataset.number, row.dataset.where])].filter(Boolean).join(" "));
  const go = () => {
    form.elements.orders.value = rows.map((row) => row.dataset.key).join(" ");
    chosen.length = 0;
    return send(form);
  };
  return tell(say(words.mergeInto, { first, others: others.join("、") }), { deeds: [[words.merge, go, true], [words.cancel, () => {}]], final: true });
}

// The two largest units, as the server says them.
function spoken(minutes) {
  const days = Math.floor(minutes / 1440);
  return [days, Math.floor(minutes / 60) % 24, days ? 0 : minutes % 60]
    .map((n, at) => n && words.units[at][n === 1 ? 0 : 1].replace("%(n)d", n)).filter(Boolean).join(" ");
}

function tick() {
  const now = Date.now();
  for (const one of page.querySelectorAll("[data-due]")) {
    const due = Date.parse(one.dataset.due), minutes = Math.floor(Math.abs(due - now) / 60_000);
    const text = minutes ? say(due > now ? words.left : words.over, { time: spoken(minutes) }) : words.now;
    if (one.textContent !== text) one.textContent = text;
    one.classList.toggle("is-over", due <= now);
  }
}

const drawing = new Drawing(page, words);
for (const id of PARTS) last.set(id, essence(part(id)));

page.addEventListener("click", (event) => {
  const link = event.target.closest("a.dp-link, a.dp-back, a.dp-crew__task[href^='?'], .dp-detail a[href^='?about=']");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    choose(new URL(link.href).searchParams.get("about") ?? "");
  }
  if (event.target.closest("[data-dp-show]") && waiting) {
    const kept = typedIn(part("dp-detail"), waits);
    put(part("dp-detail"), waiting);
    typeAgain(kept);
    waiting = null;
    waits.hidden = true;
  }
  if (event.target.closest("[data-dp-help]")) part("dp-help").showModal();
});
page.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-dp-form], [data-dp-withdraw]")) return;
  event.preventDefault();
  if (form.matches("[data-dp-form]")) send(form, event.submitter);
  else takeBack(form);
});
page.addEventListener("change", (event) => {
  if (event.target.matches("[data-dp-skill] select")) {
    history.replaceState({}, "", address({ skill: event.target.value }));
    look({ force: true, done: event.target.form });
    return;
  }
  if (!event.target.matches(".dp-choose")) return;
  const { value, checked } = event.target;
  if (checked) chosen.push(value);
  else chosen.splice(chosen.indexOf(value), 1);
  tell(chosen.length ? say(words.chosen, { n: chosen.length }) : "");
});
page.addEventListener("pointermove", () => { movedAt = Date.now(); }, { passive: true });
window.addEventListener("popstate", () => look({ force: true }));
document.addEventListener("visibilitychange", () => look());
listenToKeys(page, { choose, merge, openAbout, views: () => drawing.turn() });
listenToDrag(page, { drop: sendCrew, begin: () => { dragging = true; }, end: () => { dragging = false; } });
marked();
tick();
drawing.show(part("dp-below"));
setInterval(tick, TICK_MS);
setInterval(look, EVERY_MS);
page.dataset.ready = "yes";
