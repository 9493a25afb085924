// The progress bar under the player: watched parts, the position, and the amount in words.

import { clock } from "./time_texts.js";

const SVG = "http://www.w3.org/2000/svg";
const PLACE_SHARE = 240;
const COUNTED_IN_SECONDS = 600;
const HOLE_SHARE = 300;
const MOST_NAMED = 12;

export class Strip {
  constructor(page, video, watched, words) {
    this.svg = page.querySelector("[data-strip]");
    this.text = page.querySelector("[data-watched-words]");
    this.gap = page.querySelector("[data-next-gap]");
    this.unseen = page.querySelector("[data-gaps-words]");
    this.resume = page.querySelector("[data-resume-words]");
    this.fromStart = page.querySelector("[data-from-start]");
    this.video = video;
    this.watched = watched;
    this.words = words;
    this.starts = watched.shown.starts;
    this.length = watched.shown.ends - watched.shown.starts;
    this.draw();
  }

  draw() {
    if (!this.svg) return;
    const parts = this.watched.parts();
    const here = Number(this.place?.getAttribute("x") ?? this.starts);
    this.place = bar("strip-place", here, this.length / PLACE_SHARE);
    const gaps = parts.length ? this.watched.gaps() : [];
    const last = parts.at(-1)?.[1] ?? 0;
    const holes = gaps.filter(([starts]) => starts < last);
    this.svg.replaceChildren(
      ...parts.map(([starts, ends]) => bar("strip-watched", starts, ends - starts)),
      ...holes.map(([starts, ends]) =>
        bar("strip-hole", starts, Math.max(ends - starts, this.length / HOLE_SHARE)),
      ),
      this.place,
    );
    this.unseen.textContent = this.named(gaps);
    const said = this.words.watched.replace("{done}", this.amount());
    this.svg.setAttribute("aria-label", said);
    this.text.textContent = said;
    this.gap.hidden = !gaps.length;
  }

  // For people who can't see the bar: the unwatched parts, in the same words as the page.
  named(gaps) {
    if (!gaps.length) return "";
    const some = gaps.slice(0, MOST_NAMED).map(([starts, ends]) => this.span(starts, ends));
    if (gaps.length > MOST_NAMED) some.push(this.words.more_gaps.replace("{n}", gaps.length - MOST_NAMED));
    return this.words.gaps.replace("{parts}", some.join(", "));
  }

  span(starts, ends) {
    return this.words.gap.replace("{from}", clock(starts)).replace("{to}", clock(ends));
  }

  // In the same words as the page: minutes, or minutes and seconds for short recordings.
  amount() {
    const seconds = this.watched.total();
    if (this.length >= COUNTED_IN_SECONDS) return minutes(seconds);
    return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  }

  movePlace(at) {
    if (!this.svg) return;
    const last = this.starts + this.length - this.length / PLACE_SHARE;
    this.place.setAttribute("x", Math.min(at, last));
    if (this.resume && !this.video.paused) this.resume.hidden = true;
  }

  showResume(at) {
    if (!this.resume) return;
    this.resume.textContent = this.words.resume.replace("{place}", clock(at));
    this.resume.hidden = this.fromStart.hidden = at <= this.starts;
  }

  // A click on the bar seeks there; for the keyboard, the player's own timeline does the same.
  onChosen(choose) {
    this.svg?.addEventListener("click", (event) => {
      const box = this.svg.getBoundingClientRect();
      choose(this.starts + ((event.clientX - box.left) / box.width) * this.length);
    });
  }
}

function bar(name, x, width) {
  const rect = document.createElementNS(SVG, "rect");
  rect.setAttribute("class", name);
  rect.setAttribute("x", x);
  rect.setAttribute("width", width);
  rect.setAttribute("height", 1);
  return rect;
}

// At least 1 for anything above 0, as on the page.
function minutes(seconds) {
  return seconds > 0 ? Math.max(1, Math.round(seconds / 60)) : 0;
}
