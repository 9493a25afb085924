// The lists of slides and of chapters: a click seeks there, the current one is marked, arrow keys move
// through it.

const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

export class Slides {
  constructor(page, name, { wanted, chosen }) {
    this.list = page.querySelector(`[data-${name}]`);
    this.tiles = this.list ? [...this.list.querySelectorAll("button")] : [];
    this.starts = this.tiles.map((tile) => Number(tile.dataset.starts));
    this.current = -1;
    if (!this.tiles.length) return;
    this.tiles.forEach((tile, place) => {
      tile.addEventListener("click", () => chosen(this.starts[place]));
    });
    this.list.addEventListener("keydown", (event) => this.press(event));
    for (const name of ["pointerenter", "touchstart", "focusin"]) {
      this.list.addEventListener(name, wanted, { once: true, passive: true });
    }
    this.rest(0);
  }

  // Pictures need the session's token, and are loaded as they come into view.
  show(folder) {
    this.seer?.disconnect();
    this.seer = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          if (!isIntersecting) continue;
          this.seer.unobserve(target);
          const picture = target.querySelector("img");
          picture.onload = () => (picture.hidden = false);
          picture.src = folder + target.dataset.picture;
        }
      },
      { rootMargin: "300px" },
    );
    for (const tile of this.tiles) if (!tile.querySelector("img").src) this.seer.observe(tile);
  }

  follow(at) {
    const after = this.starts.findIndex((starts) => starts > at + 0.01);
    const place = (after < 0 ? this.starts.length : after) - 1;
    if (!this.tiles.length || place === this.current) return;
    this.tiles[this.current]?.removeAttribute("aria-current");
    this.current = place;
    const tile = this.tiles[place];
    if (!tile) return;
    tile.setAttribute("aria-current", "true");
    if (this.list.contains(document.activeElement)) return;
    this.rest(place);
    this.bringIntoView(tile);
  }

  // Scroll only the panel, not the page.
  bringIntoView(tile) {
    const panel = this.list.closest(".tab-panel");
    if (panel.scrollHeight <= panel.clientHeight || panel.matches(":hover")) return;
    const [box, frame] = [tile.getBoundingClientRect(), panel.getBoundingClientRect()];
    if (box.top < frame.top || box.bottom > frame.bottom) {
      panel.scrollTop += box.top - frame.top - frame.height / 3;
    }
  }

  // Tab reaches one tile, arrow keys the others.
  rest(place) {
    this.tiles.forEach((tile, each) => (tile.tabIndex = each === place ? 0 : -1));
  }

  press(event) {
    const here = this.tiles.indexOf(event.target);
    const places = { Home: 0, End: this.tiles.length - 1 };
    const next = event.key in STEPS ? here + STEPS[event.key] : places[event.key];
    if (here < 0 || next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const tile = this.tiles[Math.min(Math.max(next, 0), this.tiles.length - 1)];
    this.rest(this.tiles.indexOf(tile));
    tile.focus();
  }
}
