// Digits choose an answer of the question one is at, Enter goes to the next; how many are open stands beside the button.
const form = document.getElementById("exam");
const open = document.getElementById("open");
const questions = [...form.querySelectorAll(".kn-question")];
const inputs = (question) => [...question.querySelectorAll("input")];
const isOpen = (question) => !inputs(question).some((input) => input.checked);

function count() {
  const left = questions.filter(isOpen).length;
  const { none, one, many } = open.dataset;
  open.textContent = left === 0 ? none : left === 1 ? one : many.replace("{n}", left);
}

function goTo(question) {
  const target = question ? inputs(question)[0] : form.querySelector("button");
  target.focus({ preventScroll: true });
  (question ?? target).scrollIntoView({ block: "center" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const here = event.target.closest(".kn-question") ?? (event.target === document.body ? questions[0] : null);
  if (!here) return;
  const chosen = /^[1-9]$/.test(event.key) ? inputs(here)[Number(event.key) - 1] : null;
  if (chosen) {
    event.preventDefault();
    chosen.focus();
    chosen.click();
  } else if (event.key === "Enter") {
    event.preventDefault();
    goTo(questions[questions.indexOf(here) + 1]);
  }
});
form.addEventListener("change", count);
count();
