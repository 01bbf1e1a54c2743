// Suggestions under a field: things of the network whose code or name holds what is typed.
// <input data-nw-search="…/search.json" list="…">; `chosen` is called with the code once one is picked.

export function suggest(input, chosen = () => {}) {
  const list = document.getElementById(input.getAttribute("list"));
  let asked = 0, answer = Promise.resolve();
  const typed = () => input.value.split(/[,，]/).pop().trim();
  async function offer(text) {
    const mine = ++asked;
    if (!text) return list.replaceChildren();
    const url = new URL(input.dataset.nwSearch, location.href);
    url.searchParams.set("q", text);
    const response = await fetch(url, { headers: { Accept: "application/json" } });
    if (mine !== asked || !response.ok) return undefined; // an answer to what is no longer asked
    const { found } = await response.json();
    if (mine !== asked) return undefined;
    list.replaceChildren(...found.map(({ code, name }) => {
      const option = document.createElement("option");
      option.value = input.dataset.nwValue === "code" ? before(input.value) + code : name ? `${name} (${code})` : code;
      if (input.dataset.nwValue === "code") option.label = name ? `${name} (${code})` : code;
      option.dataset.code = code;
      return option;
    }));
    return undefined;
  }
  input.addEventListener("input", () => {
    const picked = [...list.options].find((option) => option.value === input.value);
    if (picked) return chosen(picked.dataset.code);
    answer = offer(typed());
    return undefined;
  });
  return {
    // The code of the first that fits what is typed, once the answer to it is there.
    first: () => answer.then(() => ([...list.options].find((option) => option.value === input.value) ?? list.options[0])?.dataset.code),
  };
}

// What stands before the code that is being typed, in a list of codes.
function before(value) {
  const end = Math.max(value.lastIndexOf(","), value.lastIndexOf("，")) + 1;
  return end ? `${value.slice(0, end)} ` : "";
}
