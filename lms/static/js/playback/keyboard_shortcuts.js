// The player's keyboard shortcuts, active everywhere on the page except in fields and on controls.

import { areShortcutsOn } from "../core/shortcuts.js";

const RATES = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];
const FAR_S = 10;
const NEAR_S = 5;
const LOUDER = 0.05;

const TYPING =
  "input:not([type=range]), textarea, select, [contenteditable]:not([contenteditable=false])";
const PRESSABLE = "a[href], button, summary, [role=button], [role=switch]";
const PRESSES = new Set([" ", "Enter"]);
const ARROWS = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]);

// `more` are the page's own actions by key; `tell` shows a short message over the player.
export function listenForKeys(page, video, film, { more, tell }) {
  const map = document.querySelector("[data-keys]");
  const acts = { ...actsOn(video, film, () => map.showModal(), tell), ...more };
  page.querySelector("[data-keys-open]")?.addEventListener("click", () => map.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || map.open || isTaken(event, film)) return;
    if (event.key.length === 1 && event.key !== " " && !areShortcutsOn()) return;
    event.preventDefault();
    act(event.key);
  });
}

// Returns whether the key has another meaning where the focus is.
function isTaken(event, film) {
  const path = event.composedPath().filter((node) => node instanceof Element);
  if (path.some((node) => node.matches(TYPING))) return true;
  const names = path.map((node) => node.localName);
  const isInMenu = names.some((name) => name.startsWith("media-") && /menu(-item)?$/.test(name));
  const isOnRange = names.some((name) => name.startsWith("media-") && name.endsWith("-range"));
  if (ARROWS.has(event.key) && (isInMenu || isOnRange)) return true;
  if (PRESSES.has(event.key)) {
    const isOnButton = names.some((name) => name.startsWith("media-") && name.endsWith("-button"));
    return isInMenu || isOnButton || path.some((node) => node.matches(PRESSABLE));
  }
  // Outside the player, these two scroll the page.
  const scrolls = event.key === "ArrowUp" || event.key === "ArrowDown";
  return scrolls && !path.includes(film);
}

function actsOn(video, film, showMap, tell) {
  const by = (seconds) => {
    const end = Number.isFinite(video.duration) ? video.duration : Infinity;
    video.currentTime = Math.min(Math.max(0, video.currentTime + seconds), end);
  };
  const toggle = () => {
    if (video.paused) video.play().catch(() => {});
    else video.pause();
  };
  const louder = (step) => {
    video.muted = false;
    video.volume = Math.min(1, Math.max(0, Math.round((video.volume + step) * 100) / 100));
  };
  const faster = (step) => {
    const here = RATES.findIndex((rate) => rate >= video.playbackRate);
    video.playbackRate = RATES[Math.min(RATES.length - 1, Math.max(0, here + step))];
    tell(`${video.playbackRate}x`);
  };
  const press = (name) => film.querySelector(name)?.click();
  const acts = {
    " ": toggle,
    k: toggle,
    j: () => by(-FAR_S),
    l: () => by(FAR_S),
    ArrowLeft: () => by(-NEAR_S),
    ArrowRight: () => by(NEAR_S),
    ArrowUp: () => louder(LOUDER),
    ArrowDown: () => louder(-LOUDER),
    m: () => (video.muted = !video.muted),
    f: () => press("media-fullscreen-button"),
    c: () => press("media-captions-button"),
    i: () => press("media-pip-button"),
    "<": () => faster(-1),
    ">": () => faster(1),
    "?": showMap,
  };
  for (let tenth = 0; tenth < 10; tenth += 1) {
    acts[tenth] = () => {
      if (video.duration) video.currentTime = (video.duration * tenth) / 10;
    };
  }
  return acts;
}
