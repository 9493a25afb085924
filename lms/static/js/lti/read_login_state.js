// The launch: reads what the login put into the LMS's storage, and submits it.

import { ask } from "./platform_storage.js";

const form = document.querySelector("[data-lti-recall]");
const elsewhere = document.querySelector("[data-lti-window]");
const { target, origin, key } = form.dataset;

form.hidden = false;
elsewhere.hidden = true;

ask({ target, origin }, { subject: "lti.get_data", key }).then(
  (value) => {
    form.elements.value.value = value ?? "";
    form.submit();
  },
  () => {
    form.hidden = true;
    elsewhere.hidden = false;
  },
);
