// User-hours of an outage that lasts run on between two looks at the server.
const running = document.getElementById("running");
const { lang } = document.documentElement;
const number = new Intl.NumberFormat(lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

function tick() {
  const hours = (Date.now() - Date.parse(running.dataset.at)) / 3.6e6;
  for (const one of running.querySelectorAll("[data-tick]")) {
    const key = one.dataset.tick;
    one.textContent = number.format(Number(running.dataset[`${key}Hours`]) + Number(running.dataset[`${key}Out`]) * hours);
  }
}

if (Number(running.dataset.lvOut) || Number(running.dataset.mvOut)) setInterval(tick, 1000);
