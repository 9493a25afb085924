// Shifts all captions by a number of seconds, and shows the result.

const LATEST_S = 7 * 24 * 3600; // the server's limit

export class Shift {
  constructor(root, words, desk) {
    this.root = root;
    this.words = words;
    this.desk = desk;
    this.field = root.querySelector("[data-shift-by]");
    this.told = root.querySelector("[data-shift-told]");
    root.querySelector("[data-shift]").addEventListener("click", () => this.press());
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.press();
    });
  }

  press() {
    if (!this.desk.cues.length) return;
    const typed = this.field.value.trim().replace(",", ".").replace("\u2212", "-");
    const by = /^[+-]?\d*\.?\d+$/.test(typed) ? Math.round(Number(typed) * 1000) / 1000 : 0;
    // An invalid row isn't applied yet, and would be lost.
    const fault = this.root.querySelector("[data-fault]:not([hidden])");
    if (fault) {
      this.say(this.words.shift_fault);
      fault.closest(".cue").querySelector("input").focus();
    } else if (!by) this.refuse(this.words.shift_what);
    else if (this.desk.lastEnd + by > LATEST_S) this.refuse(this.words.shift_far);
    else {
      const early = this.desk.shift(by);
      const seconds = Math.abs(by).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 3 });
      const told = [(by > 0 ? this.words.shift_later : this.words.shift_earlier).replace("{seconds}", seconds)];
      if (early) told.push(this.words.shift_early.replace("{count}", early));
      this.say(told.join(" "));
    }
  }

  refuse(words) {
    this.say(words);
    this.told.classList.add("error");
    this.field.setAttribute("aria-invalid", "true");
    this.field.focus();
  }

  say(words) {
    this.clear();
    this.told.textContent = words;
  }

  clear() {
    this.told.textContent = "";
    this.told.classList.remove("error");
    this.field.removeAttribute("aria-invalid");
  }
}
