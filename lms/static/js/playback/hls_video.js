// Plays HLS in a video element: with hls.js if there is MSE, else with the browser's own support.

import { Renditions } from "./renditions.js";

const REFUSED = new Set([401, 403, 404, 410]);
const TRY_AGAIN_MS = 3_000;
// After the first wait the message says that the network is slow; after the second, segments are
// requested again.
const SLOW_MS = 4_000;
const STUCK_MS = 15_000;
const HLS_TYPE = "application/vnd.apple.mpegurl";
const MASTER = /[^/]+$/;
const SOUND = "audio.m3u8";
// Long buffers would keep playing after access has ended; these bridge a slow network for a while.
const BUFFERS = { maxBufferLength: 20, maxMaxBufferLength: 30, backBufferLength: 60 };

export class Film {
  // Chromium answers "maybe" for HLS and plays it poorly, so check for MSE first.
  static isNative() {
    return !window.Hls?.isSupported();
  }

  constructor(video, told) {
    this.video = video;
    this.told = told;
    this.renditions = new Renditions(video, (index) => {
      if (this.hls) this.hls.nextLevel = index;
    });
    video.addEventListener("error", () => this.failedNatively());
    video.addEventListener("waiting", () => this.wait());
    for (const name of ["playing", "pause", "emptied"]) {
      video.addEventListener(name, () => this.goOn());
    }
  }

  // Nothing has failed, but nothing arrives: a response can hang forever.
  wait() {
    this.goOn();
    this.slow = setTimeout(() => {
      this.isSlow = true;
      this.told.slow();
    }, SLOW_MS);
    this.stuck = setInterval(() => this.askAnew(), STUCK_MS);
  }

  goOn() {
    clearTimeout(this.slow);
    clearInterval(this.stuck);
    if (this.isSlow) this.told.found();
    this.isSlow = false;
  }

  askAnew() {
    if (!this.hls || this.isHeld) return;
    this.hls.stopLoad();
    if (this.hls.levels.length) this.hls.startLoad();
    else this.hls.loadSource(this.hls.url);
  }

  // Media URLs contain a token that is valid for a few minutes; use the newest one.
  renew(token) {
    this.token = token;
  }

  load(url, at) {
    this.unload();
    this.token = null;
    this.isHeld = false;
    if (this.isSoundAlone) url = url.replace(MASTER, SOUND);
    if (!Film.isNative()) this.loadByScript(url, at);
    else if (this.video.canPlayType(HLS_TYPE)) this.loadNatively(url, at);
    else this.told.broken();
  }

  // Stops requests; playback continues from the buffer.
  hold() {
    this.isHeld = true;
    clearTimeout(this.retrying);
    this.hls?.stopLoad();
  }

  goOnAsking() {
    this.isHeld = false;
    if (!this.hls) return;
    if (this.hls.levels.length) this.hls.startLoad();
    else this.hls.loadSource(this.hls.url);
  }

  unload() {
    clearTimeout(this.retrying);
    this.recovered = 0;
    this.hls?.destroy();
    this.hls = null;
    this.renditions.clear();
    if (!this.video.hasAttribute("src")) return;
    this.isHeld = true;
    this.video.removeAttribute("src");
    this.video.load();
  }

  loadNatively(url, at) {
    this.video.src = url;
    this.video.addEventListener(
      "loadedmetadata",
      () => {
        if (at) this.video.currentTime = at;
        this.told.ready();
      },
      { once: true },
    );
  }

  loadByScript(url, at) {
    const { Hls } = window;
    const hls = new Hls({
      ...BUFFERS,
      ...impatient(Hls),
      startPosition: at,
      startLevel: 1,
      testBandwidth: false,
      startFragPrefetch: true,
      capLevelToPlayerSize: true,
      // Captions are the page's own tracks, so hls.js must ignore them.
      enableWebVTT: false,
      enableIMSC1: false,
      enableCEA708Captions: false,
      xhrSetup: (xhr, url) => {
        xhr.filmToken = this.token;
        if (this.token) xhr.open("GET", url.replace(/\/media\/[^/]+\//, `/media/${this.token}/`));
      },
    });
    this.hls = hls;
    hls.on(Hls.Events.MANIFEST_PARSED, (_event, { audioTracks, video }) => {
      this.renditions.fill(hls.levels);
      if (video && audioTracks.length) this.told.hasSound();
      this.told.ready();
    });
    hls.on(Hls.Events.FRAG_BUFFERED, () => {
      this.recovered = 0;
      if (!this.isSlow) this.told.found();
    });
    hls.on(Hls.Events.ERROR, (_event, fault) => this.failed(hls, fault));
    hls.loadSource(url);
    hls.attachMedia(this.video);
  }

  failed(hls, fault) {
    if (hls !== this.hls || this.isHeld) return;
    const { Hls } = window;
    if (REFUSED.has(fault.response?.code)) {
      // A heartbeat may have brought the next token while this request was under way with the old
      // one.
      const used = fault.networkDetails?.filmToken;
      this.told.refused({ isOutdated: used !== undefined && used !== this.token });
    } else if (fault.type === Hls.ErrorTypes.NETWORK_ERROR) {
      this.told.lost();
      if (fault.fatal) this.keepTrying(hls);
    } else if (fault.fatal) {
      this.recover(hls, fault);
    }
  }

  keepTrying(hls) {
    const again = () => {
      clearTimeout(this.retrying);
      window.removeEventListener("online", again);
      if (hls !== this.hls || this.isHeld) return;
      if (hls.levels.length) hls.startLoad();
      else hls.loadSource(hls.url);
    };
    this.retrying = setTimeout(again, TRY_AGAIN_MS);
    window.addEventListener("online", again);
  }

  recover(hls, fault) {
    this.recovered += 1;
    if (fault.type !== window.Hls.ErrorTypes.MEDIA_ERROR || this.recovered > 2) {
      this.told.broken();
      return;
    }
    if (this.recovered === 2) hls.swapAudioCodec();
    // Attaching the element again stops it, wherever it was.
    const wasPlaying = !this.video.paused;
    hls.recoverMediaError();
    if (wasPlaying) this.video.play().catch(() => {});
  }

  failedNatively() {
    if (this.hls || this.isHeld || !this.video.error) return;
    // The element doesn't distinguish a refusal from a network error, so ask the server.
    this.told.refused({ isOutdated: false });
  }
}

// hls.js would retry a refused segment for half a minute; ask the server about a refusal at once.
function impatient(Hls) {
  const policies = {};
  for (const name of ["fragLoadPolicy", "playlistLoadPolicy", "manifestLoadPolicy"]) {
    const usual = Hls.DefaultConfig[name].default;
    policies[name] = {
      default: {
        ...usual,
        errorRetry: {
          ...usual.errorRetry,
          shouldRetry: (_config, _count, _isTimeout, response, retry) =>
            retry && !REFUSED.has(response?.code),
        },
      },
    };
  }
  return policies;
}
