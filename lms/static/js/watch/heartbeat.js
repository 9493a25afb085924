// Tells the server the place and what was played: every 15 seconds, and when something happens.

const EVERY_MS = 15_000;

export class Heartbeat {
  constructor(video, watched, told) {
    this.video = video;
    this.watched = watched;
    this.told = told;
    for (const name of ["pause", "seeked", "ended"]) {
      video.addEventListener(name, () => this.beat());
    }
    video.addEventListener("ratechange", () => this.noteRate());
    video.addEventListener("playing", () => this.noteRate());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.tell();
    });
    setInterval(() => {
      if (!video.paused) this.beat();
    }, EVERY_MS);
  }

  start(session) {
    this.session = session;
    this.fastest = this.video.playbackRate;
  }

  stop() {
    this.session = null;
  }

  noteRate() {
    this.fastest = Math.max(this.fastest ?? 0, this.video.playbackRate);
  }

  async beat() {
    if (!this.session || this.isSending || !this.video.readyState) return;
    this.isSending = true;
    const session = this.session;
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
      else if (this.session === session) this.told.refused();
    } catch {
      // The line is broken; the next beat tells it all.
    } finally {
      this.isSending = false;
    }
  }

  keep(answer, [finished, end]) {
    this.watched.acknowledge(finished, end);
    this.watched.learn(answer.watched);
    this.fastest = this.video.playbackRate;
    this.told.kept();
  }

  // Without waiting for an answer. What it told is told again with the next beat, which is no harm.
  tell() {
    if (this.session && this.video.readyState) navigator.sendBeacon(this.session.beat, this.blob());
  }

  close() {
    navigator.sendBeacon(this.session.close, this.blob());
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
