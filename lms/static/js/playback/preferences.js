// A viewer's choices in the player, remembered in this browser: speed and volume here, caption
// settings in their own modules.

const KEY = "carrel-player";

export function choices() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {}; // Storage may be blocked, or contain something else.
  }
}

export function remember(choice) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...choices(), ...choice }));
  } catch {
    // It still applies to this page.
  }
}

export function rememberChoices(video) {
  const { rate, volume, muted } = choices();
  if (rate >= 0.5 && rate <= 2) video.defaultPlaybackRate = video.playbackRate = rate;
  if (volume >= 0 && volume <= 1) video.volume = volume;
  if (typeof muted === "boolean") video.muted = muted;
  video.addEventListener("ratechange", () => {
    // Loading a video resets the speed to the default, so the default follows the choice.
    if (video.readyState) video.defaultPlaybackRate = video.playbackRate;
    remember({ rate: video.playbackRate });
  });
  video.addEventListener("volumechange", () => {
    remember({ volume: video.volume, muted: video.muted });
  });
}
