// The list without a mouse: J and K move, Enter opens, / searches, letters of data-key follow their link. A form with
// data-od-form is sent by Ctrl+Enter, and Enter in a search box only searches; htmx keeps drafts and checks, opening and
// finishing are plain posts.

const list = document.querySelector("[data-od-list] tbody");
const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

function move(by) {
  const rows = [...list.rows];
  const here = rows.findIndex((row) => row.getAttribute("aria-selected") === "true");
  const next = rows[Math.min(Math.max(here + by, 0), rows.length - 1)];
  rows[here]?.removeAttribute("aria-selected");
  next.setAttribute("aria-selected", "true");
  next.querySelector("a").focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest("[data-od-form]");
    if (form) {
      event.preventDefault();
      form.requestSubmit();
    }
    return;
  }
  if (event.key === "Enter" && event.target.matches("input[type=search][hx-get]")) {
    event.preventDefault(); // it looks for somebody, and never sends the form around it
    event.target.dispatchEvent(new Event("search"));
    return;
  }
  if (event.ctrlKey || event.metaKey || typing(event.target)) return;
  const key = event.key.toLowerCase();
  if (key === "/") {
    const field = document.querySelector("input[type=search]");
    if (field) {
      event.preventDefault();
      field.focus();
    }
  } else if ((key === "j" || key === "k") && list) {
    event.preventDefault();
    move(key === "j" ? 1 : -1);
  } else {
    document.querySelector(`[data-key="${CSS.escape(key)}"]`)?.click();
  }
});

// What is sent for good stops the draft that would be sent after it.
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-od-form]")) event.target.dataset.leaving = "yes";
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.closest("[data-leaving]")) event.preventDefault();
});
