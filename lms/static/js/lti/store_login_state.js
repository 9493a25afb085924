// The login: puts what proves this browser into the learning system's storage, then goes on to it.

import { ask } from "./platform_storage.js";

const { target, origin, key, value, onward } = document.querySelector("[data-lti-keep]").dataset;

ask({ target, origin }, { subject: "lti.put_data", key, value })
  .catch(() => {}) // without it the launch offers a window of its own
  .then(() => window.location.replace(onward));
