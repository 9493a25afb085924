// One file on its way by the tus protocol: pieces with checksums, and no giving up.

import { say } from "./upload_texts.js";

const MIB = 1024 * 1024;
const WAITS_S = [1, 2, 4, 8, 15, 30, 60];
const SPEED_OVER_MS = 8000;
const POLL_MS = 1000;
// What a later try may mend; whatever else the server answers is for a person to read.
const PASSING = [0, 408, 409, 423, 425, 429, 460, 500, 502, 503, 504];

// And what no try of the same file can mend.
const GONE = [404, 410];
const FINAL = [...GONE, 413, 415];

export const fingerprint = (file) => [file.name, file.size, file.lastModified].join("|");

export class Sending {
  constructor({ file, purpose, endpoint, address, token, tell }) {
    Object.assign(this, { file, purpose, endpoint, address, token, tell });
    this.state = "waiting"; // sending, paused, retrying, checking, done, failed
    this.sent = 0;
    this.tries = 0;
    this.seen = [];
    this.message = "";
    this.useless = false;
    window.addEventListener("online", () => this.state === "retrying" && this.start());
  }

  get isBusy() {
    return ["sending", "retrying"].includes(this.state);
  }

  get share() {
    return this.file.size ? this.sent / this.file.size : 0;
  }

  // Bytes a second over the last seconds, and how many seconds are left at that.
  get rate() {
    const [first] = this.seen;
    const last = this.seen.at(-1);
    return last && last.at > first.at ? ((last.sent - first.sent) * 1000) / (last.at - first.at) : NaN;
  }

  get secondsLeft() {
    return (this.file.size - this.sent) / this.rate;
  }

  start() {
    clearInterval(this.clock);
    this.seen = [];
    this.become("sending");
    this.upload ||= this.made();
    this.upload.start();
  }

  pause() {
    clearInterval(this.clock);
    this.become("paused");
    this.upload?.abort();
  }

  async cancel() {
    clearInterval(this.clock);
    this.state = "canceled";
    await this.upload?.abort();
    if (!this.address) return true;
    const answer = await fetch(this.address, { method: "DELETE", headers: this.headers() }).catch(() => null);
    return Boolean(answer) && (answer.ok || GONE.includes(answer.status));
  }

  headers() {
    return { "X-CSRFToken": this.token, "Tus-Resumable": "1.0.0", Accept: "application/json" };
  }

  become(state, message = "") {
    this.state = state;
    this.message = message;
    this.tell(this);
  }

  made() {
    let piece = null;
    const { file } = this;
    return new window.tus.Upload(file, {
      endpoint: this.address ? null : this.endpoint,
      uploadUrl: this.address || null,
      chunkSize: (file.size > 64 * 1024 * MIB ? 16 : 8) * MIB,
      retryDelays: null,
      storeFingerprintForResuming: false,
      headers: { "X-CSRFToken": this.token, Accept: "application/json" },
      metadata: { filename: file.name, purpose: this.purpose, fingerprint: fingerprint(file) },
      fileReader: {
        openFile: async () => ({
          size: file.size,
          slice: async (start, end) => {
            piece = file.slice(start, end);
            return { value: piece, done: end >= file.size };
          },
          close() {},
        }),
      },
      onBeforeRequest: async (request) => {
        if (request.getMethod() !== "PATCH" || !window.crypto?.subtle) return;
        const digest = await crypto.subtle.digest("SHA-256", await piece.arrayBuffer());
        const text = btoa(String.fromCharCode(...new Uint8Array(digest)));
        request.setHeader("Upload-Checksum", `sha256 ${text}`);
      },
      onUploadUrlAvailable: () => {
        this.address = this.upload.url;
        this.upload.options.endpoint = null; // one that is gone is told, never begun anew unasked
        this.tell(this, "begun");
      },
      onProgress: (sent) => this.progress(sent),
      onChunkComplete: () => (this.tries = 0),
      onSuccess: () => this.check(),
      onError: (error) => this.stumble(error),
    });
  }

  progress(sent) {
    if (this.state !== "sending") return;
    this.sent = sent;
    const at = performance.now();
    this.seen.push({ at, sent });
    while (this.seen.length > 2 && at - this.seen[0].at > SPEED_OVER_MS) this.seen.shift();
    this.tell(this);
  }

  stumble(error) {
    if (this.state !== "sending") return;
    const answer = error.originalResponse;
    const status = answer?.getStatus() ?? 0;
    if (error.name === "NotReadableError" || error.name === "NotFoundError") {
      this.become("failed", say("unreadable"));
    } else if (PASSING.includes(status)) {
      this.wait(status ? "busy" : "offline");
    } else {
      this.useless = FINAL.includes(status);
      this.become("failed", told(answer, status));
    }
  }

  wait(reason) {
    let seconds = WAITS_S[Math.min(this.tries, WAITS_S.length - 1)];
    this.tries += 1;
    this.upload.abort();
    const tell = () => this.become("retrying", say(reason, { seconds }));
    tell();
    this.clock = setInterval(() => {
      seconds -= 1;
      if (seconds > 0) tell();
      else this.start();
    }, 1000);
  }

  // All of it is there; the server reads it once and makes it part of the webinar.
  async check() {
    this.sent = this.file.size;
    this.become("checking");
    this.outcome = await outcome(this.address);
    if (this.outcome.state === "done") this.become("done");
    else {
      this.useless = true;
      this.become("failed", this.outcome.message);
    }
  }
}

function told(answer, status) {
  if (status >= 200 && status < 300) return say("signed_out");
  try {
    return JSON.parse(answer.getBody()).message || say("answered", { status });
  } catch {
    // The answer to HEAD, which asks how far the file is, has no body.
    return GONE.includes(status) ? say("gone") : say("answered_reload", { status });
  }
}

// What became of an upload, once the server has looked at it.
export async function outcome(address) {
  for (;;) {
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (GONE.includes(answer.status)) return { state: "failed", message: say("gone") };
      const found = answer.ok ? await answer.json() : {};
      if (["done", "failed"].includes(found.state)) return found;
    } catch {
      // The network is away for a moment.
    }
    await new Promise((resume) => setTimeout(resume, POLL_MS));
  }
}
