// Times on a webinar's page: also in the reader's time zone if it differs, with a countdown to when
// people can join.

const A_MINUTE_MS = 60_000;
const OPENS_BEFORE_MS = 60 * A_MINUTE_MS; // people can join from an hour before the start (lms/access/policy.py)

function parts(moment, zone) {
  const form = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    day: "numeric",
    month: "long",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return Object.fromEntries(form.formatToParts(moment).map(({ type, value }) => [type, value]));
}

// As the server writes it, with a no-break space: some fonts have no narrow one.
function said(moment, form) {
  return new Intl.DateTimeFormat(document.documentElement.lang, form).format(moment).replaceAll("\u202f", "\u00a0");
}

function sayLocally(time) {
  const moment = new Date(time.dateTime);
  const there = parts(moment, time.dataset.localTime);
  const here = parts(moment, undefined);
  const sameDay = there.day === here.day && there.month === here.month;
  if (sameDay && there.hour === here.hour && there.minute === here.minute) return;
  const day = sameDay ? "" : `${said(moment, { dateStyle: "full" })}, `;
  time.append(` ${time.dataset.words.replace("{yours}", day + said(moment, { timeStyle: "short" }))}`);
}

function span(ms) {
  const all = Math.max(1, Math.round(ms / A_MINUTE_MS));
  const [days, hours, minutes] = [Math.floor(all / 1440), Math.floor(all / 60) % 24, all % 60];
  if (days) return hours ? `${days} d ${hours} h` : `${days} d`;
  return hours ? `${hours} h ${minutes} m` : `${minutes} m`;
}

function countDown(panel) {
  const begins = new Date(panel.dataset.begins).getTime();
  const button = panel.querySelector(".access [aria-disabled]");
  if (!button) return;
  const show = () => {
    const left = begins - Date.now();
    if (left <= OPENS_BEFORE_MS) {
      location.reload(); // the server decides whether people can join, and where
      return;
    }
    button.textContent = panel.dataset.words.replace("{span}", span(left));
    setTimeout(show, Math.min(A_MINUTE_MS / 2, left - OPENS_BEFORE_MS + 1000));
  };
  // Otherwise a device whose clock is ahead would reload forever.
  if (begins - Date.now() > OPENS_BEFORE_MS) show();
}

document.querySelectorAll("time[data-local-time]").forEach(sayLocally);
document.querySelectorAll("[data-begins]").forEach(countDown);
