// Which parts were played: what hasn't been sent to the server yet, and what it has saved.

const BUCKET_S = 5;
// If two reports of the position are further apart than this, it was a jump.
const LEAP_S = 1.5;
// The edges of a part are known to half a second; the server accepts that.
const EDGE_S = 0.5;
// A heartbeat can contain at most this many parts.
const MOST_SPANS = 200;

export class Watched {
  // For a clip, only parts within `shown` are counted, drawn and searched.
  constructor(video, seconds, buckets, shown = { starts: 0, ends: seconds }) {
    this.video = video;
    this.seconds = seconds;
    this.shown = shown;
    this.count = Math.max(1, Math.ceil(seconds / BUCKET_S));
    this.kept = new Uint8Array(Math.ceil(this.count / 8));
    this.finished = [];
    this.run = null;
    this.learn(buckets);
    video.addEventListener("timeupdate", () => this.follow());
    video.addEventListener("playing", () => this.follow());
    video.addEventListener("pause", () => this.reach(video.currentTime));
    video.addEventListener("ended", () => this.reach(video.duration));
    video.addEventListener("seeking", () => this.pause());
  }

  follow() {
    if (this.video.paused || this.video.seeking) return;
    const at = this.video.currentTime;
    if (!this.reach(at)) {
      this.pause();
      this.run = { start: at, end: at };
    }
    this.heardAt = performance.now();
  }

  // Extends the current run to a position that was played up to; returns false if that was a jump.
  reach(at) {
    if (!this.run || this.video.seeking || at < this.run.end) return false;
    const passed = ((performance.now() - this.heardAt) / 1000) * this.video.playbackRate;
    if (at - this.run.end > passed + LEAP_S) return false;
    this.run.end = at;
    return true;
  }

  pause() {
    if (this.run && this.run.end > this.run.start) this.finished.push(this.run);
    this.run = null;
  }

  // Returns what was played and isn't acknowledged yet.
  claim() {
    const runs = this.run ? [...this.finished, this.run] : this.finished;
    return runs
      .filter(({ start, end }) => end > start)
      .map(({ start, end }) => [round(start), round(end)])
      .slice(-MOST_SPANS);
  }

  // Forgets what the server received. A half-played bucket is sent again with its rest.
  acknowledge(finished, end) {
    this.finished.splice(0, finished);
    if (!this.run || this.run.start > end) return;
    const whole = Math.floor(Math.min(this.run.end, end) / BUCKET_S) * BUCKET_S;
    this.run.start = Math.max(this.run.start, whole);
  }

  // Adds what the server has saved: base64 of a bitmap, bucket i in bit i % 8 of byte i / 8.
  learn(text) {
    const bytes = atob(text ?? "");
    for (let index = 0; index < Math.min(bytes.length, this.kept.length); index += 1) {
      this.kept[index] |= bytes.charCodeAt(index);
    }
  }

  has(bucket) {
    return Boolean((this.kept[bucket >> 3] >> (bucket & 7)) & 1);
  }

  // A bucket that is only partly in a clip can't be earned there.
  isShown(bucket) {
    const { starts, ends } = this.shown;
    return bucket * BUCKET_S >= starts && Math.min((bucket + 1) * BUCKET_S, this.seconds) <= ends;
  }

  // Returns [[starts, ends], ...] in seconds.
  parts() {
    const parts = [];
    for (let bucket = 0; bucket < this.count; bucket += 1) {
      if (!this.has(bucket)) continue;
      const starts = bucket * BUCKET_S;
      const ends = Math.min(starts + BUCKET_S, this.seconds);
      if (parts.at(-1)?.[1] === starts) parts.at(-1)[1] = ends;
      else parts.push([starts, ends]);
    }
    return parts;
  }

  total() {
    const { starts: first, ends: last } = this.shown;
    return this.parts().reduce(
      (sum, [starts, ends]) => sum + Math.max(0, Math.min(ends, last) - Math.max(starts, first)),
      0,
    );
  }

  // Returns the unwatched parts, [[starts, ends], ...]; played parts that weren't sent yet count as
  // watched.
  gaps() {
    const told = this.claim();
    const gaps = [];
    for (let bucket = 0; bucket < this.count; bucket += 1) {
      const starts = bucket * BUCKET_S;
      const ends = Math.min(starts + BUCKET_S, this.seconds);
      const isPlayed = told.some(([from, to]) => from <= starts + EDGE_S && to >= ends - EDGE_S);
      if (this.has(bucket) || isPlayed || !this.isShown(bucket)) continue;
      if (gaps.at(-1)?.[1] === starts) gaps.at(-1)[1] = ends;
      else gaps.push([starts, ends]);
    }
    return gaps;
  }

  // Returns the next unwatched part after a position, then from the start; null if all is watched.
  // Skips the one that is playing, unless it is the only one.
  nextGap(from) {
    const gaps = this.gaps();
    const isHere = ([starts, ends]) => from >= starts && from < ends;
    return gaps.find(([starts]) => starts > from) ?? gaps.find((gap) => !isHere(gap)) ?? gaps[0] ?? null;
  }
}

function round(seconds) {
  return Math.round(seconds * 100) / 100;
}
