// Pictures, signatures and sums: what a form holds beyond its fields.

const LONGEST_PX = 1600;
const QUALITY = 0.82;
export const PEN = { width: 300, height: 120 };

/** A picture made small enough for a weak signal; where it was taken, which cameras write into files, is left out. */
export async function shrink(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (!blob) throw new Error("no picture");
  return blob;
}

/** Lets a finger write into an svg; its path goes into the field beside it. */
export function signing(box) {
  const path = box.querySelector("path");
  const field = box.querySelector("input[name=signature]");
  const svg = box.querySelector("svg");
  box.hidden = false;
  let drawing = false;
  const place = (event) => {
    const { left, top, width, height } = svg.getBoundingClientRect();
    const x = ((event.clientX - left) / width) * PEN.width;
    const y = ((event.clientY - top) / height) * PEN.height;
    return `${Math.min(Math.max(x, 0), PEN.width).toFixed(1)} ${Math.min(Math.max(y, 0), PEN.height).toFixed(1)}`;
  };
  const write = (letter, event) => {
    if (field.value.length > 19_000) return;
    field.value += `${letter}${place(event)}`;
    path.setAttribute("d", field.value);
  };
  svg.addEventListener("pointerdown", (event) => {
    drawing = true;
    svg.setPointerCapture(event.pointerId);
    write("M", event);
    field.dispatchEvent(new Event("input", { bubbles: true })); // as what is typed does
    event.preventDefault();
  });
  svg.addEventListener("pointermove", (event) => drawing && write("L", event));
  for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, () => { drawing = false; });
  const wipe = () => {
    field.value = "";
    path.setAttribute("d", "");
  };
  box.querySelector("button").addEventListener("click", wipe);
  field.form.addEventListener("reset", wipe);
}

/** The sum of a quote in fen, each line rounded half up as the server does; null where an amount cannot be read. */
export function total(form) {
  let sum = 0;
  for (const input of form.querySelectorAll("[name^=quantity-]")) {
    const text = input.value.trim();
    if (!text) continue;
    if (!/^\d+(\.\d{1,2})?$/.test(text)) return null;
    const hundredths = Math.round(Number(text) * 100);
    const price = Number(form.elements[`price-${input.name.slice("quantity-".length)}`].value);
    sum += Math.floor((hundredths * price + 50) / 100);
  }
  return sum;
}

const yuan = new Intl.NumberFormat("zh-CN", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

export function showTotal(form) {
  const shown = form.querySelector("[data-cr-total]");
  const sum = total(form);
  if (shown) shown.textContent = sum === null ? "–" : yuan.format(sum / 100);
}
