// The form of a sale: shows the fields that its kind needs, and fills in what the prices say.

import { names, show } from "../core/conditional_fields.js";

const PAUSE_MS = 250;

function follow(form) {
  let waiting = 0;
  let latest = 0;
  const price = form.elements.price;

  function arrange() {
    const kind = form.elements.kind.value;
    const isNew = form.elements.organization.value === "+";
    for (const part of form.querySelectorAll("[data-kinds]")) show(part, names(part, "kinds", kind));
    for (const part of form.querySelectorAll("[data-organizations]")) show(part, isNew);
    for (const part of form.querySelectorAll("[data-terms]")) {
      show(part, names(part, "terms", form.elements.terms.value));
    }
  }

  async function reprice() {
    latest += 1;
    const mine = latest;
    if (form.elements.terms.value === "complimentary") {
      price.value = "0";
      return;
    }
    const values = new URLSearchParams({ kind: form.elements.kind.value });
    if (!form.elements.quantity.disabled) values.set("quantity", form.elements.quantity.value);
    const answer = await fetch(`${form.dataset.sale}?${values}`, {
      headers: { Accept: "application/json" },
    });
    if (answer.ok && mine === latest) price.value = (await answer.json()).price;
  }

  form.addEventListener("input", (event) => {
    arrange();
    if (!["kind", "quantity", "terms"].includes(event.target.name)) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => reprice().catch(() => {}), PAUSE_MS); // the network may be away
  });
  arrange();
}

document.querySelectorAll("[data-sale]").forEach(follow);
