// The page by keys alone. Letters count where nobody is typing.

export function listenToKeys(page, { choose, merge, openAbout, views }) {
  const links = () => [...page.querySelectorAll(".dp-link")];
  const rowOf = (about) => page.querySelector(`.dp-row[data-about="${CSS.escape(about)}"]`);
  const current = () => document.activeElement.closest?.(".dp-row") ?? rowOf(openAbout());

  function step(by) {
    const crews = [...page.querySelectorAll(".dp-suggestions button")], at = crews.indexOf(document.activeElement);
    if (at >= 0) return crews[Math.min(Math.max(at + by, 0), crews.length - 1)].focus();
    const all = links(), here = all.indexOf(current()?.querySelector(".dp-link"));
    const next = all[here < 0 ? 0 : Math.min(Math.max(here + by, 0), all.length - 1)];
    next?.focus({ preventScroll: true });
    return next?.scrollIntoView({ block: "nearest" });
  }

  // A deed is done to what is in focus: it is opened first, so that everybody sees what it is done to.
  const with_ = (deed) => async () => {
    const row = document.activeElement.closest?.(".dp-row");
    if (row && row.dataset.about !== openAbout()) await choose(row.dataset.about);
    if (openAbout()) deed();
  };

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    a: with_(() => page.querySelector("[data-dp-take] button:not([name=leave])")?.click()),
    d: with_(() => page.querySelector(".dp-suggestions button")?.focus()),
    e: with_(() => {
      const form = document.getElementById("dp-estimate");
      if (!form) return;
      form.open = true;
      form.querySelector("input:not([type=hidden])").focus();
    }),
    x: () => current()?.querySelector(".dp-choose")?.click(),
    m: merge,
    t: views,
    "/": () => page.querySelector("#dp-text").focus(),
    "?": () => document.getElementById("dp-help").showModal(),
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && !document.querySelector("[data-dh-menu][open]")) {
      (rowOf(openAbout())?.querySelector(".dp-link") ?? links()[0])?.focus();
      return;
    }
    const deed = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (typing || !deed) return;
    event.preventDefault();
    deed();
  });
}
