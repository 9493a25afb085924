// What plays, on the lock screen and in the system's media controls, and what their buttons do.

const STEP_S = 10;

export function showOnLockScreen(page, video, play) {
  const { mediaSession } = navigator;
  if (!mediaSession) return;
  const by = (seconds) => (video.currentTime += seconds);
  const acts = {
    play,
    pause: () => video.pause(),
    seekbackward: ({ seekOffset }) => by(-(seekOffset ?? STEP_S)),
    seekforward: ({ seekOffset }) => by(seekOffset ?? STEP_S),
    seekto: ({ seekTime }) => (video.currentTime = seekTime),
  };
  video.addEventListener("playing", () => {
    const { title, artist } = page.dataset;
    const artwork = video.poster ? [{ src: video.poster }] : [];
    mediaSession.metadata = new MediaMetadata({ title, artist, artwork });
    for (const [name, act] of Object.entries(acts)) mediaSession.setActionHandler(name, act);
  });
}
