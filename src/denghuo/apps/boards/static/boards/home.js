// Customer-hours of lasting outages run on between two looks at the server.
const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1, minimumFractionDigits: 1 });

function tick() {
  for (const cell of document.querySelectorAll("[data-run]")) {
    const hours = (Date.now() - Date.parse(cell.dataset.at)) / 3.6e6;
    cell.textContent = number.format(Number(cell.dataset.run) + Number(cell.dataset.rate) * hours);
  }
}

setInterval(tick, 1000);
