// Saves the captions shortly after each change, and shows when another person saved a newer
// version.

const WAIT_MS = 1_500;
const AGAIN_MS = 5_000;

export class Keeper {
  constructor(root, words, desk, version) {
    const find = (name) => root.querySelector(`[data-${name}]`);
    this.url = root.dataset.save;
    this.token = root.dataset.token;
    this.words = words;
    this.desk = desk;
    this.version = version;
    this.status = find("status");
    this.notice = find("elsewhere");
    this.noticeWords = find("elsewhere-words");
    this.saved = desk.cues;
    this.told = "";
    find("theirs").addEventListener("click", () => {
      this.saved = this.desk.cues;
      window.location.reload();
    });
    find("mine").addEventListener("click", () => {
      this.version = this.theirs;
      this.isStopped = false;
      this.notice.hidden = true;
      this.save();
    });
    window.addEventListener("beforeunload", (event) => {
      if (!this.isClean) event.preventDefault();
    });
  }

  get isClean() {
    return this.saved === this.desk.cues;
  }

  changed() {
    clearTimeout(this.waiting);
    if (this.isStopped) return;
    // Undo can return to what is already saved.
    this.status.textContent = this.isClean ? this.told : this.words.unsaved;
    if (this.isClean) return;
    this.waiting = setTimeout(() => this.save(), WAIT_MS);
  }

  // Resolves to true once everything is saved, to false if that isn't possible now.
  async settled() {
    if (!this.isClean) await this.save();
    return this.isClean;
  }

  async save() {
    clearTimeout(this.waiting);
    if (this.isStopped || this.isClean) return;
    if (this.sending) {
      await this.sending;
      if (!this.isClean && !this.isStopped) await this.save();
      return;
    }
    this.sending = this.send(this.desk.cues);
    await this.sending;
    this.sending = null;
  }

  async send(cues) {
    this.status.textContent = this.words.saving;
    try {
      const answer = await fetch(this.url, {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          Accept: "application/json",
          "X-CSRFToken": this.token,
        },
        body: JSON.stringify({ version: this.version, cues }),
      });
      const told = await answer.json();
      if (answer.ok) {
        this.version = told.version;
        this.saved = cues;
        this.told = told.message;
        this.status.textContent = this.isClean ? told.message : this.words.unsaved;
        if (!this.isClean) this.changed();
      } else if (answer.status === 409 && told.code === "saved_elsewhere") {
        this.stop(told);
      } else {
        // Show the error; the next change tries again.
        this.status.textContent = told.message;
      }
    } catch {
      this.status.textContent = this.words.lost;
      this.waiting = setTimeout(() => this.save(), AGAIN_MS);
    }
  }

  stop(told) {
    this.isStopped = true;
    this.theirs = told.version;
    this.noticeWords.textContent = told.message;
    this.notice.hidden = false;
    this.status.textContent = this.words.unsaved;
  }
}
