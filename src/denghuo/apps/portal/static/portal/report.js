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

// Who goes back and soon sends the same words again sends them under the same key; other words are another report. Of
// the words a number is kept, not what they say.
const AGAIN_MS = 10 * 60 * 1000;

function keepKey(form) {
  const field = form.elements.client_key;
  const words = [...new FormData(form)].filter(([name]) => !["client_key", "csrfmiddlewaretoken"].includes(name));
  let told = 7;
  for (const one of JSON.stringify(words)) told = (told * 8191 + one.codePointAt(0)) % 549755813881;
  try {
    const [key, before, at] = JSON.parse(sessionStorage.getItem(`po-${form.dataset.poOnce}`) || "[]");
    if (before === told && Date.now() - at < AGAIN_MS) field.value = key;
    else if (key === field.value) field.value = freshKey();
    sessionStorage.setItem(`po-${form.dataset.poOnce}`, JSON.stringify([field.value, told, Date.now()]));
  } catch {
    // A browser that keeps nothing sends what the page gave it.
  }
}

function freshKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
}

for (const form of document.querySelectorAll("[data-po-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    else keepKey(form);
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
