// Tells the LMS the height of this page, so that its frame shows all of it (Canvas's
// lti.frameResize, which other LMSs also support).

const ORIGINS = (document.querySelector("meta[name=carrel-frame-origins]")?.content ?? "")
  .split(" ")
  .filter(Boolean);
// The height changes many times during layout; only the last one is sent.
const SETTLES_MS = 80;
// The LMS's own borders can make the frame this much smaller than requested.
const BORDERS_PX = 8;
// A height that returns right after the frame was resized is a layout that reacts to its own frame.
const ECHO_MS = 500;

const told = []; // the last heights, newest last
let soon = 0;
let changedAt = -Infinity; // when the LMS changed the frame's height
let width = window.innerWidth;

// A page that fits any frame is measured at its natural height, whatever the frame's height.
function height() {
  const root = document.documentElement;
  const list = document.querySelector(".frame-list");
  const reached = list?.scrollTop;
  root.classList.add("is-measured");
  const wanted = Math.ceil(document.body.getBoundingClientRect().height);
  root.classList.remove("is-measured");
  if (list) list.scrollTop = reached;
  return wanted;
}

// If the browser says which site frames the page, send messages only to that one.
function listeners() {
  const around = window.location.ancestorOrigins?.[0];
  return around ? ORIGINS.filter((origin) => origin === around) : ORIGINS;
}

// Two alternating heights would never settle: keep the higher one.
function isEcho(now) {
  const isAnswer = performance.now() - changedAt < ECHO_MS;
  return isAnswer && now < told.at(-1) && told.includes(now);
}

function tell() {
  soon = 0;
  const now = height();
  if (now === told.at(-1) || isEcho(now)) return;
  told.push(now);
  if (told.length > 8) told.shift();
  for (const origin of listeners()) {
    window.parent.postMessage({ subject: "lti.frameResize", height: now }, origin);
  }
}

function tellSoon() {
  clearTimeout(soon);
  soon = setTimeout(tell, SETTLES_MS);
}

// If the LMS did as requested, no scroll bar is needed for the few pixels of its borders.
function changed() {
  if (window.innerWidth === width) {
    changedAt = performance.now();
  } else {
    // A new width causes a new layout, possibly with an earlier height: that isn't an echo.
    width = window.innerWidth;
    told.splice(0, told.length - 1);
  }
  const asked = told.at(-1) ?? Infinity;
  const isFitted = Math.abs(window.innerHeight - asked) <= BORDERS_PX;
  document.documentElement.classList.toggle("is-fitted", isFitted);
}

if (window.parent !== window) {
  const observer = new ResizeObserver(tellSoon);
  for (const each of document.querySelectorAll("body, .watch-bar, .frame-list > *")) observer.observe(each);
  window.addEventListener("load", tell);
  window.addEventListener("resize", changed);
}
