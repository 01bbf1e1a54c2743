// Keeps a page as the server sees it: what is marked data-live (with an id) is looked at again and again, and replaced
// where it differs. Everything else, and what people have selected or are typing into, stays as it is. No forms in it.

const EVERY_MS = 15_000;
const lost = document.querySelector("[data-dh-lost]");
const seen = new Map(); // id -> as the server wrote it: a script may have counted on since
let seenAt = new Date();
let looking = false;

const live = (page) => page.querySelectorAll("[data-live][id]");
for (const element of live(document)) seen.set(element.id, element.outerHTML);

/** Whether somebody is selecting text in it or typing into it: then it waits for the next look. */
function isHeld(element) {
  const selection = getSelection();
  const selects = !selection.isCollapsed && selection.containsNode(element, true);
  return selects || (element.contains(document.activeElement) && document.activeElement.matches("input, select, textarea"));
}

function show(page) {
  for (const fresh of live(page)) {
    const element = document.getElementById(fresh.id);
    const html = fresh.outerHTML;
    if (!element || seen.get(fresh.id) === html || isHeld(element)) continue;
    window.Idiomorph.morph(element, fresh, {
      callbacks: { afterNodeAdded: (node) => node.matches?.("tr") && node.classList.add("is-changed") },
    });
    seen.set(fresh.id, html);
  }
}

async function look() {
  if (document.hidden || looking) return;
  looking = true;
  try {
    const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(EVERY_MS) });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status)); // signed out counts as well
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    seenAt = new Date();
    lost.hidden = true;
  } catch {
    const at = seenAt.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false });
    lost.textContent = lost.dataset.dhLost.replace("{time}", at);
    lost.hidden = false;
  }
  looking = false;
}

setInterval(look, EVERY_MS);
document.addEventListener("visibilitychange", look);
