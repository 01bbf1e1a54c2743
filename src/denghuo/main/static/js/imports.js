// Dropping a file on the form, and saying at once what is too large; without script the form works all the same.

const form = document.querySelector("[data-im-form]");
const drop = form.querySelector("[data-im-drop]");
const input = form.querySelector("input[type=file]");
const names = form.querySelector("[data-im-names]");
const tooLarge = form.querySelector("[data-im-too-large]");
const send = form.querySelector("[data-im-send]");
const invitation = names.textContent;

function show() {
  const files = [...input.files];
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  names.textContent = files.length ? files.map((file) => file.name).join(", ") : invitation;
  tooLarge.hidden = bytes <= Number(form.dataset.imMostBytes);
  send.disabled = !tooLarge.hidden;
}

input.addEventListener("change", show);
for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, () => drop.classList.add("is-over"));
for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("is-over"));
drop.addEventListener("dragover", (event) => event.preventDefault());
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length) {
    input.files = event.dataTransfer.files;
    show();
  }
});
show();
