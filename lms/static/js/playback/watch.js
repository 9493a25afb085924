// The watch page: opens a playback session on intent, plays it, saves the position, and says why
// playback can't continue. The modules each have one task; this one connects them.

import { Film } from "./hls_video.js";
import { Doorkeeper } from "./session.js";
import { Heartbeat } from "./heartbeat.js";
import { Message } from "./player_message.js";
import { Rail } from "./side_tabs.js";
import { Slides } from "./slide_strip.js";
import { seekByTaps } from "./double_tap_seek.js";
import { Strip } from "./progress_bar.js";
import { Theatre } from "./theater_mode.js";
import { Tracks } from "./text_tracks.js";
import { Watched } from "./watched_ranges.js";
import { listenForKeys } from "./keyboard_shortcuts.js";
import { rememberChoices } from "./preferences.js";
import { styleCaptions } from "./caption_settings.js";
import { inside, keepWithin } from "./clip_limits.js";
import { LinkToPosition } from "./link_to_position.js";
import { showOnLockScreen } from "./media_session.js";
import { clock } from "./time_texts.js";
import { savedPlace, tellUntold } from "./unsent_progress.js";
import { loadScript } from "../core/script_loader.js";

const REOPENINGS = 3;
const REOPENINGS_WITHIN_MS = 60_000;
const TRY_AGAIN_MS = 3_000;
// Longer than a restart takes, and than a crowd waits for its turn.
const OPENING_WITHIN_MS = 120_000;
const ANNOUNCE_MS = 10 * 60_000;
const A_MOMENT_MS = 1_000;

class WatchPage {
  constructor(page) {
    this.page = page;
    this.words = JSON.parse(page.dataset.words);
    this.isPreview = page.dataset.preview === "yes";
    this.video = page.querySelector("video");
    this.startAt = Number(page.dataset.resume);
    // a position in the URL takes precedence over the saved one, the first time
    this.isLinked = new URLSearchParams(window.location.search).has("t");
    this.reopenings = [];
    const seconds = Number(page.dataset.seconds);
    this.message = new Message(page, {
      tryAgain: () => this.tryAgain(),
      takeOver: () => this.takeOver(),
    });
    this.doorkeeper = new Doorkeeper(page, this.words);
    this.shown = { starts: Number(page.dataset.starts), ends: Number(page.dataset.ends) };
    this.watched = new Watched(this.video, seconds, page.dataset.watched, this.shown);
    this.strip = new Strip(page, this.video, this.watched, this.words);
    this.tracks = new Tracks(this.video);
    this.sound = page.querySelector("[data-sound-alone]");
    this.link = new LinkToPosition(page, this.words);
    const lists = {
      wanted: () => this.prepareUnlessItWaits(),
      chosen: (seconds) => this.go(seconds),
    };
    this.slides = new Slides(page, "slides", lists);
    this.chapters = new Slides(page, "chapters", lists);
    for (const rail of page.querySelectorAll("[data-rail]")) {
      new Rail(rail, (panel) => panel === "panel-slides" && this.prepareUnlessItWaits());
    }
    // A page in a frame has no sign-in that would separate the people who share this browser.
    const { open, token } = page.dataset;
    this.heartbeat = new Heartbeat(token ? open : "", this.video, this.watched, {
      kept: (session, { film }) => {
        if (film && session === this.session) this.film.renew(film);
        this.strip.draw();
      },
      refused: () => this.askWhy(),
    });
    this.film = new Film(this.video, {
      ready: () => this.tracks.show(this.session),
      hasSound: () => this.sound?.removeAttribute("disabled"),
      refused: (refusal) => this.renew(refusal),
      lost: () => this.message.hint(this.words.lost),
      slow: () => this.message.hint(this.words.slow),
      found: () => this.message.hint(""),
      broken: () => this.stop({ sentence: this.words.broken, may_reopen: true }),
    });
    this.listen();
    this.untold = this.tellUntold();
    this.loadScripts();
  }

  // The player's buttons load after the visible page. hls.js, half of all that a watch page loads,
  // comes after them, or at the first sign that the person will play.
  loadScripts() {
    this.nameControls();
    loadScript(this.page.dataset.controls);
    if (document.readyState === "complete") this.loadHls();
    else window.addEventListener("load", () => this.loadHls(), { once: true });
  }

  // media-chrome names its controls as it starts, in the language of its root (see
  // docs/decisions/player-texts.md).
  nameControls() {
    const player = this.page.querySelector("media-controller");
    player.lang = document.documentElement.lang;
    window.mediaChromeTexts = {
      [player.lang]: {
        ...JSON.parse(this.page.dataset.controlTexts),
        "video player": player.getAttribute("aria-label"),
      },
    };
  }

  loadHls() {
    const isOfUse = window.MediaSource || window.ManagedMediaSource;
    return isOfUse ? loadScript(this.page.dataset.hls) : null;
  }

  // Send what an earlier page couldn't before opening a session: a new session ends the one in
  // which it was played.
  async tellUntold() {
    const taken = await tellUntold(this.page.dataset.open);
    if (!taken.length) return;
    for (const { watched } of taken) this.watched.learn(watched);
    this.strip.draw();
    this.resumes = !this.isLinked; // the position was saved, too
    if (this.resumes) this.showPlace();
  }

  async showPlace() {
    const place = await savedPlace();
    if (place === null || this.session || this.chosenAt !== undefined) return;
    this.startAt = place;
    this.moveTo(this.startAt);
    this.strip.showResume(this.startAt);
  }

  listen() {
    const film = this.page.querySelector("[data-film]");
    const early = ["pointerenter", "touchstart", "focusin"];
    for (const name of this.page.dataset.waits === "yes" ? [] : early) {
      film.addEventListener(name, () => this.prepare(), { once: true, passive: true });
    }
    if (this.shown.starts > 0 || this.shown.ends < this.watched.seconds) {
      keepWithin(this.video, this.shown);
    }
    // In full screen, show the messages over the player as well.
    customElements.whenDefined("media-controller").then(() => {
      film.querySelector("media-controller").fullscreenElement = film;
    });
    this.video.addEventListener("play", () => this.prepare({ isPressed: true }));
    this.video.addEventListener("timeupdate", () => this.moveTo(this.video.currentTime));
    this.video.addEventListener("ended", () => this.offerNext());
    this.sound?.addEventListener("click", () => this.turnSoundAlone());
    showOnLockScreen(this.page, this.video, () => this.play());
    this.moveTo(this.startAt);
    rememberChoices(this.video);
    const theatre = new Theatre(this.page);
    styleCaptions(film, this.video);
    seekByTaps(film, this.video, (seconds) => {
      const words = seconds < 0 ? this.words.back : this.words.on;
      this.message.pass(words);
    });
    listenForKeys(this.page, this.video, film, {
      tell: (text) => this.message.pass(text),
      more: {
        n: () => this.page.dispatchEvent(new CustomEvent("carrel:note")),
        t: () => theatre.turn(),
        u: () => this.goToNextGap(),
      },
    });
    this.page.querySelector("[data-big-play]").addEventListener("click", () => this.play());
    this.page.querySelector("[data-from-start]")?.addEventListener("click", () => this.go(this.shown.starts));
    this.page.querySelector("[data-next-gap]")?.addEventListener("click", () => this.goToNextGap());
    this.strip.onChosen((seconds) => this.go(seconds));
    this.page.addEventListener("carrel:seek", (event) => this.go(event.detail));
    // A page restored from the browser's cache closed its session when it was left.
    window.addEventListener("pagehide", () => this.leave());
  }

  moveTo(seconds) {
    this.strip.movePlace(seconds);
    this.slides.follow(seconds);
    this.chapters.follow(seconds);
    this.link.moveTo(seconds);
  }

  place() {
    return this.session ? this.video.currentTime : this.startAt;
  }

  go(seconds) {
    if (this.session) this.video.currentTime = seconds;
    else this.startAt = this.chosenAt = seconds;
    this.play();
  }

  goToNextGap() {
    const gap = this.watched.nextGap(this.place());
    if (gap) {
      this.go(gap[0]);
      this.message.pass(this.strip.span(...gap));
    } else {
      this.message.pass(this.words.all_seen);
    }
  }

  play() {
    this.video.play().catch(() => {
      // The browser requires a click on the player itself; its button is there.
    });
  }

  // Opens before the click, so that playback starts at once. If another screen plays, only a click
  // shows a message.
  async prepare({ isPressed = false } = {}) {
    this.isPressed ||= isPressed;
    if (this.session || this.opening) return;
    await this.open(this.video.currentTime || this.startAt);
  }

  // If playing uses something up, only a click on the player counts as intent.
  prepareUnlessItWaits() {
    if (this.page.dataset.waits !== "yes") this.prepare();
  }

  // The later of two calls wins: hovering before a takeover opens a session before the click does.
  async open(at, { takesOver = false } = {}) {
    const opening = Symbol("opening");
    this.opening = opening;
    await Promise.all([this.untold, this.loadHls()]);
    const answer = await this.ask({ native: Film.isNative(), takesOver }, opening);
    if (this.opening !== opening) return;
    this.opening = null;
    if (answer.session) {
      this.message.clear();
      this.begin(answer.session, this.resumes ? inside(answer.session.resume_s, this.shown) : at);
      this.resumes = this.isLinked = false;
    } else {
      const told = answer.told ?? { sentence: this.words.unreachable, may_reopen: true };
      const isQuiet = told.code === "STREAM_LIMIT" && !this.isPressed;
      this.stop(isQuiet ? null : told);
    }
  }

  // If the server can't be reached for a moment, try again before showing an error.
  async ask(wish, opening) {
    const ends = performance.now() + OPENING_WITHIN_MS;
    for (;;) {
      const answer = await this.doorkeeper.open(wish);
      if (answer.session || answer.told || performance.now() > ends) return answer;
      this.message.hint(this.words.lost);
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
      if (this.opening !== opening) return answer;
    }
  }

  begin(session, at) {
    this.session = session;
    this.page.dispatchEvent(new CustomEvent("carrel:begun", { bubbles: true }));
    this.watched.learn(session.watched);
    this.strip.draw();
    if (!this.isPreview) this.heartbeat.start(session);
    // A position chosen while the session was opening takes precedence.
    this.film.load(session.hls, this.chosenAt ?? at);
    this.chosenAt = null;
    this.slides.show(session.slides);
    this.announceEnd(session);
  }

  // Without the picture a recording takes a tenth of the data. Playback continues where it was.
  turnSoundAlone() {
    if (!this.session) return;
    const { token } = this.film;
    const at = this.video.currentTime;
    const wasPlaying = !this.video.paused;
    this.watched.pause();
    this.film.isSoundAlone = !this.film.isSoundAlone;
    this.sound.textContent = this.film.isSoundAlone ? this.words.show_video : this.words.audio_only;
    this.film.load(this.session.hls, at);
    this.film.renew(token);
    if (wasPlaying) this.play();
  }

  // After the last second: the next webinar of the series, if there is one.
  async offerNext() {
    const { next } = this.page.dataset;
    if (!next) return;
    const answer = await fetch(next, { headers: { Accept: "application/json" } }).catch(() => null);
    const told = answer?.ok ? await answer.json() : {};
    if (told.url && this.video.ended) this.message.announce(told.text, told);
  }

  // After a pause the media token may have expired, and in another network it is invalid: a
  // heartbeat brings the next one. If that doesn't help, the refusal had another reason.
  async renew({ isOutdated }) {
    const { token } = this.film;
    if (!this.session?.is_renewed || this.asking) return this.askWhy();
    this.film.hold();
    if (isOutdated) return this.film.goOnAsking();
    await this.heartbeat.beat(this.session);
    if (this.asking || !this.session) return;
    if (this.film.token === token) return this.askWhy();
    this.film.goOnAsking();
  }

  // Ask the server about a refusal at once. Playback continues from the buffer meanwhile.
  async askWhy() {
    if (this.asking || !this.session) return;
    this.asking = true;
    this.film.hold();
    try {
      const told = await this.doorkeeper.why(this.session.why);
      if (told === null) this.waitForNetwork();
      else if (this.mayReopen(told)) await this.reopen(told);
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

  // If the session is still live, this is the screen that has the stream.
  async reopen({ is_live: takesOver }) {
    this.reopenings.push(performance.now());
    const at = this.video.currentTime;
    this.wasPlaying = !this.video.paused;
    this.watched.pause();
    await this.open(at, { takesOver });
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

  // What can't be played must not be visible either, so the buffer is cleared with the picture.
  stop(told) {
    if (this.session) this.startAt = this.video.currentTime;
    clearTimeout(this.announcing);
    clearTimeout(this.ending);
    // Progress up to the end still counts, whatever ended the session; this also frees the stream.
    if (this.session) this.heartbeat.close(this.session);
    this.heartbeat.stop();
    this.video.pause();
    this.film.unload();
    this.session = null;
    this.isPressed = false;
    if (told) this.message.say({ ...told, more: told.more || this.keptPlace() });
  }

  keptPlace() {
    if (this.isPreview || this.startAt < this.shown.starts + 1) return "";
    return this.words.kept.replace("{place}", clock(this.startAt));
  }

  tryAgain() {
    this.message.clear();
    this.reopenings = [];
    this.stop();
    this.play();
  }

  async takeOver() {
    this.message.clear();
    this.reopenings = [];
    this.resumes = !this.isLinked; // the other screen has played on
    await this.open(this.startAt, { takesOver: true });
    if (this.session) this.play();
  }

  // Announces a known end of access ten minutes ahead, and asks the server when it has come.
  announceEnd({ ends_at: moment, ends_in_s: seconds }) {
    clearTimeout(this.announcing);
    clearTimeout(this.ending);
    if (!moment) return;
    const text = this.words.ends_soon.replace(
      "{time}",
      new Date(moment).toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" }),
    );
    const wait = Math.max(seconds * 1000 - ANNOUNCE_MS, 0);
    this.announcing = setTimeout(() => this.message.announce(text), wait);
    this.ending = setTimeout(() => this.askWhy(), seconds * 1000 + A_MOMENT_MS);
  }

  leave() {
    if (!this.session) return;
    this.heartbeat.close(this.session);
  }
}

for (const page of document.querySelectorAll("[data-watch]")) new WatchPage(page);
