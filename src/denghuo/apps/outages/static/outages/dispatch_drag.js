// An incident dragged onto a crew sends it. What the mouse can do here the list of crews can do without one.

export function listenToDrag(page, { drop, begin, end }) {
  let dragged = null;
  const crewAt = (event) => event.target.closest?.(".dp-crew");
  const clear = () => {
    for (const one of page.querySelectorAll(".is-target")) one.classList.remove("is-target");
  };
  page.addEventListener("dragstart", (event) => {
    const row = event.target.closest?.(".dp-row");
    if (!row) return;
    dragged = { about: row.dataset.about, number: row.dataset.number, seen: row.dataset.sent };
    event.dataTransfer.effectAllowed = "link";
    event.dataTransfer.setData("text/plain", row.dataset.number);
    page.classList.add("is-dragging");
    begin();
  });
  page.addEventListener("dragover", (event) => {
    const crew = crewAt(event);
    clear();
    if (!dragged || !crew) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "link";
    crew.classList.add("is-target");
  });
  page.addEventListener("drop", (event) => {
    const crew = crewAt(event);
    if (!dragged || !crew) return;
    event.preventDefault();
    drop({ ...dragged, crew: crew.dataset.crew, name: crew.dataset.name });
  });
  page.addEventListener("dragend", () => {
    dragged = null;
    page.classList.remove("is-dragging");
    clear();
    end();
  });
}
