// Progress that couldn't be sent before its page was left: stored in this browser, and sent when a
// watch page is opened the next time. It goes to the session in which it was played, whose URL
// identifies the person. The server checks it like any late heartbeat and drops what it can't
// accept.

const KEY = "carrel-untold";
const MOST = 5;
// No session lasts longer than this.
const LONGEST_MS = 24 * 60 * 60_000;

function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY)) ?? [];
    return found.filter(({ at }) => Date.now() - at < LONGEST_MS);
  } catch {
    return []; // Storage may be blocked, or contain something else.
  }
}

function keep(all) {
  try {
    if (all.length) localStorage.setItem(KEY, JSON.stringify(all.slice(-MOST)));
    else localStorage.removeItem(KEY);
  } catch {
    // Then the progress is lost with the page, and so is the position.
  }
}

export function forget(address) {
  const all = kept();
  if (all.length) keep(all.filter((each) => each.address !== address));
}

// `page` is the URL that opens the session; `address` accepts the last progress and ends the
// session.
export function remember({ page, address, body }) {
  const others = kept().filter((each) => each.address !== address);
  keep([...others, { page, address, body, at: Date.now() }]);
}

// Returns what is watched now, as the server reports it, for each accepted entry of this page.
export async function tellUntold(page) {
  const taken = [];
  for (const { page: playedOn, address, body } of kept()) {
    const answer = await post(address, body);
    if (!answer) continue; // Try again the next time.
    forget(address);
    if (answer.ok && playedOn === page) taken.push(await answer.json().catch(() => ({})));
  }
  return taken;
}

// Returns where this page resumes now, or null. Only the server knows: what was told may be older
// than what another device has sent since.
export async function savedPlace() {
  const answer = await fetch(window.location.href).catch(() => null);
  if (!answer?.ok) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const place = page.querySelector("[data-watch]")?.dataset.resume;
  return place ? Number(place) : null;
}

async function post(address, body) {
  try {
    const headers = { "Content-Type": "application/json", Accept: "application/json" };
    const answer = await fetch(address, { method: "POST", headers, body, credentials: "same-origin" });
    return answer.status < 500 ? answer : null;
  } catch {
    return null;
  }
}
