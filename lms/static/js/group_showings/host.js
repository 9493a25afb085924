// The host's page of a group viewing: updates the roster automatically while people can check in.

const LOOK_EVERY_MS = 5_000;

const place = document.querySelector("[data-roster]");
const said = document.querySelector("[data-roster-said]");
const again = document.querySelector("[data-roster-again]");

// Don't replace what the host is editing.
function isInUse() {
  return place.querySelector("details[open]") !== null || place.contains(document.activeElement);
}

async function look() {
  const answer = await fetch(place.dataset.roster, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const roster = await answer.json();
  if (roster.version !== place.dataset.version && !isInUse()) {
    const read = new DOMParser().parseFromString(roster.html, "text/html");
    place.replaceChildren(...read.body.childNodes);
    place.dataset.version = roster.version;
    said.textContent = roster.said;
  }
  if (!roster.is_open) clearInterval(timer);
}

again.hidden = true;
const timer = setInterval(() => {
  if (!document.hidden) look().catch(() => {});
}, LOOK_EVERY_MS);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) look().catch(() => {});
});
