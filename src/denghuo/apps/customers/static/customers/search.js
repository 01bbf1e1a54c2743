// "/" goes to the box, arrows move between it and what was found, Enter opens the first hit.
const box = document.getElementById("id_q");
const form = box.form;
const links = () => [...document.querySelectorAll("#found .cu-hit")];
const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !typing(event.target)) {
    event.preventDefault();
    box.focus();
    box.select();
    return;
  }
  const found = links();
  const here = found.indexOf(document.activeElement);
  if (event.target !== box && here < 0) return;
  if (event.key === "ArrowDown" && here + 1 < found.length) {
    event.preventDefault();
    found[here + 1].focus();
  } else if (event.key === "ArrowUp" && here >= 0) {
    event.preventDefault();
    (found[here - 1] ?? box).focus();
  } else if (event.key === "Escape" && here >= 0) {
    box.focus();
  }
});

// What stands below belongs to what was typed only once the answer to it is there.
let answered = box.value;
let wanted = null; // Enter was quicker than the answer: who is the only one opens when it comes
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "found") return;
  answered = new URL(event.detail.xhr.responseURL).searchParams.get("q") ?? "";
  const found = links();
  if (wanted !== null && wanted === answered.trim() && found.length === 1) found[0].click();
});
box.addEventListener("input", () => { wanted = null; });
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !box.value.trim()) return;
  const first = links()[0];
  if (first && answered.trim() === box.value.trim()) {
    event.preventDefault();
    first.click();
  } else {
    wanted = box.value.trim();
  }
});
// While an input method is open, what stands in the box is not yet what is meant.
let composing = false;
box.addEventListener("compositionstart", () => { composing = true; });
box.addEventListener("compositionend", () => { composing = false; box.dispatchEvent(new Event("input", { bubbles: true })); });
form.addEventListener("htmx:beforeRequest", (event) => { if (composing) event.preventDefault(); });
