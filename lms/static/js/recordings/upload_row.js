// A file in the list of uploads: its text, progress bar and buttons.

import { bytes, left, percent, say, share as shareOf, speed } from "./upload_texts.js";

// The buttons shown in each state.
const ACTS = {
  waiting: ["cancel"],
  sending: ["pause", "cancel"],
  paused: ["resume", "cancel"],
  retrying: ["now", "pause", "cancel"],
  checking: [],
  done: [],
  failed: ["resume", "remove"],
  refused: ["retry", "remove"],
  useless: ["remove"],
  stopped: ["again", "cancel"],
};

export class Row {
  constructor(element, acts) {
    this.element = element;
    for (const button of element.querySelectorAll("[data-act]")) {
      button.addEventListener("click", () => acts[button.dataset.act](this));
    }
  }

  part(name) {
    return this.element.querySelector(`[data-row-${name}]`);
  }

  name(text) {
    this.part("name").textContent = text;
    for (const button of this.element.querySelectorAll("[data-act]")) {
      button.setAttribute("aria-label", say("button", { act: button.textContent.trim(), name: text }));
    }
  }

  // `useless` means that another try can't fix the failure.
  show(state, { share, size, rate, secondsLeft, message = "", useless = false }) {
    const before = this.state;
    const kind = kindOf(state, share, useless);
    const isBare = ["refused", "useless"].includes(kind);
    this.state = this.element.dataset.state = state;
    const bar = this.element.querySelector("[data-progress-bar]");
    bar.max = 1;
    bar.value = share;
    this.element.querySelector("[data-progress-label]").textContent = say(kind === "failed" ? "stopped" : state);
    this.element.querySelector("[data-progress-amount]").textContent = isBare ? bytes(size) : amount(state, share, size, rate, secondsLeft);
    this.part("message").textContent = message;
    this.part("message").hidden = !message;
    this.part("message").classList.toggle("error", state === "failed");
    bar.hidden = isBare;
    if (before === state) return;
    const focused = this.element.contains(document.activeElement);
    for (const button of this.element.querySelectorAll("[data-act]")) {
      button.hidden = !ACTS[kind].includes(button.dataset.act);
    }
    if (focused) (this.element.querySelector("[data-act]:not([hidden])") ?? this.part("name")).focus();
  }
}

// A file of which the server accepted nothing is refused: there is nothing to resume.
function kindOf(state, share, useless) {
  if (useless) return "useless";
  return state === "failed" && !share ? "refused" : state;
}

function amount(state, share, size, rate, secondsLeft) {
  const whole = shareOf(percent(share), size);
  if (state !== "sending" || !(rate > 0)) return state === "waiting" ? bytes(size) : whole;
  return [whole, speed(rate), left(secondsLeft)].filter(Boolean).join(", ");
}
