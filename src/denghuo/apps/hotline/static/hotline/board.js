// Keeps the live board as the exchange tells it: events from the server are put in where they differ; what is selected
// or typed elsewhere on the page stays. Seconds are counted here.

const board = document.getElementById("board");
const lost = document.querySelector("[data-board-lost]");
const find = document.querySelector("[data-board-find]");
const TICK_MS = 1_000, LOST_AFTER_MS = 15_000, GIVE_UP_MS = 4_000;

function spoken(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  return hours ? `${hours}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}` : `${Math.floor(whole / 60)}:${two(whole % 60)}`;
}

function tick() {
  for (const element of board.querySelectorAll("[data-since]")) {
    const text = spoken((Date.now() - Date.parse(element.dataset.since)) / 1000);
    // The text is changed, never replaced: somebody may have selected the row that it stands in.
    if (!element.firstChild) element.append(text);
    else if (element.firstChild.data !== text) element.firstChild.data = text;
  }
}

/** Shows the people and callers that what is typed finds. */
function sift() {
  const wanted = find?.value.trim().toLowerCase() ?? "";
  for (const one of board.querySelectorAll(".hl-seat, tr[id^=call-]")) {
    one.hidden = !one.textContent.toLowerCase().includes(wanted);
  }
}

const goesOn = (old, fresh) => old.dataset?.since !== undefined && old.dataset.since === fresh.dataset?.since;

let heardAt = Date.now();

function show({ data }) {
  heardAt = Date.now();
  lost.hidden = true;
  window.Idiomorph.morph(board, JSON.parse(data).html, {
    morphStyle: "innerHTML",
    callbacks: { beforeNodeMorphed: (old, anew) => !goesOn(old, anew) },
  });
  tick();
  sift();
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

// What came of a deed stays until somebody has read it.
document.addEventListener("click", ({ target }) => target.closest("[data-answer-off]")?.closest("[data-answer]").replaceChildren());

find?.addEventListener("input", sift);
sift();
tick();
setInterval(() => {
  tick();
  if (Date.now() - heardAt > LOST_AFTER_MS) lost.hidden = false;
}, TICK_MS);
