// A place is chosen with a tap, and a report is sent once however often the button is pressed.

const place = document.getElementById("id_place");
const unit = document.querySelector('select[name="unit"]');

document.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-po-place]");
  if (!chosen || !place) return;
  place.value = chosen.dataset.poPlace;
  if (unit) unit.value = chosen.dataset.poUnit;
  document.getElementById("po-places").replaceChildren();
  place.dispatchEvent(new Event("change", { bubbles: true }));
  place.focus();
});

for (const form of document.querySelectorAll("[data-po-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    form.querySelector("button:not([type=button])").setAttribute("aria-disabled", "true");
  });
}

// Who comes back with the browser's own button may send again: the server knows what it has.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-po-once]")) {
    delete form.dataset.sent;
    form.querySelector("button:not([type=button])").removeAttribute("aria-disabled");
  }
});
