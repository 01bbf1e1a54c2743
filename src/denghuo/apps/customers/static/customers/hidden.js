// What was shown for a minute is hidden again: by the time that has passed since the server showed it, and at once when
// the page comes back out of the browser's memory.
const shown = () => document.querySelector("#cu-hidden[data-cu-hide-after]");
let until = 0;
let timer = 0;

function hide() {
  clearInterval(timer);
  const card = shown();
  if (!card) return;
  const address = card.dataset.cuHiddenAt;
  delete card.dataset.cuHideAfter;
  card.querySelector(".dh-card__body").replaceChildren();
  htmx.ajax("GET", address, { target: "#cu-hidden", swap: "outerHTML" });
}

function tick() {
  const card = shown();
  const left = Math.ceil((until - performance.now()) / 1000);
  if (!card || left <= 0) {
    hide();
    return;
  }
  card.querySelector("[data-cu-left]").textContent = left;
}

function watch() {
  const card = shown();
  clearInterval(timer);
  if (!card) return;
  until = performance.now() + Number(card.dataset.cuHideAfter) * 1000;
  timer = setInterval(tick, 1000);
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "cu-hidden" || event.detail.elt?.id === "cu-hidden") watch();
});
window.addEventListener("pageshow", (event) => { if (event.persisted) hide(); });
watch();
