// Sends the position and what was played to the server: every 15 seconds, and on certain events.

import { forget, remember } from "./unsent_progress.js";

const EVERY_MS = 15_000;
// A timer can fire slightly early; a heartbeat that is due then isn't delayed to the next one.
const NEARLY_MS = 14_000;

export class Heartbeat {
  // Unsent progress is stored for `page`; empty if the browser may be used by someone else next.
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
    // After a pause another screen may have the stream, so check at once.
    video.addEventListener("playing", () => this.beatIfDue());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.tell();
    });
    // Send what was played offline as soon as the network is back.
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

  // One is sent at a time. What is asked for in the meantime is sent after it, once: the first one
  // doesn't have it, and may still fail. A preview sends heartbeats only for its tokens.
  beat(session = this.session) {
    this.due = session;
    this.sending ??= this.sendDue().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  async sendDue() {
    while (this.due) {
      const session = this.due;
      this.due = null;
      await this.send(session);
    }
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
      if (response.ok) this.keep(session, await response.json(), heard);
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

  keep(session, answer, [finished, end]) {
    this.watched.acknowledge(finished, end);
    this.watched.learn(answer.watched);
    this.fastest = this.video.playbackRate;
    this.told.kept(session, answer);
  }

  // Doesn't wait for an answer: the next heartbeat or the next page sends the same again, which is
  // harmless, and nothing is lost while the server restarts.
  tell() {
    if (!this.session || !this.video.readyState) return;
    this.rememberUntold(this.session);
    navigator.sendBeacon(this.session.beat, this.blob());
  }

  // The page is being left: frees its stream at once.
  close(session) {
    this.rememberUntold(session);
    navigator.sendBeacon(session.close, this.blob());
  }

  // The next heartbeat sends all of it, or the next page does.
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
