// A double tap on the left or right of the player seeks ten seconds back or forward, each further
// tap another ten. A single tap shows the controls, which media-chrome does.

const TWICE_MS = 350;
const STEP_S = 10;
const EDGE_SHARE = 0.35;

export function seekByTaps(film, video, moved) {
  let last = { side: 0, at: -TWICE_MS };
  film.addEventListener("pointerup", (event) => {
    if (event.pointerType !== "touch" || !isOnPicture(event)) return;
    const side = sideOf(event, film);
    const isAgain = side !== 0 && side === last.side && event.timeStamp - last.at < TWICE_MS;
    last = { side, at: event.timeStamp };
    if (!isAgain) return;
    const end = Number.isFinite(video.duration) ? video.duration : Infinity;
    video.currentTime = Math.min(Math.max(0, video.currentTime + side * STEP_S), end);
    moved(side * STEP_S);
  });
}

function isOnPicture(event) {
  const nodes = event.composedPath().filter((node) => node instanceof Element);
  return !nodes.some((node) => node.matches(".player-bar, .watch-message, .watch-notice, button, a"))
    && !nodes.some((node) => node.localName.includes("menu"));
}

function sideOf(event, film) {
  const box = film.getBoundingClientRect();
  const share = (event.clientX - box.left) / box.width;
  if (share < EDGE_SHARE) return -1;
  return share > 1 - EDGE_SHARE ? 1 : 0;
}
