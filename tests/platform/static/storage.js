// The sibling frame that stores data for the tool, if the platform names one.

import { Store } from "./store.js";

const page = window.parent.document.querySelector("[data-framed]");
const store = new Store(JSON.parse(page.dataset.origins));

window.addEventListener("message", (event) => {
  if (event.data && typeof event.data.subject === "string") store.answer(event);
});
