// Keeps a player within the stretch of a recording that a link shows: it begins and stops there.

// A place is reported a few times a second, so the end may be passed by this much.
const NEARLY_S = 0.3;

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
  // Pressed at the end, it begins again.
  video.addEventListener("play", () => {
    if (isIn() && video.currentTime >= ends - NEARLY_S) video.currentTime = starts;
  });
}
