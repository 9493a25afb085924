// The page viewer of handouts: turns pages in place, also by keyboard, enlarges them, and opens
// over the player on a watch page. Without scripts, each page is a separate link.

import { areShortcutsOn } from "../core/shortcuts.js";

const SIZES = [1, 1.5, 2, 3];
const TURNS = { ArrowLeft: -1, ArrowUp: -1, PageUp: -1, ArrowRight: 1, ArrowDown: 1, PageDown: 1 };

class Preview {
  constructor(root, { isAlone }) {
    this.root = root;
    this.isAlone = isAlone;
    this.leaves = [...root.querySelectorAll("[data-leaf]")];
    this.large = root.querySelector("[data-large]");
    this.place = this.leaves.findIndex((leaf) => leaf.hasAttribute("aria-current"));
    this.size = 0;
    for (const leaf of this.leaves) {
      leaf.addEventListener("click", (event) => this.pressed(event, () => this.show(this.leaves.indexOf(leaf))));
    }
    for (const turn of root.querySelectorAll("[data-turn]")) {
      turn.addEventListener("click", (event) => this.pressed(event, () => this.turn(Number(turn.dataset.turn))));
    }
    for (const button of root.querySelectorAll("[data-size]")) {
      button.addEventListener("click", () => this.resize(this.size + Number(button.dataset.size)));
    }
    this.large.addEventListener("click", (event) => {
      if (event.target.closest("[data-whole]")) this.pressed(event, () => this.resize(this.size ? 0 : 2));
    });
    this.mark();
  }

  // With a modifier key, a click opens a tab, as with any link.
  pressed(event, act) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    act();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, video")) return;
    const moves = this.size && this.large.contains(event.target); // then the keys scroll the enlarged page
    const acts = {
      Home: () => this.show(0),
      End: () => this.show(this.leaves.length - 1),
      "+": () => this.resize(this.size + 1),
      "=": () => this.resize(this.size + 1),
      "-": () => this.resize(this.size - 1),
      0: () => this.resize(0),
    };
    if (event.key === "Escape" && this.isAlone) {
      window.location.assign(this.root.dataset.back);
    } else if (event.key in TURNS && !moves) {
      event.preventDefault();
      this.turn(TURNS[event.key]);
    } else if (Object.hasOwn(acts, event.key) && (event.key.length > 1 ? !moves : areShortcutsOn())) {
      event.preventDefault();
      acts[event.key]();
    }
  }

  turn(by) {
    this.show(Math.min(Math.max(this.place + by, 0), this.leaves.length - 1));
  }

  show(place) {
    if (place === this.place) return;
    const focused = this.leaves.includes(document.activeElement);
    const wasInside = this.large.contains(document.activeElement);
    this.place = place;
    const leaf = this.leaves[place];
    const { leaf: number, src, alt, words, width, height } = leaf.dataset;
    const link = document.createElement("a");
    if (src) {
      const picture = new Image(width, height);
      picture.alt = alt;
      picture.src = src;
      link.href = src;
      link.dataset.whole = "";
      link.append(picture);
    }
    const undrawn = document.createElement("p");
    undrawn.className = "muted";
    undrawn.textContent = this.large.dataset.undrawn;
    this.large.replaceChildren(src ? link : undrawn);
    this.large.scrollTo(0, 0);
    if (wasInside) this.large.focus();
    this.showMoment(leaf);
    const status = this.root.querySelector("[data-place]");
    status.textContent = status.dataset.words.replace("{number}", number);
    const said = this.root.querySelector("[data-page-words]");
    said.textContent = words || said.dataset.none;
    if (this.isAlone) window.history.replaceState(null, "", leaf.href);
    if (focused) leaf.focus();
    this.mark();
    this.resize(this.size);
  }

  // Link to the position where the page appears in the recording, if it is known.
  showMoment(leaf) {
    const link = this.root.querySelector("[data-moment]");
    const { starts, clock, momentUrl } = leaf.dataset;
    link.hidden = !momentUrl;
    link.dataset.moment = starts;
    if (momentUrl) link.href = momentUrl;
    else link.removeAttribute("href");
    link.querySelector("[data-moment-words]").textContent = link.dataset.words.replace("{clock}", clock);
  }

  mark() {
    this.leaves.forEach((leaf, place) => {
      if (place === this.place) leaf.setAttribute("aria-current", "page");
      else leaf.removeAttribute("aria-current");
    });
    for (const turn of this.root.querySelectorAll("[data-turn]")) {
      const next = this.leaves[this.place + Number(turn.dataset.turn)];
      if (next) turn.href = next.href;
      else {
        if (turn === document.activeElement) this.large.focus(); // keyboard events go to the focused element
        turn.removeAttribute("href");
      }
      turn.toggleAttribute("aria-disabled", !next);
      if (!next) turn.setAttribute("aria-disabled", "true");
    }
    // Scroll only the strip, not the page.
    const strip = this.root.querySelector(".preview-strip");
    const leaf = this.leaves[this.place];
    if (!leaf) return;
    const [box, frame] = [leaf.getBoundingClientRect(), strip.getBoundingClientRect()];
    strip.scrollTop += box.top - frame.top - (frame.height - box.height) / 2;
    strip.scrollLeft += box.left - frame.left - (frame.width - box.width) / 2;
    const after = this.leaves[this.place + 1]?.dataset.src;
    if (after) new Image().src = after;
  }

  resize(size) {
    this.size = Math.min(Math.max(size, 0), SIZES.length - 1);
    const picture = this.large.querySelector("img");
    this.large.classList.toggle("is-larger", this.size > 0);
    if (picture) {
      picture.style.width = "";
      if (this.size) picture.style.width = `${Math.round((this.large.clientWidth - 16) * SIZES[this.size])}px`;
    }
    this.root.querySelector("[data-size='-1']").disabled = this.size === 0;
    this.root.querySelector("[data-size='1']").disabled = this.size === SIZES.length - 1;
  }
}

// Opens over the player, which continues behind it.
async function lookOver(link) {
  const answer = await fetch(link.href, { credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.querySelector("[data-handout]");
  if (!answer.ok || !found) throw new Error("no preview");
  const dialog = document.createElement("dialog");
  dialog.className = "preview-dialog";
  const head = document.createElement("div");
  head.className = "preview-head";
  const title = document.createElement("h2");
  title.className = "preview-title";
  title.id = "preview-title";
  title.textContent = page.querySelector("h1").textContent;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button button-small";
  close.textContent = link.dataset.close;
  head.append(title, close);
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.append(head, document.adoptNode(found));
  document.body.append(dialog);
  dialog.showModal();
  const preview = new Preview(found, { isAlone: false });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  const film = document.querySelector("[data-watch]");
  found.querySelector("[data-moment]").addEventListener("click", (event) => {
    if (!film) return;
    preview.pressed(event, () => {
      dialog.close();
      film.dispatchEvent(new CustomEvent("carrel:seek", { detail: Number(event.currentTarget.dataset.moment) }));
    });
  });
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation(); // otherwise the player would handle them
    preview.key(event);
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    link.focus();
  });
  preview.large.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-look]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  lookOver(link).catch(() => window.location.assign(link.href));
});

const alone = document.querySelector("[data-handout]");
if (alone) {
  const preview = new Preview(alone, { isAlone: true });
  document.addEventListener("keydown", (event) => preview.key(event));
}
