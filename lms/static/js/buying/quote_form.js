// The quote form: shows only the fields that its kind needs.

import { names } from "../core/conditional_fields.js";

for (const form of document.querySelectorAll("[data-quote-form]")) {
  const arrange = () => {
    for (const part of form.querySelectorAll("[data-kinds]"))
      part.hidden = !names(part, "kinds", form.elements.kind.value);
  };
  form.elements.kind.addEventListener("change", arrange);
  arrange();
}
