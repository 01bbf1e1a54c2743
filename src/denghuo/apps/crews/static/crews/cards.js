// How a card looks with what waits on the phone laid over what the server last said, and what a form lacks.

const STEPS = ["sent", "delivered", "read", "accepted", "departed", "arrived", "finished"];
const CLEARED = "our_equipment";
const WORKED = [CLEARED, "done"];

export const words = JSON.parse(document.getElementById("cr-words").textContent);

// On the clock of the place, as everything else on the page.
const timeZone = document.getElementById("cr-app").dataset.zone;
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone });
export const time = (iso) => clock.format(new Date(iso));

const field = (report, name) => report.fields.find(([own]) => own === name)?.[1] ?? "";

/** The state, side and progress of a card once what waits has been told. */
export function reckoned(card, reports) {
  const told = { state: card.dataset.state, side: card.dataset.side, begun: card.dataset.begun === "yes", paid: card.dataset.paid === "yes" };
  for (const report of reports) {
    if (report.status !== "waiting") continue;
    if (report.kind === "refused") told.state = "refused";
    else if (STEPS.indexOf(report.kind) > STEPS.indexOf(told.state)) told.state = report.kind;
    if (report.kind === "boundary") told.side = field(report, "side");
    if (told.side === "ours") told.paid = false;
    if (report.kind === "begun") told.begun = true;
    if (report.kind === "quote" && field(report, "decision") !== "refuse") told.paid = true;
  }
  return told;
}

/** Show a card as it stands with these reports, which are its own. */
export function overlay(card, reports) {
  const told = reckoned(card, reports);
  for (const part of card.querySelectorAll("[data-cr-when]")) {
    const fits = part.dataset.crWhen.split(" ").includes(told.state);
    part.hidden = !fits || (part.dataset.crSide !== "" && part.dataset.crSide !== told.side);
  }
  for (const step of card.querySelectorAll("[data-cr-mark]")) {
    step.classList.toggle("is-done", STEPS.indexOf(told.state) >= STEPS.indexOf(step.dataset.crMark));
  }
  // What the desk does not know yet, the steps below tell.
  card.querySelector(".dh-state").hidden = ![card.dataset.state, "delivered", "read"].includes(told.state);
  const list = card.querySelector("[data-cr-queue]");
  list.replaceChildren(...reports.filter((report) => !["delivered", "read"].includes(report.kind)).map(line));
  list.hidden = !list.childElementCount;
}

function line(report) {
  const item = document.createElement("li");
  item.className = `cr-wait cr-wait--${report.status}`;
  const icon = document.createElement("i");
  icon.className = `ti ti-${{ waiting: "clock-up", refused: "alert-circle", kept: "archive" }[report.status]}`;
  icon.setAttribute("aria-hidden", "true");
  const text = document.createElement("div");
  const head = document.createElement("strong");
  head.textContent = `${words.kinds[report.kind]} ${time(report.told_at)}`;
  const more = document.createElement("div");
  const said = { waiting: words.waits, refused: words.refused.replace("{why}", report.text), kept: report.text };
  more.textContent = said[report.status];
  text.append(head, more);
  if (report.status === "refused") text.append(written(report));
  item.append(icon, text);
  if (report.status !== "waiting") item.append(button(report));
  return item;
}

const WRITTEN = ["receipt", "text", "note", "because", "free_because", "name"];
export const writtenIn = (report) => WRITTEN.map((name) => field(report, name)).filter(Boolean).join(" · ");

/** What was typed is never lost, only because it was not taken. */
function written(report) {
  const quote = document.createElement("q");
  quote.textContent = writtenIn(report);
  quote.hidden = !quote.textContent;
  return quote;
}

function button(report) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "dh-btn";
  made.dataset.crDrop = report.seq;
  made.textContent = report.status === "refused" ? words.discard : words.understood;
  return made;
}

/** Why a report would not be taken, as far as the phone can tell; "" where it can be told. */
export function lacks(kind, fields, card, reports) {
  const value = (name) => (fields.find(([own]) => own === name)?.[1] ?? "").trim();
  const { side, begun, paid } = reckoned(card, reports);
  const { refusals } = words;
  if (kind === "refused" && value("because").length < 2) return refusals.reason_missing;
  if (kind === "quote") return quoteLacks(fields, value, side, card);
  if (kind === "begun" && side === "customer" && !paid && value("free_because").length < 2) return refusals.quote_first;
  if (kind === "note" && !value("text")) return refusals.malformed;
  if (kind === "materials") return materialsLack(fields);
  if (kind === "correction" && value("decision") !== "right" && !value("at")) return refusals.malformed;
  if (kind === "correction" && value("needs_reason") && value("because").length < 2) return refusals.reason_missing;
  if (kind === "finished") return finishLacks(value, side, begun) || backLacks(value("restored_at"), card.dataset.gone);
  return "";
}

const AMOUNT = /^\d{1,5}(\.\d{1,2})?$/;

function materialsLack(fields) {
  const column = (wanted) => fields.filter(([name]) => name === wanted).map(([, text]) => text.trim());
  const amounts = column("quantity");
  const rows = column("name").map((name, index) => [name, amounts[index]]).filter(([name, amount]) => name || amount);
  return rows.length && rows.every(([name, amount]) => name && AMOUNT.test(amount) && Number(amount)) ? "" : words.materials;
}

function quoteLacks(fields, value, side, card) {
  const { refusals } = words;
  if (side !== "customer") return refusals.ours_is_free;
  if (card.querySelector("[data-cr-quote] [name=order]") && !value("order")) return refusals.which_order;
  const lines = fields.filter(([name, text]) => name.startsWith("quantity-") && text.trim() && text.trim() !== "0");
  if (!lines.length) return words.lines;
  if (!lines.every(([, text]) => AMOUNT.test(text.trim()) && Number(text))) return words.amounts;
  if (value("decision") === "refuse") {
    if (value("because").length < 2) return refusals.reason_missing;
    return value("again_date") ? "" : refusals.date_missing;
  }
  return value("name") || value("signature") ? "" : words.signed;
}

function finishLacks(value, side, begun) {
  const { refusals } = words;
  if (!value("finding")) return words.finding;
  if (!value("receipt")) return refusals.receipt_missing;
  const forbidden = words.receipt.forbids.find(({ pattern }) => new RegExp(pattern, "iu").test(value("receipt")));
  if (forbidden) return refusals[forbidden.refusal];
  if (value("finding") === CLEARED && side === "customer") return refusals.theirs;
  if (value("finding") === "put_off" && !value("again_date")) return refusals.date_missing;
  return WORKED.includes(value("finding")) && side === "customer" && !begun ? refusals.quote_first : "";
}

const minute = new Intl.DateTimeFormat("sv", { dateStyle: "short", timeStyle: "short", timeZone });

/** Supply comes back after it was gone, and not later than now: both on the clock of the place, to the minute. */
function backLacks(told, gone) {
  if (!told) return "";
  if (told > minute.format(new Date()).replace(" ", "T")) return words.refusals.back_ahead;
  return gone && told < gone ? words.refusals.back_before : "";
}

/** What could be better about a receipt while it is written; "" where nothing could. */
export function advice(text) {
  const forbidden = text.trim() && words.receipt.forbids.find(({ pattern }) => new RegExp(pattern, "iu").test(text.trim()));
  if (forbidden) return words.refusals[forbidden.refusal];
  return text.trim() && text.trim().length < words.receipt.short ? words.receipt.advice : "";
}
