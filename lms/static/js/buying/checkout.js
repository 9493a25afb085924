// The checkout form: shows the fields that who buys, and how it is paid, need.

import { names, show } from "../core/conditional_fields.js";

function follow(form) {
  const chosen = (name) => form.querySelector(`[name=${name}]:checked`)?.value ?? "";
  function arrange() {
    for (const part of form.querySelectorAll("[data-payers]")) show(part, names(part, "payers", chosen("payer")));
    for (const part of form.querySelectorAll("[data-payments]")) {
      show(part, names(part, "payments", chosen("payment")));
    }
    const act = form.querySelector("[data-act]");
    if (act) act.textContent = act.dataset[chosen("payment")] ?? act.dataset.later;
  }
  form.addEventListener("input", arrange);
  arrange();
}

document.querySelectorAll("[data-checkout]").forEach(follow);
