// The buy box: shows the price of the selection as it changes, also on the button.

const PAUSE_MS = 200;

function follow(form) {
  const total = form.querySelector("[data-total]");
  const act = form.querySelector("[data-buy-act]");
  const words = act.textContent;
  let waiting = 0;
  let latest = 0;

  function arrange() {
    const chosen = form.elements.choice.value;
    for (const part of form.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== chosen;
  }

  async function show() {
    latest += 1;
    const mine = latest;
    const values = new URLSearchParams(new FormData(form));
    values.delete("csrf_token");
    const answer = await fetch(`${form.dataset.priceUrl}?${values}`);
    if (!answer.ok || mine !== latest) return;
    total.innerHTML = await answer.text();
    const amount = total.querySelector("[data-amount]");
    act.textContent = amount ? form.dataset.buyWords.replace("{total}", amount.textContent) : words;
    // cheaper offers above the button can push it out of view while it has the focus
    if (form.contains(document.activeElement)) document.activeElement.scrollIntoView({ block: "nearest" });
  }

  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(() => show().catch(() => {}), PAUSE_MS); // the network may be down
  }

  form.addEventListener("input", () => {
    arrange();
    soon();
  });
  arrange();
  show().catch(() => {});
}

document.querySelectorAll("[data-buy]").forEach(follow);
