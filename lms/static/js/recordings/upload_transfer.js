// One file upload with the tus protocol: chunks with checksums, and automatic retries.

import { loadScript } from "../core/script_loader.js";
import { say } from "./upload_texts.js";

const MIB = 1024 * 1024;
const WAITS_S = [1, 2, 4, 8, 15, 30, 60];
const SPEED_OVER_MS = 8000;
const POLL_MS = 1000;
// Errors that a later try may fix; the person has to read all others.
const PASSING = [0, 408, 409, 423, 425, 429, 460, 500, 502, 503, 504];

// Errors that no try with the same file can fix.
const GONE = [404, 410];
const FINAL = [...GONE, 413, 415];

export const fingerprint = (file) => [file.name, file.size, file.lastModified].join("|");

export class Sending {
  constructor({ file, purpose, protocol, endpoint, address, token, tell }) {
    Object.assign(this, { file, purpose, protocol, endpoint, address, token, tell });
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

  // Bytes per second over the last seconds; secondsLeft is the remaining time at that rate.
  get rate() {
    const [first] = this.seen;
    const last = this.seen.at(-1);
    return last && last.at > first.at ? ((last.sent - first.sent) * 1000) / (last.at - first.at) : NaN;
  }

  get secondsLeft() {
    return (this.file.size - this.sent) / this.rate;
  }

  async start() {
    clearInterval(this.clock);
    this.seen = [];
    this.become("sending");
    const begun = Symbol("begun");
    this.begun = begun;
    await loadScript(this.protocol);
    // It was paused, canceled or restarted in the meantime.
    if (this.begun !== begun || this.state !== "sending") return;
    if (!window.tus) return this.wait("offline");
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
        this.upload.options.endpoint = null; // if the upload is gone, report it rather than start over without asking
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
    this.upload?.abort();
    const tell = () => this.become("retrying", say(reason, { seconds }));
    tell();
    this.clock = setInterval(() => {
      seconds -= 1;
      if (seconds > 0) tell();
      else this.start();
    }, 1000);
  }

  // All bytes have arrived; the server checks the file and adds it to the webinar.
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
    // The response to HEAD, which asks for the offset, has no body.
    return GONE.includes(status) ? say("gone") : say("answered_reload", { status });
  }
}

// Resolves to the result of an upload, once the server has checked it.
export async function outcome(address) {
  for (;;) {
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (GONE.includes(answer.status)) return { state: "failed", message: say("gone") };
      const found = answer.ok ? await answer.json() : {};
      if (["done", "failed"].includes(found.state)) return found;
    } catch {
      // The network is down for a moment.
    }
    await new Promise((resume) => setTimeout(resume, POLL_MS));
  }
}
