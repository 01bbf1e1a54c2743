// The isolation page: suggestions for what shall be worked on, and the print button.
import { suggest } from "./search.js";

const input = document.querySelector("[data-nw-search]");
if (input) suggest(input);
document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
