// The checkout form: shows the fields that the buyer and the payment method need, and the total
// with sales tax as soon as the location is entered.

import { names, show } from "../core/conditional_fields.js";

const PAUSE_MS = 300;
const TAXED_BY = "[name=home_state], [name^=billing_], [name=payer], [name=exempt_as]";

function follow(form) {
  const chosen = (name) => form.querySelector(`[name=${name}]:is(:checked, [type=hidden])`)?.value ?? "";
  const act = form.querySelector("[data-act]");
  function arrange() {
    for (const part of form.querySelectorAll("[data-payers]")) show(part, names(part, "payers", chosen("payer")));
    for (const part of form.querySelectorAll("[data-payments]")) {
      show(part, names(part, "payments", chosen("payment")));
    }
    if (act) act.textContent = act.dataset[chosen("payment")] ?? act.dataset.later;
  }

  let waiting = 0;
  let latest = 0;
  async function update() {
    latest += 1;
    const mine = latest;
    const values = new FormData(form);
    values.set("act", "total");
    for (const [name, value] of [...values]) if (value instanceof File) values.delete(name);
    const answer = await fetch(form.action, { method: "POST", body: values });
    if (!answer.ok || mine !== latest) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const total = page.querySelector("[data-order-total]");
    if (!total) return; // the cart is empty by now
    document.querySelector("[data-order-total]").replaceChildren(...total.childNodes);
    form.elements.seen.value = page.querySelector("[name=seen]").value;
    if (act) Object.assign(act.dataset, page.querySelector("[data-act]").dataset);
    arrange();
  }

  const button = form.querySelector("[data-update-total]");
  if (button) {
    button.remove(); // the total updates automatically
    form.addEventListener("input", (event) => {
      if (!event.target.matches(TAXED_BY)) return;
      clearTimeout(waiting);
      waiting = setTimeout(() => update().catch(() => {}), PAUSE_MS); // the network may be down
    });
  }
  form.addEventListener("input", arrange);
  arrange();
}

document.querySelectorAll("[data-checkout]").forEach(follow);
