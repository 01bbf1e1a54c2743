// The crew's page: what is tapped is kept on the phone first and sent then, so that it works without a network. What the
// server says is laid into the cards, except into a form that somebody is writing into.

import { advice, lacks, overlay, words, writtenIn } from "./cards.js";
import { showTotal, shrink, signing } from "./paper.js";
import * as queue from "./queue.js";

const LOOK_EVERY_MS = 60_000;
const SEND_WITHIN_MS = 60_000;
const PLACE_WITHIN_MS = 4_000;
const AT_ONCE = 20;
const BYTES_AT_ONCE = 6_000_000;
const AGAIN_MS = [3_000, 6_000, 12_000, 30_000, 60_000]; // ever longer, for the battery's sake
const SETTLES_MS = 400; // so long a second tap is a tremble of the first
const PLACED = ["departed", "arrived", "finished"];

const app = document.getElementById("cr-app");
const bar = document.getElementById("cr-bar");
const list = document.getElementById("cr-cards");
const { user, reports: REPORTS, worker: WORKER, page: PAGE } = app.dataset;

let kept = [];
let trouble = "";
let sending = false;
let again = false;
let failures = 0;
let retry = 0;
let asking = 0;
const placing = new Set(); // reports whose position is still being looked for
const touched = new WeakSet(); // forms that somebody writes into
const noticed = new Set(); // what was told of by itself: `${assignment}/${kind}`

const cards = () => [...document.querySelectorAll("[data-cr-card]")];
const cookie = (name) => document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
const own = () => kept.filter((report) => report.user === user);
const waiting = () => own().filter((report) => report.status === "waiting");

/* What is shown */

async function show() {
  kept = await queue.all();
  for (const card of cards()) overlay(card, own().filter((report) => String(report.assignment_id) === card.dataset.crCard));
  const count = waiting().length;
  const online = navigator.onLine && !trouble;
  bar.dataset.net = online ? "on" : "off";
  const stranger = kept.some((report) => report.user !== user) ? ` ${words.stranger}` : "";
  const net = navigator.onLine ? trouble || words.online : words.offline;
  say("[data-cr-net]", net + stranger);
  const many = count === 1 ? words.waiting_one : words.waiting.replace("{n}", count);
  say("[data-cr-count]", count ? many : words.sent);
  bar.querySelector("[data-cr-send]").hidden = !count;
  bar.querySelector("[data-cr-sign-in]").hidden = trouble !== words.signed_out;
  app.dataset.waiting = count;
}

/** Says that something is being kept, or asked of the server, or no more. */
function busy(change) {
  asking += change;
  bar.setAttribute("aria-busy", String(asking > 0));
}

function say(where, text) {
  const element = bar.querySelector(where);
  if (element.textContent !== text) element.textContent = text;
}

/* What is told */

/** A key that nobody else draws; browsers keep their own function for it from pages over plain http. */
function key() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const entry = (assignment, kind, fields, photo) => ({
  client_id: key(), user, assignment_id: Number(assignment), kind, fields, photo, told_at: new Date().toISOString(), where: null,
});

async function tell(assignment, kind, fields, photo) {
  const added = await queue.add(entry(assignment, kind, fields, photo));
  if (PLACED.includes(kind)) place(added.seq);
  await show();
  flush();
}

/** Where this was told, if the phone may say so and knows soon; nobody waits for it to be kept. */
function place(seq) {
  if (!navigator.geolocation) return;
  const found = new Promise((done) => {
    const late = setTimeout(done, PLACE_WITHIN_MS);
    const told = (position) => {
      clearTimeout(late);
      const where = position?.coords && { latitude: position.coords.latitude, longitude: position.coords.longitude, accuracy_m: position.coords.accuracy };
      (where ? queue.change(seq, { where }) : Promise.resolve()).then(done, done);
    };
    navigator.geolocation.getCurrentPosition(told, () => told(null), { enableHighAccuracy: true, maximumAge: 30_000, timeout: PLACE_WITHIN_MS });
  });
  placing.add(found);
  found.finally(() => placing.delete(found));
}

function fieldsOf(form, submitter) {
  const data = new FormData(form);
  if (submitter?.name) data.append(submitter.name, submitter.value);
  return [...data].filter(([name, value]) => typeof value === "string" && !["csrfmiddlewaretoken", "kind"].includes(name));
}

async function submitted(event) {
  const form = event.target;
  if (!form.matches("form[data-cr-report]")) return;
  event.preventDefault();
  const card = form.closest("[data-cr-card]");
  const kind = form.elements.kind.value;
  const fields = fieldsOf(form, event.submitter);
  const mine = own().filter((report) => String(report.assignment_id) === card.dataset.crCard);
  const lack = lacks(kind, fields, card, mine);
  complain(form, lack);
  if (lack) return;
  const pictures = kind === "photo" ? [...form.elements.photo.files] : [null];
  if (!pictures.length) return;
  busy(1);
  list.inert = true; // what comes next appears where the finger still is
  try {
    for (const picture of pictures) await tell(card.dataset.crCard, kind, fields, picture && (await shrink(picture)));
  } catch (error) {
    complain(form, kind === "photo" ? words.no_picture : String(error));
    return;
  } finally {
    busy(-1);
    setTimeout(() => { list.inert = false; }, SETTLES_MS);
  }
  form.reset();
  showTotal(form);
  touched.delete(form);
  for (let part = form.closest("details"); part && kind !== "photo"; part = part.parentElement.closest("details")) part.open = false;
}

function complain(form, text) {
  let note = form.querySelector("[data-cr-lack]");
  if (!note) {
    note = document.createElement("p");
    note.className = "cr-lack";
    note.dataset.crLack = "";
    note.setAttribute("role", "alert");
    form.append(note);
  }
  note.textContent = text;
  note.hidden = !text;
}

function advise(field) {
  const shown = field.form.querySelector("[data-cr-checked]");
  shown.textContent = advice(field.value);
  shown.classList.toggle("cr-hint", Boolean(shown.textContent));
}

/* What is sent */

function batch(reports) {
  const chosen = [];
  let bytes = 0;
  for (const report of reports.slice(0, AT_ONCE)) {
    bytes += report.photo?.size ?? 0;
    if (chosen.length && bytes > BYTES_AT_ONCE) break;
    chosen.push(report);
  }
  return chosen;
}

async function send(reports) {
  const form = new FormData();
  const told = reports.map(({ client_id, assignment_id, kind, told_at, fields, where }) => ({ client_id, assignment_id, kind, told_at, fields, where }));
  form.append("reports", JSON.stringify(told));
  form.append("sent_at", new Date().toISOString());
  for (const report of reports) if (report.photo) form.append(`photo-${report.client_id}`, report.photo, "photo.jpg");
  const answer = await fetch(REPORTS, {
    method: "POST", body: form, headers: { "X-CSRFToken": cookie("csrftoken") }, redirect: "manual", signal: AbortSignal.timeout(SEND_WITHIN_MS),
  });
  if (answer.type === "opaqueredirect" || answer.status === 403) throw new Error(words.signed_out);
  if (!answer.ok) throw new Error(words.failed);
  return (await answer.json()).reports;
}

/** Send what waits, oldest first, until nothing does. One page at a time; a second one finds nothing left to do. */
async function flush() {
  if (sending) {
    again = true;
    return;
  }
  sending = true;
  busy(1);
  try {
    do {
      again = false;
      await Promise.all(placing);
      await (navigator.locks ? navigator.locks.request("denghuo-crew", flushAll) : flushAll());
    } while (again);
  } finally {
    sending = false;
    busy(-1);
  }
  await show();
}

async function flushAll() {
  let done = 0;
  try {
    for (;;) {
      kept = await queue.all();
      const part = batch(waiting());
      if (!part.length) break;
      const answers = new Map((await send(part)).map((one) => [one.client_id, one]));
      for (const report of part) await settle(report, answers.get(report.client_id));
      done += part.length;
      trouble = "";
      failures = 0;
    }
  } catch (error) {
    trouble = error.message === words.signed_out ? words.signed_out : words.failed;
    if (trouble === words.failed && navigator.onLine) tryAgain();
  }
  if (done) await look();
}

function tryAgain() {
  clearTimeout(retry);
  retry = setTimeout(flush, AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)]);
  failures += 1;
}

async function settle(report, answer) {
  if (!answer) throw new Error(words.failed); // nobody took it
  if (answer.status === "taken" || answer.status === "known") await queue.drop(report.seq);
  else await queue.change(report.seq, { status: answer.status, text: answer.text, photo: null });
}

/* Room for a keyboard */

const WRITTEN = '.cr-parts :is(input:not([type="radio"], [type="checkbox"]), select, textarea)';

/** While somebody writes into a part, what comes next does not lie over it. A press takes the focus away before the finger
 * lifts: what it is meant for moves only after the click. */
function makeRoom() {
  for (const card of cards()) card.classList.toggle("is-writing", card.contains(document.activeElement) && document.activeElement.matches(WRITTEN));
}

/* What the server says */

const isHeld = (form) => touched.has(form) || (form.contains(document.activeElement) && document.activeElement.matches("input, select, textarea"));
const holds = (node) => node.matches?.("form") ? isHeld(node) : [...(node.querySelectorAll?.("form") ?? [])].some(isHeld);

const laying = {
  beforeNodeMorphed: (node) => !(node.matches?.("form") && isHeld(node)) && !node.matches?.("[data-cr-queue]"),
  beforeNodeRemoved: (node) => !holds(node),
  beforeAttributeUpdated: (name) => !["open", "hidden"].includes(name), // what is shown, the page itself says
};

async function take(page) {
  const fresh = page.getElementById("cr-cards");
  if (!fresh || page.getElementById("cr-app")?.dataset.user !== user) return;
  const before = new Set(cards().map((card) => card.id));
  if (before.size && [...fresh.children].some((card) => card.dataset.state === "sent" && !before.has(card.id))) announce();
  for (const form of [...document.querySelectorAll("form[data-cr-report]")].filter(isHeld)) await letGo(form, page);
  window.Idiomorph.morph(list, fresh.children, { morphStyle: "innerHTML", callbacks: laying });
  window.htmx?.process(list);
  prepare();
  makeRoom();
}

/** A form of what is over goes; what was written in it stays on the card, to be read. */
async function letGo(form, page) {
  const card = form.closest("[data-cr-card]");
  const kind = form.elements.kind.value;
  const fresh = page.getElementById(card.id);
  if (!fresh || fresh.querySelector(`form [name="kind"][value="${kind}"]`)) return;
  touched.delete(form);
  document.activeElement.blur();
  const draft = entry(card.dataset.crCard, kind, fieldsOf(form), null);
  if (writtenIn(draft)) await queue.add({ ...draft, status: "refused", text: words.over });
}

function announce() {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([200, 100, 200]);
  const note = document.getElementById("cr-new");
  note.textContent = words.new;
  note.hidden = false;
}

async function look() {
  busy(1);
  try {
    const answer = await fetch(PAGE, { cache: "no-store", redirect: "manual" });
    if (answer.type === "opaqueredirect") trouble = words.signed_out;
    if (!answer.ok || answer.headers.get("X-Kept")) return;
    await take(new DOMParser().parseFromString(await answer.text(), "text/html"));
    if (trouble !== words.failed || !waiting().length) trouble = "";
  } catch {
    // Without a network the page stays as it is; the bar says so.
  } finally {
    busy(-1);
    await show();
  }
}

/* Beginning */

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting && !document.hidden) notice(entry.target, "read");
}, { threshold: 0.3 });

/** That it is on the phone, and that somebody has it before their eyes, tells itself. */
function notice(card, kind) {
  const key = `${card.dataset.crCard}/${kind}`;
  const fits = kind === "delivered" ? ["sent"] : ["sent", "delivered"];
  if (noticed.has(key) || !fits.includes(card.dataset.state)) return;
  noticed.add(key);
  const told = own().some((report) => report.kind === kind && String(report.assignment_id) === card.dataset.crCard);
  if (!told) tell(card.dataset.crCard, kind, [], null);
}

function prepare() {
  seen.disconnect();
  for (const card of cards()) {
    notice(card, "delivered");
    seen.observe(card);
  }
  for (const box of document.querySelectorAll("[data-cr-sign][hidden]")) signing(box);
  for (const form of document.querySelectorAll("[data-cr-quote]")) showTotal(form);
}

async function begin() {
  try {
    await queue.open();
  } catch {
    return; // forms are sent plainly
  }
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": cookie("csrftoken") }));
  document.addEventListener("submit", submitted);
  document.addEventListener("submit", (event) => {
    if (event.target.matches(`form[action="${app.dataset.signOut}"]`)) window.caches?.delete("crew-page");
  });
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-cr-report]");
    if (form) touched.add(form);
    const quote = event.target.closest("[data-cr-quote]");
    if (quote) showTotal(quote);
    if (event.target.matches("[data-cr-receipt]")) advise(event.target);
  });
  document.addEventListener("focusin", (event) => { if (event.target.matches(WRITTEN)) makeRoom(); });
  document.addEventListener("click", async (event) => {
    makeRoom();
    const drop = event.target.closest("[data-cr-drop]");
    if (drop) {
      await queue.drop(Number(drop.dataset.crDrop));
      await show();
    }
    if (event.target.closest("[data-cr-send]")) flush();
  });
  for (const name of ["online", "offline"]) window.addEventListener(name, () => { trouble = ""; show().then(() => navigator.onLine && flush().then(look)); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) flush().then(look); });
  setInterval(() => { if (!document.hidden && navigator.onLine) flush().then(look); }, LOOK_EVERY_MS);
  await show();
  bar.hidden = false;
  prepare();
  app.dataset.ready = "yes";
  flush();
  serveWithoutNetwork();
}

/** From its first visit on the page opens without a network, where the browser can do that (https, or this machine). */
async function serveWithoutNetwork() {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(WORKER, { scope: PAGE });
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller) {
      await new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done, { once: true }));
    }
    await look(); // through the worker, which keeps it
    app.dataset.offline = "yes";
  } catch {
    app.dataset.offline = "no";
  }
}

begin();
