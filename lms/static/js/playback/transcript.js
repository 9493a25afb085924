// The transcript beside the player: follows playback, seeks on click, and can be searched. Only a
// few hundred lines are in the page at a time, however long it is.

import { clock } from "./time_texts.js";

const AT_ONCE = 150;
const MOST = 450;
const MOST_FOUND = 200;
const LEFT_ALONE_MS = 5_000;
const TYPED_MS = 150;
const NEAR_PX = 600;

export class Transcript {
  constructor(box, page) {
    const find = (name) => box.querySelector(`[data-transcript-${name}]`);
    this.page = page;
    this.video = page.querySelector("video");
    this.words = JSON.parse(box.dataset.words);
    this.list = box.querySelector("ol");
    this.scroll = find("scroll");
    this.status = find("status");
    this.search = find("search");
    this.language = find("language");
    this.here = find("here");
    this.links = { page: find("page"), text: find("text") };
    this.shown = { starts: Number(page.dataset.starts), ends: Number(page.dataset.ends) };
    this.lines = [];
    this.from = this.to = 0;
    this.now = -1;
    this.leftAt = -LEFT_ALONE_MS;
    this.listen();
    this.fetch(this.list.dataset.lines);
  }

  listen() {
    this.list.addEventListener("click", (event) => this.go(event.target.closest("button")));
    for (const name of ["wheel", "touchmove", "pointerdown", "keydown"]) {
      this.scroll.addEventListener(name, () => this.leave(), { passive: true });
    }
    this.scroll.addEventListener("scroll", () => this.grow(), { passive: true });
    this.scroll.addEventListener("keydown", (event) => this.step(event));
    this.here.addEventListener("click", () => this.back());
    this.search.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.look(), TYPED_MS);
    });
    this.language?.addEventListener("change", () => this.speak());
    for (const name of ["timeupdate", "seeked"]) {
      this.video.addEventListener(name, () => this.follow(this.video.currentTime));
    }
  }

  // If two languages are loading, the later choice wins.
  async fetch(url) {
    this.wanted = url;
    this.status.textContent = this.words.loading;
    this.list.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(answer.status);
      const told = await answer.json();
      if (this.wanted !== url) return;
      const { starts: first, ends: last } = this.shown;
      // Normalized once, so that searching a day of speech is fast.
      this.lines = told.lines
        .filter(([starts, ends]) => ends > first && starts < last)
        .map(([starts, ends, said]) => ({ starts, ends, said, folded: fold(said) }));
      this.list.lang = told.language;
      this.status.textContent = "";
      this.now = -1;
      this.look();
      const place = this.video.currentTime || Number(this.page.dataset.resume);
      if (place > first) this.follow(place, { isFirst: true });
    } catch {
      if (this.wanted !== url) return;
      this.status.textContent = this.words.failed;
    }
    this.list.removeAttribute("aria-busy");
  }

  speak() {
    const chosen = this.language.selectedOptions[0];
    this.links.page.href = chosen.dataset.page;
    this.links.text.href = chosen.dataset.text;
    this.fetch(chosen.dataset.lines);
  }

  // Shows all lines around the current one, or those that match the search.
  look() {
    const words = fold(this.search.value).split(/\s+/).filter(Boolean);
    this.asked = words;
    if (!words.length) {
      this.status.textContent = "";
      this.show(Math.max(0, this.now - AT_ONCE / 2));
      this.markNow();
      return;
    }
    const found = [];
    let count = 0;
    this.lines.forEach((line, index) => {
      if (!words.every((word) => line.folded.includes(word))) return;
      count += 1;
      if (found.length < MOST_FOUND) found.push(index);
    });
    this.list.replaceChildren(...found.map((index) => this.item(index)));
    this.from = this.to = 0;
    this.scroll.scrollTop = 0;
    this.here.hidden = true;
    this.status.textContent = this.counted(count);
    this.markNow();
  }

  counted(count) {
    if (count > MOST_FOUND) return this.words.most.replace("{n}", MOST_FOUND);
    if (count > 1) return this.words.found.replace("{n}", count);
    return count ? this.words.one : this.words.none;
  }

  get isSearching() {
    return Boolean(this.asked?.length);
  }

  show(from) {
    this.from = Math.max(0, Math.min(from, this.lines.length - AT_ONCE));
    this.to = Math.min(this.lines.length, this.from + AT_ONCE);
    this.list.replaceChildren(...this.items(this.from, this.to));
  }

  items(from, to) {
    return Array.from({ length: to - from }, (_, step) => this.item(from + step));
  }

  item(index) {
    const { starts, said } = this.lines[index];
    const item = document.createElement("li");
    const button = document.createElement("button");
    const time = document.createElement("time");
    const words = document.createElement("span");
    item.dataset.index = index;
    button.type = "button";
    time.textContent = clock(starts);
    words.dir = "auto";
    words.append(...this.marked(said));
    button.append(time, words);
    item.append(button);
    return item;
  }

  marked(said) {
    if (!this.isSearching) return [said];
    const folded = fold(said);
    // If normalizing changes the length, the wrong characters would be marked.
    if (folded.length !== said.length) return [said];
    const parts = [];
    let at = 0;
    while (at < said.length) {
      const next = this.asked
        .map((word) => [folded.indexOf(word, at), word.length])
        .filter(([place]) => place >= 0)
        .sort((one, other) => one[0] - other[0])[0];
      if (!next) break;
      const mark = document.createElement("mark");
      mark.textContent = said.slice(next[0], next[0] + next[1]);
      parts.push(said.slice(at, next[0]), mark);
      at = next[0] + next[1];
    }
    return [...parts, said.slice(at)];
  }

  // Adds lines at the end that is reached; removes distant ones at the other end.
  grow() {
    if (this.isSearching || !this.lines.length) return;
    const { scrollTop, scrollHeight, clientHeight } = this.scroll;
    if (scrollHeight - scrollTop - clientHeight < NEAR_PX && this.to < this.lines.length) {
      const more = Math.min(this.lines.length, this.to + AT_ONCE);
      this.list.append(...this.items(this.to, more));
      this.to = more;
      this.keepInPlace(() => this.trim(Math.max(0, this.list.children.length - MOST), true));
    } else if (scrollTop < NEAR_PX && this.from > 0) {
      const less = Math.max(0, this.from - AT_ONCE);
      this.keepInPlace(() => this.list.prepend(...this.items(less, this.from)));
      this.from = less;
      this.trim(Math.max(0, this.list.children.length - MOST), false);
    }
    this.markNow();
  }

  trim(count, isAbove) {
    for (let step = 0; step < count; step += 1) {
      (isAbove ? this.list.firstElementChild : this.list.lastElementChild).remove();
    }
    if (isAbove) this.from += count;
    else this.to -= count;
  }

  // Keeps what is being read in place when lines above it are added or removed.
  keepInPlace(change) {
    const { scrollTop } = this.scroll;
    const held = [...this.list.children].find(
      (item) => item.offsetTop + item.offsetHeight > scrollTop + this.list.offsetTop,
    );
    const before = held?.offsetTop ?? 0;
    change();
    if (held?.isConnected) this.scroll.scrollTop = scrollTop + held.offsetTop - before;
  }

  follow(at, { isFirst = false } = {}) {
    const now = this.lineAt(at);
    if (now === this.now && !isFirst) return;
    this.now = now;
    if (this.isSearching || now < 0) {
      this.markNow();
      return;
    }
    const isLeft = performance.now() - this.leftAt < LEFT_ALONE_MS || this.scroll.matches(":focus-within");
    if (isLeft && !isFirst) {
      this.markNow();
      this.here.hidden = this.isSeen();
      return;
    }
    this.center();
  }

  center() {
    this.here.hidden = true;
    if (this.now < this.from || this.now >= this.to) this.show(this.now - AT_ONCE / 2);
    const item = this.markNow();
    if (!item) return;
    const wanted = item.offsetTop - this.list.offsetTop - this.scroll.clientHeight / 3;
    this.scroll.scrollTop = Math.max(0, wanted);
  }

  isSeen() {
    const item = this.list.children[this.now - this.from];
    if (!item) return false;
    const top = item.offsetTop - this.list.offsetTop - this.scroll.scrollTop;
    return top >= 0 && top < this.scroll.clientHeight;
  }

  back() {
    this.leftAt = -LEFT_ALONE_MS;
    if (this.scroll.matches(":focus-within")) this.here.focus();
    this.center();
  }

  leave() {
    this.leftAt = performance.now();
  }

  // Returns the index of the last line that has started, or -1.
  lineAt(at) {
    let low = 0;
    let high = this.lines.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.lines[middle].starts <= at + 0.05) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  markNow() {
    this.list.querySelector('[aria-current="true"]')?.removeAttribute("aria-current");
    const item = this.list.querySelector(`[data-index="${this.now}"]`);
    item?.setAttribute("aria-current", "true");
    return item;
  }

  step(event) {
    const way = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    const item = event.target.closest("li");
    if (!way || !item) return;
    event.preventDefault();
    event.stopPropagation();
    item[way]?.firstElementChild.focus();
  }

  go(button) {
    if (!button) return;
    const { starts } = this.lines[Number(button.parentElement.dataset.index)];
    this.leftAt = -LEFT_ALONE_MS;
    this.page.dispatchEvent(new CustomEvent("carrel:seek", { detail: starts }));
  }
}

function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
