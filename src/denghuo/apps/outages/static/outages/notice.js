// One tick for all rows of the page; where everybody who is listed is chosen, single ticks have nothing to say.

const page = document.querySelector("[data-ou-page]"), all = document.querySelector("[name=all]");
const rows = [...document.querySelectorAll("[name=who]")];

function follow() {
  const ticked = rows.filter((one) => one.checked).length;
  page.checked = ticked === rows.length;
  page.indeterminate = ticked > 0 && ticked < rows.length;
  for (const one of [...rows, page]) one.disabled = Boolean(all?.checked);
}

if (page) {
  page.hidden = false;
  page.addEventListener("change", () => {
    for (const one of rows) one.checked = page.checked;
    follow();
  });
  for (const one of [...rows, all]) one?.addEventListener("change", follow);
  follow();
}
