// Previews the accent color as pages will show it; the server adjusts it to be readable, as it does
// for pages.

const PAUSE_MS = 150;

function follow(look) {
  const input = look.querySelector("input");
  let waiting = 0;
  let latest = 0;

  async function show() {
    latest += 1;
    const mine = latest;
    const address = `${look.dataset.look}?${new URLSearchParams({ accent: input.value })}`;
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok || mine !== latest) return;
    const themes = await answer.json();
    for (const sample of look.querySelectorAll("[data-look-theme]")) {
      for (const [token, color] of Object.entries(themes[sample.dataset.lookTheme])) {
        sample.style.setProperty(`--${token}`, color);
      }
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => show().catch(() => {}), PAUSE_MS); // the network may be down
  });
  if (input.value !== input.defaultValue) show().catch(() => {});
}

document.querySelectorAll("[data-look]").forEach(follow);
