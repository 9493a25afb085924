// The quality levels of a video, in the form that media-chrome's quality menu reads.

export class Renditions extends EventTarget {
  constructor(video, choose) {
    super();
    this.choose = choose;
    this.length = 0;
    this.index = -1;
    // media-chrome reads this property; no browser has its own.
    Object.defineProperty(video, "videoRenditions", { value: this, configurable: true });
  }

  get selectedIndex() {
    return this.index;
  }

  set selectedIndex(index) {
    this.index = index;
    this.choose(index);
    this.dispatchEvent(new Event("change"));
  }

  fill(levels) {
    this.clear();
    // Show the menu only if there is a choice.
    if (levels.length < 2) return;
    levels.forEach((level, index) => {
      const { width, height, bitrate, frameRate } = level;
      this[index] = { id: String(index), width, height, bitrate, frameRate };
    });
    this.length = levels.length;
    this.dispatchEvent(new Event("addrendition"));
  }

  clear() {
    for (let index = 0; index < this.length; index += 1) delete this[index];
    this.length = 0;
    this.index = -1;
    this.dispatchEvent(new Event("removerendition"));
  }

  *[Symbol.iterator]() {
    for (let index = 0; index < this.length; index += 1) yield this[index];
  }
}
