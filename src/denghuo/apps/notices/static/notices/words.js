// Counts what is being typed as operators charge it, and names what nothing is known of.
const form = document.querySelector("[data-known]");
if (form) {
  const known = JSON.parse(document.getElementById(form.dataset.known).textContent);
  const text = form.querySelector("[data-count]");
  const told = form.querySelector("[data-length]");
  const event = form.elements.event;
  const tell = () => {
    const count = text.value.length;
    const parts = count <= 70 ? 1 : Math.ceil(count / 67);
    const names = [...text.value.matchAll(/\{(\w+)\}/g)].map((found) => found[1]);
    const unknown = names.filter((name) => !(known[event.value] ?? [name]).includes(name));
    told.hidden = !count;
    told.textContent = told.dataset.words.replace("{n}", count).replace("{parts}", parts);
    if (unknown.length) told.textContent += " · " + told.dataset.missing.replace("{names}", unknown.join(", "));
  };
  text.addEventListener("input", tell);
  event.addEventListener("change", tell);
  tell();
}
