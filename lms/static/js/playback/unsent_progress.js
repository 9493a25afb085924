// What was played while the line was broken, when its page is left before that is back: kept in this
// browser, and told when a watch page is opened the next time. It goes to the session in which it was
// played, whose address says whose it is, and the server weighs it as it weighs any beat that comes
// late: what it may not take is dropped.

const KEY = "carrel-untold";
const MOST = 5;
// No session lasts longer.
const LONGEST_MS = 24 * 60 * 60_000;

function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY)) ?? [];
    return found.filter(({ at }) => Date.now() - at < LONGEST_MS);
  } catch {
    return []; // Storage may be closed to us, or hold something else.
  }
}

function keep(all) {
  try {
    if (all.length) localStorage.setItem(KEY, JSON.stringify(all.slice(-MOST)));
    else localStorage.removeItem(KEY);
  } catch {
    // Then it is lost with the page, as the place is.
  }
}

export function forget(address) {
  const all = kept();
  if (all.length) keep(all.filter((each) => each.address !== address));
}

// `page` is where the film is opened from; the address takes what was played last and ends the session.
export function remember({ page, address, body }) {
  const others = kept().filter((each) => each.address !== address);
  keep([...others, { page, address, body, at: Date.now() }]);
}

// Returns what is watched by now, as the server tells it, of each that was taken for this page.
export async function tellUntold(page) {
  const taken = [];
  for (const { page: playedOn, address, body } of kept()) {
    const answer = await post(address, body);
    if (!answer) continue; // It is told the next time.
    forget(address);
    if (answer.ok && playedOn === page) taken.push(await answer.json().catch(() => ({})));
  }
  return taken;
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
