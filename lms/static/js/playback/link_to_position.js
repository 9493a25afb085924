// Copies a link to the position: "Copy link at 17:02".

import { clock } from "./time_texts.js";

export class LinkToPosition {
  constructor(page, words) {
    this.button = page.querySelector("[data-copy-link]");
    this.words = words;
    if (!this.button) return;
    this.button.hidden = !navigator.clipboard; // not available on pages loaded over plain HTTP
    this.button.addEventListener("click", () => this.copy());
  }

  moveTo(seconds) {
    if (!this.button) return;
    this.seconds = Math.floor(seconds);
    const text = this.words.copy_link.replace("{place}", clock(this.seconds));
    if (this.button.textContent !== text) this.button.textContent = text;
  }

  async copy() {
    const { origin, pathname } = window.location;
    await navigator.clipboard.writeText(`${origin}${pathname}?t=${this.seconds}`);
    const detail = { text: this.words.link_copied, kind: "done" };
    document.dispatchEvent(new CustomEvent("carrel:toast", { detail }));
  }
}
