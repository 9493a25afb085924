// The order form: shows the fields that each line needs, fills in prices.

import { names, show } from "../core/conditional_fields.js";

const PAUSE_MS = 250;
const PRICED_BY = ["kind", "quantity", "act"];

function value(line, name) {
  return line.querySelector(`[name$="-${name}"]`)?.value ?? "";
}

function part(name) {
  return name.split("-").at(-1);
}

class Order {
  constructor(form) {
    this.form = form;
    this.waiting = 0;
    this.latest = new WeakMap();
    form.addEventListener("input", (event) => this.typed(event));
    this.arrange();
  }

  get lines() {
    return [...this.form.querySelectorAll("[data-line]")];
  }

  arrange() {
    const payer = this.form.querySelector("[name=payer]:checked")?.value ?? "";
    const terms = this.form.elements.terms.value;
    for (const one of this.form.querySelectorAll("[data-payers]")) show(one, names(one, "payers", payer));
    for (const one of this.form.querySelectorAll("[data-terms]")) show(one, names(one, "terms", terms));
    for (const line of this.lines) {
      const kind = value(line, "kind");
      for (const one of line.querySelectorAll("[data-kinds]")) show(one, names(one, "kinds", kind));
    }
  }

  typed(event) {
    this.arrange();
    clearTimeout(this.waiting);
    const line = event.target.closest("[data-line]");
    if (line && PRICED_BY.includes(part(event.target.name))) {
      this.waiting = setTimeout(() => this.reprice(line).catch(() => {}), PAUSE_MS); // the network may be down
    }
  }

  async reprice(line) {
    const mine = (this.latest.get(line) ?? 0) + 1;
    this.latest.set(line, mine);
    const values = new URLSearchParams({ currency: this.form.elements.currency.value });
    for (const name of [...PRICED_BY, "pool"]) values.set(name, value(line, name));
    const answer = await fetch(`${this.form.dataset.price}?${values}`, {
      headers: { Accept: "application/json" },
    });
    if (!answer.ok || mine !== this.latest.get(line)) return;
    const { price } = await answer.json();
    if (price !== "") line.querySelector('[name$="-price"]').value = price; // "" means that it is negotiated
  }
}

for (const form of document.querySelectorAll("[data-order]")) new Order(form);
