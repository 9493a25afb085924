// Tells the server the place and what was played: every 15 seconds, and when something happens.

import { forget, remember } from "./unsent_progress.js";

const EVERY_MS = 15_000;
// A timer may come a little early; a beat that is due then is not put off to the next one.
const NEARLY_MS = 14_000;

export class Heartbeat {
  // `page` is what an unheard rest is kept for; empty where the browser may be anybody's next.
  constructor(page, video, watched, told) {
    this.page = page;
    this.video = video;
    this.watched = watched;
    this.told = told;
    for (const name of ["pause", "seeked", "ended"]) {
      video.addEventListener(name, () => this.beat());
    }
    video.addEventListener("ratechange", () => this.noteRate());
    video.addEventListener("playing", () => this.noteRate());
    // The stream may be somebody else's after a pause, so that is asked at once.
    video.addEventListener("playing", () => this.beatIfDue());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.tell();
    });
    // What was played while the line was broken is told as soon as it is back.
    window.addEventListener("online", () => {
      if (this.watched.claim().length) this.beat();
    });
    setInterval(() => {
      if (!video.paused) this.beat();
    }, EVERY_MS);
  }

  beatIfDue() {
    if (performance.now() - this.beatenAt > NEARLY_MS) this.beat();
  }

  start(session) {
    this.session = session;
    this.beatenAt = performance.now();
    this.fastest = this.video.playbackRate;
  }

  stop() {
    this.session = null;
  }

  noteRate() {
    this.fastest = Math.max(this.fastest ?? 0, this.video.playbackRate);
  }

  // Of two at once the second waits for the first one's answer. A preview beats for its tokens alone.
  beat(session = this.session) {
    this.sending ??= this.send(session).finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  async send(session) {
    if (!session || !this.video.readyState) return;
    this.beatenAt = performance.now();
    const { finished, run } = this.watched;
    const heard = [finished.length, run?.end ?? 0];
    try {
      const response = await fetch(session.beat, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: this.body(),
        credentials: "same-origin",
        keepalive: true,
      });
      if (response.ok) this.keep(await response.json(), heard);
      else if (this.session === session && response.status < 500) this.told.refused();
      if (response.status >= 500) this.rememberUntold(session);
      else if (this.isRemembered) {
        forget(session.close);
        this.isRemembered = false;
      }
    } catch {
      this.rememberUntold(session);
    }
  }

  keep(answer, [finished, end]) {
    this.watched.acknowledge(finished, end);
    this.watched.learn(answer.watched);
    this.fastest = this.video.playbackRate;
    this.told.kept(answer);
  }

  // Without waiting for an answer: what it told is told again with the next beat or by the next page,
  // which is no harm, and nothing is lost where the server is being restarted.
  tell() {
    if (!this.session || !this.video.readyState) return;
    this.rememberUntold(this.session);
    navigator.sendBeacon(this.session.beat, this.blob());
  }

  // The tab is left: its stream is free at once.
  close(session) {
    this.rememberUntold(session);
    navigator.sendBeacon(session.close, this.blob());
  }

  // The next beat tells it all, or the next page does.
  rememberUntold(session) {
    if (!this.page || !this.watched.claim().length) return;
    this.isRemembered = true;
    remember({ page: this.page, address: session.close, body: this.body() });
  }

  blob() {
    return new Blob([this.body()], { type: "application/json" });
  }

  body() {
    return JSON.stringify({
      position: Math.max(0, this.video.currentTime),
      rate: this.fastest || 1,
      spans: this.watched.claim(),
    });
  }
}
