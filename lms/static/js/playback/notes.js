// A person's notes beside the player: the key n starts one at the current position, and the forms
// save without leaving the page. Without scripts, the same forms open a page.

import { clock } from "./time_texts.js";

// Screen readers announce the same status again only if it was empty for a moment.
const SOON_MS = 100;

export class Notes {
  constructor(box, page) {
    this.page = page;
    this.video = page.querySelector("video");
    this.words = JSON.parse(box.dataset.words);
    this.shown = box.querySelector("[data-notes-shown]");
    this.status = box.querySelector("[data-notes-status]");
    this.form = box.querySelector("[data-note-new]");
    this.text = this.form.elements.text;
    this.at = this.form.elements.at;
    box.addEventListener("submit", (event) => this.send(event));
    box.addEventListener("keydown", (event) => this.press(event));
    this.shown.addEventListener("click", (event) => this.seek(event));
    this.text.addEventListener("beforeinput", () => this.begin());
    this.at.addEventListener("input", () => (this.isSet = true));
    this.video.addEventListener("timeupdate", () => this.follow());
    page.addEventListener("carrel:note", () => this.open());
    this.follow();
  }

  // A new note gets the position at which typing started.
  begin() {
    if (!this.text.value) this.follow();
  }

  follow() {
    if (this.text.value || this.isSet) return;
    const place = this.video.currentTime || Number(this.page.dataset.resume);
    this.at.value = clock(place);
  }

  open() {
    document.getElementById("tab-notes")?.click();
    this.begin();
    this.form.scrollIntoView({ block: "nearest" });
    this.text.focus();
  }

  press(event) {
    const form = event.target.closest("form");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.key === "Escape" && event.target === this.text) {
      event.preventDefault();
      this.page.querySelector("media-play-button")?.focus();
    }
  }

  seek(event) {
    const link = event.target.closest("[data-seek]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.page.dispatchEvent(new CustomEvent("carrel:seek", { detail: Number(link.dataset.seek) }));
  }

  async send(event) {
    const form = event.target;
    event.preventDefault();
    if (form.dataset.sending) return;
    form.dataset.sending = "yes";
    const answer = await post(form.action, new FormData(form));
    delete form.dataset.sending;
    if (!answer?.ok) {
      this.fail(form, answer?.body?.message ?? this.words.failed);
      return;
    }
    const isNew = form === this.form;
    if (isNew) this.clear();
    this.show(answer.body, form, isNew);
  }

  clear() {
    this.form.reset();
    this.fail(this.form, "");
    this.isSet = false;
    this.text.value = "";
    this.follow();
  }

  fail(form, said) {
    const line = form.querySelector("[data-note-fault]");
    if (!line) {
      if (said) toast(said, { kind: "danger" });
      return;
    }
    line.textContent = said;
    line.hidden = !said;
  }

  // Focus follows the action: the new note's text, the changed note, or the place of a deleted one.
  show({ html, note }, form, isNew) {
    const place = [...this.shown.querySelectorAll("[data-note]")].findIndex((each) => each.contains(form));
    this.shown.innerHTML = html;
    const mine = this.shown.querySelector(`[data-note="${note}"]`);
    if (isNew) {
      mine?.scrollIntoView({ block: "nearest" });
      this.text.focus();
      this.say(this.words.saved);
    } else if (mine) {
      mine.querySelector("a")?.focus();
      this.say(this.words.saved);
    } else {
      const rest = this.shown.querySelectorAll("[data-note] .note-time");
      (rest[Math.min(place, rest.length - 1)] ?? this.text).focus();
      this.offerUndo(form);
    }
  }

  // Only for screen readers: others can see the note in its place.
  say(said) {
    this.status.textContent = "";
    setTimeout(() => (this.status.textContent = said), SOON_MS);
  }

  offerUndo(form) {
    const body = new FormData(form);
    const run = async () => {
      const answer = await post(form.dataset.putBack, body);
      if (!answer?.ok) return toast(answer?.body?.message ?? this.words.failed, { kind: "danger" });
      this.shown.innerHTML = answer.body.html;
      this.shown.querySelector(`[data-note="${answer.body.note}"] a`)?.focus();
    };
    toast(this.words.deleted, { act: { label: this.words.undo, run } });
  }
}

function toast(text, { kind = "done", act } = {}) {
  document.dispatchEvent(new CustomEvent("carrel:toast", { detail: { text, kind, act } }));
}

async function post(url, body) {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { Accept: "application/json" },
      body,
      credentials: "same-origin",
    });
    return { ok: response.ok, body: await response.json().catch(() => undefined) };
  } catch {
    return null; // The network is down; what was typed stays.
  }
}
