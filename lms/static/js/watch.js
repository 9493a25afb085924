// The watch page: opens a playback session on intent, plays it, keeps the place, and says why when
// it may not go on. The parts in watch/ each know one thing; this file lets them talk.

import { Film } from "./watch/film.js";
import { Doorkeeper } from "./watch/doorkeeper.js";
import { Heartbeat } from "./watch/heartbeat.js";
import { Message } from "./watch/message.js";
import { Strip } from "./watch/strip.js";
import { Tracks } from "./watch/tracks.js";
import { Watched } from "./watch/watched.js";
import { listenForKeys } from "./watch/keys.js";
import { rememberChoices } from "./watch/memory.js";

const REOPENINGS = 3;
const REOPENINGS_WITHIN_MS = 60_000;
const TRY_AGAIN_MS = 3_000;
const ANNOUNCE_MS = 10 * 60_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

class WatchPage {
  constructor(page) {
    this.page = page;
    this.words = JSON.parse(page.dataset.words);
    this.isPreview = page.dataset.preview === "yes";
    this.video = page.querySelector("video");
    this.startAt = Number(page.dataset.resume);
    this.reopenings = [];
    const seconds = Number(page.dataset.seconds);
    this.message = new Message(page, () => this.tryAgain());
    this.doorkeeper = new Doorkeeper(page, this.words);
    this.watched = new Watched(this.video, seconds, page.dataset.watched);
    this.strip = new Strip(page, this.video, this.watched, this.words);
    this.tracks = new Tracks(this.video);
    this.heartbeat = new Heartbeat(this.video, this.watched, {
      kept: () => this.strip.draw(),
      refused: () => this.askWhy(),
    });
    this.film = new Film(this.video, {
      ready: () => this.tracks.show(this.session),
      refused: () => this.askWhy(),
      lost: () => this.message.hint(this.words.lost),
      found: () => this.message.hint(""),
      broken: () => this.stop({ sentence: this.words.broken, may_reopen: true }),
    });
    this.listen();
  }

  listen() {
    const film = this.page.querySelector("[data-film]");
    for (const name of ["pointerenter", "touchstart", "focusin"]) {
      film.addEventListener(name, () => this.prepare(), { once: true, passive: true });
    }
    this.video.addEventListener("play", () => this.prepare());
    this.video.addEventListener("timeupdate", () => this.strip.movePlace(this.video.currentTime));
    this.strip.movePlace(this.startAt);
    rememberChoices(this.video);
    listenForKeys(this.page, this.video, film);
    this.page.querySelector("[data-big-play]").addEventListener("click", () => this.play());
    this.page.querySelector("[data-from-start]")?.addEventListener("click", () => this.go(0));
    this.page.querySelector("[data-next-gap]")?.addEventListener("click", () => {
      this.go(this.watched.nextGap(this.place()));
    });
    this.strip.onChosen((seconds) => this.go(seconds));
    // A page that comes back from the browser's cache has closed its session when it was left.
    window.addEventListener("pagehide", () => this.leave());
  }

  place() {
    return this.session ? this.video.currentTime : this.startAt;
  }

  go(seconds) {
    if (this.session) this.video.currentTime = seconds;
    else this.startAt = seconds;
    this.play();
  }

  play() {
    this.video.play().catch(() => {
      // The browser wants a press on the player itself; its button stands there.
    });
  }

  async prepare() {
    if (this.session || this.opening) return;
    this.opening = true;
    try {
      await this.open(this.video.currentTime || this.startAt);
    } finally {
      this.opening = false;
    }
  }

  async open(at) {
    const answer = await this.doorkeeper.open(Film.isNative());
    if (answer.session) {
      this.message.clear();
      this.begin(answer.session, at);
    } else {
      this.stop(answer.told ?? { sentence: this.words.unreachable, may_reopen: true });
    }
  }

  begin(session, at) {
    this.session = session;
    this.watched.learn(session.watched);
    this.strip.draw();
    if (!this.isPreview) this.heartbeat.start(session);
    this.film.load(session.hls, at);
    this.announceEnd(session.ends_at);
  }

  // A refusal is asked about at once. The film goes on from its buffer meanwhile.
  async askWhy() {
    if (this.asking || !this.session) return;
    this.asking = true;
    this.film.hold();
    try {
      const told = await this.doorkeeper.why(this.session.why);
      if (told === null) this.waitForNetwork();
      else if (this.mayReopen(told)) await this.reopen();
      else this.stop(told);
    } finally {
      this.asking = false;
    }
  }

  mayReopen(told) {
    const moment = performance.now();
    this.reopenings = this.reopenings.filter((at) => moment - at < REOPENINGS_WITHIN_MS);
    if (this.reopenings.length >= REOPENINGS) return false;
    return told.may_reopen || this.isPreview;
  }

  async reopen() {
    this.reopenings.push(performance.now());
    const at = this.video.currentTime;
    this.wasPlaying = !this.video.paused;
    this.watched.pause();
    await this.open(at);
    if (this.wasPlaying && this.session) this.play();
  }

  waitForNetwork() {
    this.message.hint(this.words.lost);
    const again = () => {
      clearTimeout(timer);
      window.removeEventListener("online", again);
      this.askWhy();
    };
    const timer = setTimeout(again, TRY_AGAIN_MS);
    window.addEventListener("online", again);
  }

  // What may not be played is not shown either: the buffer goes with the picture.
  stop(told) {
    if (this.session) this.startAt = this.video.currentTime;
    this.heartbeat.stop();
    this.film.unload();
    this.session = null;
    if (told) this.message.say(told);
  }

  tryAgain() {
    this.message.clear();
    this.reopenings = [];
    this.stop();
    this.play();
  }

  announceEnd(moment) {
    clearTimeout(this.announcing);
    if (!moment) return;
    const ends = new Date(moment);
    const wait = ends - Date.now() - ANNOUNCE_MS;
    const text = this.words.ends_soon.replace(
      "{time}",
      ends.toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" }),
    );
    const announce = () => {
      const detail = { text, kind: "attention" };
      document.dispatchEvent(new CustomEvent("carrel:toast", { detail }));
    };
    this.announcing = setTimeout(announce, Math.min(Math.max(wait, 0), LONGEST_TIMER_MS));
  }

  leave() {
    if (!this.session) return;
    this.heartbeat.close();
  }
}

for (const page of document.querySelectorAll("[data-watch]")) new WatchPage(page);
