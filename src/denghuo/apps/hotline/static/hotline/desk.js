// The desk without a mouse, wherever the cursor is: Alt+/ searches, Alt+N goes to the number, Alt+C finds a customer,
// Alt+1 to 8 or Alt+K and two letters choose the kind, Alt+T goes to what it is about, Alt+U chases the open order,
// Ctrl+Enter keeps the note, Esc leaves a field. A new call opens by itself while nothing is being written; otherwise it
// says that it is there.

const desk = document.getElementById("desk");
const note = document.getElementById("note");
const next = document.querySelector("[data-desk-next]");
const letters = document.getElementById("id_letters");
const LOOK_MS = 2_000;
const FIELDS = { Slash: "id_q", KeyN: "id_typed", KeyC: "id_customer", KeyK: "id_letters", KeyT: "id_topic" };
const typing = (target) => target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");

function choose(radio) {
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && note) {
    event.preventDefault();
    note.requestSubmit(note.querySelector("[name=keep]"));
  } else if (event.key === "Enter" && event.target.matches("#note input")) {
    event.preventDefault(); // a note is kept by its own key, not by one that ends a line
  } else if (event.key === "Escape" && typing(event.target)) {
    event.preventDefault(); // a search keeps its words
    event.target.blur();
  } else if (!event.altKey || event.ctrlKey || event.metaKey) {
    return; // a letter is a letter
  } else if (/^Digit[1-8]$/.test(event.code) && note) {
    event.preventDefault();
    choose(note.querySelectorAll("[name=kind]")[Number(event.code.at(-1)) - 1]);
  } else if (event.code === "KeyU" && note?.querySelector("[data-chase]")) {
    event.preventDefault();
    note.requestSubmit(note.querySelector("[data-chase]"));
  } else {
    const field = document.getElementById(FIELDS[event.code]);
    if (field) {
      event.preventDefault();
      field.focus();
      field.select?.();
    }
  }
});

// Two letters choose the kind; then what it is about is next.
letters?.addEventListener("input", (event) => {
  event.stopPropagation(); // nothing of the note was written
  const typed = letters.value.replace(/[^a-z]/gi, "").toLowerCase();
  const label = typed.length > 1 && note.querySelector(`[data-letters="${typed.slice(0, 2)}"]`);
  if (!label) return;
  letters.value = "";
  letters.blur();
  const order = document.getElementById("order");
  order.addEventListener("htmx:afterSettle", () => document.getElementById("id_topic")?.focus(), { once: true });
  choose(label.querySelector("input"));
});

// htmx saves drafts and asks for fields; keeping and chasing are plain posts that lead to another page, once.
if (note) {
  note.addEventListener("htmx:beforeRequest", (event) => { if (note.dataset.leaving) event.preventDefault(); });
  note.addEventListener("submit", (event) => {
    if (note.dataset.leaving) event.preventDefault();
    note.dataset.leaving = "yes";
  });
  window.addEventListener("pageshow", () => { delete note.dataset.leaving; });
  const keys = window.matchMedia("(hover: hover)").matches; // a keyboard that lies on the screen stays away
  if (desk.dataset.here || keys) note.querySelector("#id_text").focus({ preventScroll: true }); // who calls stays in sight
}

const written = () => note?.querySelector("#id_text").value.trim() ?? "";
const busy = () => Boolean(written() && !/^[!-~]$/.test(written())
  || document.getElementById("id_typed").value || document.getElementById("id_customer")?.value);

async function look() {
  if (document.hidden) return;
  try {
    const answer = await fetch(desk.dataset.call, { cache: "no-store", signal: AbortSignal.timeout(LOOK_MS * 2) });
    if (!answer.ok || answer.redirected) return;
    const told = await answer.json();
    const fresh = told.token && told.token !== desk.dataset.here;
    if (fresh && !busy()) location.assign(next.querySelector("a").href);
    next.hidden = !fresh;
    if (fresh) next.querySelector("a").textContent = `${desk.dataset.next} ${told.number}`;
  } catch { /* the next look tries again */ }
}

setInterval(look, LOOK_MS);
