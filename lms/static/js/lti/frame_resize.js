// Tells the learning system how high this page is, so that its frame shows all of it
// (Canvas's lti.frameResize, which other systems understand too).

const ORIGINS = (document.querySelector("meta[name=carrel-frame-origins]")?.content ?? "")
  .split(" ")
  .filter(Boolean);
// While a page is laid out its height changes many times; the last of them is told.
const SETTLES_MS = 80;
// A platform's own borders may leave this much less than was asked for.
const BORDERS_PX = 8;
// A height that comes back as soon as the frame has changed is a layout that answers its own frame.
const ECHO_MS = 500;

const told = []; // the last heights, newest last
let soon = 0;
let changedAt = -Infinity; // when the platform changed the frame's height
let width = window.innerWidth;

// A page that fits any frame is measured as it would like to be, whatever height the frame has.
function height() {
  const root = document.documentElement;
  root.classList.add("is-measured");
  const wanted = Math.ceil(document.body.getBoundingClientRect().height);
  root.classList.remove("is-measured");
  return wanted;
}

// Where the browser names who frames the page, only that one is spoken to.
function listeners() {
  const around = window.location.ancestorOrigins?.[0];
  return around ? ORIGINS.filter((origin) => origin === around) : ORIGINS;
}

// Two heights in turn would go on for ever: the higher one of them stays.
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

// Where the platform did as it was asked, no bar is needed for the few pixels of its borders.
function changed() {
  if (window.innerWidth === width) {
    changedAt = performance.now();
  } else {
    // Of another width everything is laid out anew, perhaps as high as before: that is no echo.
    width = window.innerWidth;
    told.splice(0, told.length - 1);
  }
  const asked = told.at(-1) ?? Infinity;
  const isFitted = Math.abs(window.innerHeight - asked) <= BORDERS_PX;
  document.documentElement.classList.toggle("is-fitted", isFitted);
}

if (window.parent !== window) {
  const observer = new ResizeObserver(tellSoon);
  for (const each of document.querySelectorAll("body, .watch-bar")) observer.observe(each);
  window.addEventListener("load", tell);
  window.addEventListener("resize", changed);
}
