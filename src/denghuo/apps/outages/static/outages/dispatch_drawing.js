// The network around the incident: the drawing of the network's own page, brought to the device. The table below it says
// the same for whoever sees no drawing.

import { NetworkCanvas } from "../network/canvas.js";
import { listenToButtons, listenToPointer } from "../network/gestures.js";

const KEPT = "dp-view";
const number = new Intl.NumberFormat(document.documentElement.lang);

export class Drawing {
  constructor(page, words) {
    this.page = page;
    this.stage = page.querySelector("[data-dp-stage]");
    this.caption = page.querySelector("[data-dp-caption]");
    this.words = words;
    this.models = new Map();
    this.asked = 0;
    this.mode = localStorage.getItem(KEPT) === "table" ? "table" : "drawing";
    page.addEventListener("click", (event) => {
      const button = event.target.closest("[data-dp-view]");
      if (button) this.turn(button.dataset.dpView);
    });
    listenToButtons(page, { zoom: (by) => this.view?.zoom(by), fit: () => this.view?.fit(), land: () => this.view?.land() });
  }

  turn(mode = this.mode === "table" ? "drawing" : "table") {
    this.mode = mode;
    localStorage.setItem(KEPT, mode);
    this.show(document.getElementById("dp-below"));
  }

  async show(below) {
    const { drawing, state, focus, ifOpen } = below.dataset, mine = ++this.asked, isDrawn = Boolean(drawing) && this.mode === "drawing";
    const views = below.querySelector("[data-dp-views]");
    if (views) views.hidden = false;
    for (const button of below.querySelectorAll("[data-dp-view]")) button.setAttribute("aria-pressed", String(button.dataset.dpView === this.mode));
    this.stage.hidden = !isDrawn;
    below.classList.toggle("is-drawn", isDrawn);
    if (!isDrawn) return;
    try {
      const view = await this.#viewOf(drawing);
      let told = await fetchJson(state);
      const thing = find(view.model, focus), position = ifOpen ? find(view.model, ifOpen)?.position : undefined;
      const supposed = position !== undefined && !told.open_switches.includes(position);
      if (supposed) told = await fetchJson(`${state}?toggle=${encodeURIComponent(ifOpen)}`);
      if (mine !== this.asked) return;
      view.show({ open: told.open_switches, dead: told.dead_sections, islands: told.islands, touched: new Set(supposed ? [position] : []) });
      this.caption.hidden = !supposed;
      if (thing && this.shown !== `${drawing} ${focus}`) view.focus(thing);
      this.shown = `${drawing} ${focus}`;
      this.page.dataset.drawn = focus;
    } catch {
      if (mine !== this.asked) return;
      this.stage.hidden = true; // the table says it as well
      below.classList.remove("is-drawn");
    }
  }

  async #viewOf(address) {
    if (this.address === address && this.view) return this.view;
    if (!this.models.has(address)) this.models.set(address, await fetchJson(address));
    const canvas = document.createElement("canvas"), old = this.stage.querySelector("canvas");
    for (const { name, value } of old.attributes) if (!["width", "height"].includes(name)) canvas.setAttribute(name, value);
    old.replaceWith(canvas);
    const say = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
    this.view = new NetworkCanvas(canvas, this.models.get(address), {
      dark: (n) => say(this.words.darkPart, { n: number.format(n) }), lamp: (name, n) => say(this.words.lamp, { name, n: number.format(n) }),
    });
    listenToPointer(canvas, this.view, (thing) => this.view.select(thing));
    this.address = address;
    this.shown = "";
    return this.view;
  }
}

function find(model, code) {
  const load = model.loads.code.indexOf(code), branch = model.branches.code.indexOf(code);
  if (branch >= 0) {
    const position = model.branches.switch[branch];
    return position >= 0 ? { kind: "switch", position } : { kind: "branch", position: branch };
  }
  return load >= 0 ? { kind: "load", position: load } : null;
}

async function fetchJson(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}
