// A workbook takes seconds: until it is there its form says so, and takes no second order. Without script, or where
// the answer is no workbook, the browser sends the form by itself.

const nameIn = (header) => {
  const encoded = /filename\*=utf-8''([^;]+)/i.exec(header);
  return encoded ? decodeURIComponent(encoded[1]) : (/filename="([^"]+)"/.exec(header)?.[1] ?? "");
};

async function fetched(form) {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
  const name = nameIn(answer.headers.get("Content-Disposition") ?? "");
  if (!answer.ok || !name) return false;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
  return true;
}

for (const form of document.querySelectorAll("form[data-export]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button"), state = form.querySelector("[role=status]");
    button.disabled = true;
    state.hidden = false;
    const done = await fetched(form).catch(() => false);
    button.disabled = false;
    state.hidden = true;
    if (!done) form.submit();
  });
}
