// Theater mode: the player is as wide as the page, with the panels below it; remembered in this
// browser.

import { choices, remember } from "./preferences.js";

export class Theatre {
  constructor(page) {
    this.page = page;
    this.button = page.querySelector("[data-theatre]");
    if (!this.button || !page.querySelector("[data-rail]")) return;
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.turn());
    this.show(choices().theatre === true);
  }

  turn() {
    if (!this.button || this.button.hidden) return;
    const isWide = !this.page.classList.contains("watch-theatre");
    this.show(isWide);
    remember({ theatre: isWide });
  }

  show(isWide) {
    this.page.classList.toggle("watch-theatre", isWide);
    this.button.setAttribute("aria-pressed", isWide);
  }
}
