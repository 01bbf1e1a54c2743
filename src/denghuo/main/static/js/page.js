// What every page does beyond HTML: the theme switch, menus that close when the eye has left them, tabs in sight.

const YEAR_S = 365 * 24 * 3600;

function setTheme(theme) {
  document.documentElement.dataset.bsTheme = theme;
  document.cookie = `dh_theme=${theme}; path=/; max-age=${YEAR_S}; samesite=lax`;
  for (const button of document.querySelectorAll("[data-dh-theme]")) {
    button.dataset.dhTheme = theme;
    button.querySelector(".ti").className = `ti ti-${theme === "dark" ? "sun" : "moon"}`;
  }
  document.dispatchEvent(new CustomEvent("dh:theme", { detail: { theme } }));
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("[data-dh-menu][open]")) {
    if (menu !== except) menu.open = false;
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dh-theme]");
  if (button) setTheme(button.dataset.dhTheme === "dark" ? "light" : "dark");
  if (event.target.closest("[data-dh-print]")) window.print();
  closeMenus(event.target.closest("[data-dh-menu]"));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("[data-dh-menu][open]");
  if (open) {
    closeMenus();
    open.querySelector("summary").focus();
  }
});

// A filter form with data-dh-auto sends itself when a choice changes; without script its button does the same.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-dh-auto]");
  if (form && event.target.matches("select, input[type=date], input[type=checkbox], input[type=radio]")) form.requestSubmit();
});

// A strip of tabs that is wider than the screen begins at the tab that is open.
for (const tab of document.querySelectorAll(".dh-tabs [aria-current], .dh-nav [aria-current]")) {
  const strip = tab.closest(".dh-tabs, .dh-nav");
  const [inner, outer] = [tab.getBoundingClientRect(), strip.getBoundingClientRect()];
  strip.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
}

// What scrolls sideways is a stop for the Tab key, so that the arrow keys can scroll it; what fits is none.
function markScrolling() {
  for (const box of document.querySelectorAll(".dh-tablebox, .od-sheet, main pre")) {
    if (box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1) {
      if (!box.hasAttribute("tabindex")) box.setAttribute("tabindex", "0");
    } else if (box.getAttribute("tabindex") === "0") box.removeAttribute("tabindex");
  }
}

for (const moment of ["load", "resize", "htmx:afterSettle"]) window.addEventListener(moment, markScrolling);
document.addEventListener("toggle", markScrolling, true);
