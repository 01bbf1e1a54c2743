// Keeps the live board as the exchange tells it: events from the server are put in where they differ; what is selected
// or typed elsewhere on the page stays. Seconds are counted here.

const board = document.getElementById("board");
const lost = document.querySelector("[data-board-lost]");
const TICK_MS = 1_000, LOST_AFTER_MS = 15_000, GIVE_UP_MS = 4_000;

function spoken(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  return hours ? `${hours}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}` : `${Math.floor(whole / 60)}:${two(whole % 60)}`;
}

function tick() {
  for (const element of board.querySelectorAll("[data-since]")) {
    element.textContent = spoken((Date.now() - Date.parse(element.dataset.since)) / 1000);
  }
}

let heardAt = Date.now();

function show({ data }) {
  heardAt = Date.now();
  lost.hidden = true;
  const fresh = document.createElement("div");
  fresh.innerHTML = JSON.parse(data).html;
  window.Idiomorph.morph(board, fresh, { morphStyle: "innerHTML" });
  tick();
  board.dispatchEvent(new CustomEvent("board:shown", { bubbles: true }));
}

function listen(address) {
  const source = new EventSource(address, { withCredentials: true });
  source.addEventListener("board", show);
  source.onopen = () => { heardAt = Date.now(); };
  return source;
}

let source = listen(board.dataset.stream);
// Where the process for live pages cannot be reached, the pages' own server answers, a second later.
if (board.dataset.stream !== board.dataset.fallback) {
  const failed = () => {
    if (source.readyState === EventSource.OPEN) return;
    source.close();
    source = listen(board.dataset.fallback);
  };
  setTimeout(failed, GIVE_UP_MS);
}

tick();
setInterval(() => {
  tick();
  if (Date.now() - heardAt > LOST_AFTER_MS) lost.hidden = false;
}, TICK_MS);
