// The line under the film: watched parts, the place, and the amount in words.

const SVG = "http://www.w3.org/2000/svg";
const PLACE_SHARE = 240;
const COUNTED_IN_SECONDS = 600;

export class Strip {
  constructor(page, video, watched, words) {
    this.svg = page.querySelector("[data-strip]");
    this.text = page.querySelector("[data-watched-words]");
    this.gap = page.querySelector("[data-next-gap]");
    this.resume = page.querySelector("[data-resume-words]");
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
    this.svg.replaceChildren(
      ...parts.map(([starts, ends]) => bar("strip-watched", starts, ends - starts)),
      this.place,
    );
    const said = this.words.watched.replace("{done}", this.amount());
    this.svg.setAttribute("aria-label", said);
    this.text.textContent = said;
    this.gap.hidden = !parts.length || this.watched.nextGap(this.starts) === null;
  }

  // As the page says it: minutes, or minutes and seconds of what is short.
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

  // A press on the line goes there; the player's own time line does the same for keys.
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

// At least one of anything, as the page says it too.
function minutes(seconds) {
  return seconds > 0 ? Math.max(1, Math.round(seconds / 60)) : 0;
}
