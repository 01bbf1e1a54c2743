// The isolation page: suggestions for what shall be worked on.
import { suggest } from "./search.js";

const input = document.querySelector("[data-nw-search]");
if (input) suggest(input);
