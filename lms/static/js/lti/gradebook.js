// What was sent to the gradebook, in the reader's own time zone; updated during playback.

const ASKS_MS = 15_000;

function sayTime(line) {
  const time = line.querySelector("time");
  if (!time) return;
  const moment = new Date(time.dateTime);
  const isToday = moment.toDateString() === new Date().toDateString();
  const form = isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  const said = new Intl.DateTimeFormat(document.documentElement.lang, form).format(moment);
  time.textContent = (isToday ? time.dataset.today : time.dataset.earlier).replace("{time}", said);
}

// Replace only changed text: screen readers would announce the same words again.
function renew(line, fresh) {
  sayTime(fresh);
  line.dataset.gradebook = fresh.dataset.gradebook;
  const texts = [line, fresh].map((one) => one.textContent.replace(/\s+/g, " ").trim());
  if (texts[0] !== texts[1]) line.replaceChildren(...fresh.childNodes);
}

async function ask(line) {
  const answer = await fetch(line.dataset.url, { credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-gradebook]");
  if (fresh) renew(line, fresh);
}

const line = document.querySelector("[data-gradebook]");
if (line) {
  sayTime(line);
  const video = document.querySelector("video");
  let hasPlayed = false; // recent progress may still be on its way
  video?.addEventListener("playing", () => { hasPlayed = true; });
  setInterval(() => {
    const waits = line.dataset.gradebook === "queued" || hasPlayed;
    if (document.hidden || !waits) return;
    hasPlayed = video !== null && (!video.paused || (video.ended && line.dataset.gradebook === "watching"));
    ask(line);
  }, ASKS_MS);
}
