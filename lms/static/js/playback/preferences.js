// Speed, loudness and captions, remembered in this browser.

import { isShownCaption } from "./text_tracks.js";

const KEY = "carrel-player";

export function choices() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {}; // Storage may be closed to us, or hold something else.
  }
}

export function remember(choice) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...choices(), ...choice }));
  } catch {
    // It still holds for this page.
  }
}

export function rememberChoices(video) {
  const { rate, volume, muted } = choices();
  if (rate >= 0.5 && rate <= 2) video.defaultPlaybackRate = video.playbackRate = rate;
  if (volume >= 0 && volume <= 1) video.volume = volume;
  if (typeof muted === "boolean") video.muted = muted;
  video.addEventListener("ratechange", () => {
    // A film that is loaded falls back to the default, so that follows the choice.
    if (video.readyState) video.defaultPlaybackRate = video.playbackRate;
    remember({ rate: video.playbackRate });
  });
  video.addEventListener("volumechange", () => {
    remember({ volume: video.volume, muted: video.muted });
  });
  video.textTracks.addEventListener("change", () => {
    remember({ captions: [...video.textTracks].find(isShownCaption)?.language ?? "" });
  });
}
