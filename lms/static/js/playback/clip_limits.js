// Limits a player to the clip of a recording that a link shows: it starts and stops there.

// The position is reported a few times a second, so the end can be passed by this much.
const NEARLY_S = 0.3;

// Returns a position inside the clip: that one, or the clip's start.
export function inside(seconds, { starts, ends }) {
  return starts < seconds && seconds < ends ? seconds : starts;
}

export function keepWithin(video, { starts, ends }) {
  const isIn = () => video.readyState > 0 && Number.isFinite(video.duration);
  video.addEventListener("seeking", () => {
    if (!isIn()) return;
    if (video.currentTime < starts - NEARLY_S) video.currentTime = starts;
    else if (video.currentTime > ends + NEARLY_S) video.currentTime = ends;
  });
  video.addEventListener("timeupdate", () => {
    if (isIn() && !video.paused && video.currentTime >= ends) video.pause();
  });
  // Pressing play at the end starts the clip over.
  video.addEventListener("play", () => {
    if (isIn() && video.currentTime >= ends - NEARLY_S) video.currentTime = starts;
  });
}
