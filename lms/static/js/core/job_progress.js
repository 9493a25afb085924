// The page of a job that is waiting or running: updates its progress, and reloads the page when the
// state changes.

const LOOK_EVERY_MS = 2_000;

const place = document.querySelector("[data-job]");
const bar = place.querySelector("[data-progress-bar]");
const label = place.querySelector("[data-progress-label]");
const amount = place.querySelector("[data-progress-amount]");
const shown = place.querySelector("[data-job-state]").textContent.trim();

async function look() {
  const answer = await fetch(place.dataset.job, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const job = await answer.json();
  if (job.state !== shown || !job.is_live || (job.percent !== null && !bar)) {
    location.reload();
    return;
  }
  if (bar && job.percent !== null) {
    bar.value = job.percent;
    amount.textContent = job.amount ?? `${job.percent}%`;
    if (job.note) label.textContent = job.note;
  }
}

setInterval(() => {
  if (!document.hidden) look().catch(() => {});
}, LOOK_EVERY_MS);
