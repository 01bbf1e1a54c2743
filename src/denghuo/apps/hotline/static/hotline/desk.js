// The desk without a mouse, wherever the cursor is: Alt+/ searches, Alt+N goes to the number, Alt+1 to 8 choose the kind,
// Ctrl+Enter keeps the note, Esc leaves a field. A new call opens by itself while nothing is being written; otherwise it
// says that it is there.

const desk = document.getElementById("desk");
const note = document.getElementById("note");
const next = document.querySelector("[data-desk-next]");
const LOOK_MS = 2_000;
const typing = (target) => target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && note) {
    event.preventDefault();
    note.requestSubmit(note.querySelector("[name=keep]"));
  } else if (event.key === "Escape" && typing(event.target)) {
    event.preventDefault(); // a search keeps its words
    event.target.blur();
  } else if (!event.altKey || event.ctrlKey || event.metaKey) {
    return; // a letter is a letter
  } else if (/^Digit[1-8]$/.test(event.code) && note) {
    event.preventDefault();
    const radio = note.querySelectorAll("[name=kind]")[Number(event.code.at(-1)) - 1];
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  } else {
    const field = document.getElementById({ Slash: "id_q", KeyN: "id_typed" }[event.code]);
    if (field) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  }
});

// htmx saves drafts; keeping and urging are plain posts that lead to another page.
if (note) {
  note.addEventListener("htmx:beforeRequest", (event) => { if (note.dataset.leaving) event.preventDefault(); });
  note.addEventListener("submit", () => { note.dataset.leaving = "yes"; });
  if (desk.dataset.here) note.querySelector("#id_text").focus({ preventScroll: true }); // who calls stays in sight
}

const written = () => note?.querySelector("#id_text").value.trim() ?? "";
const busy = () => Boolean(written() && !/^[!-~]$/.test(written()) || document.getElementById("id_typed").value);

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
