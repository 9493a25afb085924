// The login: puts the proof of this browser into the LMS's storage, then continues to the LMS.

import { ask } from "./platform_storage.js";

const { target, origin, key, value, onward } = document.querySelector("[data-lti-keep]").dataset;

ask({ target, origin }, { subject: "lti.put_data", key, value })
  .catch(() => {}) // without storage, the launch offers to open a new window
  .then(() => window.location.replace(onward));
