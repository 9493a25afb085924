// The request form: shows only the fields that its kind needs, and the price as it is filled in.

import { names, show as reveal } from "../core/conditional_fields.js";

const PAUSE_MS = 250;
const PAYMENTS = ["purchase_order", "invoice", "check"];

function follow(form) {
  const quote = document.querySelector("[data-quote]");
  const file = form.querySelector("input[type=file]");
  let waiting = 0;
  let latest = 0;

  function arrange() {
    const kind = form.elements.kind.value;
    const offer = PAYMENTS.includes(kind) ? form.elements.offer.value : "";
    for (const part of form.querySelectorAll("[data-kinds]")) {
      reveal(part, names(part, "kinds", kind) || (offer !== "" && names(part, "offers", offer)));
    }
  }

  async function show() {
    latest += 1;
    const mine = latest;
    const values = new URLSearchParams();
    for (const name of ["kind", "webinar", "about", "offer", "quantity"]) {
      const field = form.elements[name];
      if (!field.disabled && field.value) values.set(name, field.value);
    }
    const answer = await fetch(`${quote.dataset.quote}?${values}`);
    if (!answer.ok || mine !== latest) return;
    quote.innerHTML = await answer.text();
  }

  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(() => show().catch(() => {}), PAUSE_MS); // the network may be down
  }

  form.addEventListener("input", (event) => {
    arrange();
    if (event.target !== file && !["name", "email", "message"].includes(event.target.name)) soon();
  });
  // A cheaper offer is selected in place, so that nothing typed is lost.
  quote.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-choose]");
    if (!chosen) return;
    event.preventDefault();
    form.elements.kind.value = chosen.dataset.choose;
    form.elements.kind.focus();
    arrange();
    soon();
  });
  arrange();
}

document.querySelectorAll("[data-ask]").forEach(follow);
