// The page around a tool: answers messages only from the tool's frame.

import { Store } from "./store.js";

const page = document.querySelector("[data-framed]");
const frame = page.querySelector("iframe[data-tool]");
const origins = JSON.parse(page.dataset.origins);
const target = page.dataset.target;
const isFixed = page.classList.contains("framed-fixed"); // like Moodle, which ignores frameResize
const store = new Store(origins);
const opened = [];
const log = (window.platformMessages = []); // received messages, for tests

function isTools(event) {
  return event.source === frame.contentWindow || opened.includes(event.source);
}

const answers = {
  "lti.capabilities": (event) => {
    const supported = [
      { subject: "lti.capabilities" },
      { subject: "lti.frameResize" },
      { subject: "lti.close" },
    ];
    if (target) {
      const where = target === "_parent" ? {} : { frame: target };
      supported.push({ subject: "lti.put_data", ...where }, { subject: "lti.get_data", ...where });
    }
    reply(event, { supported_messages: supported });
  },
  "lti.frameResize": (event) => {
    const height = Number(event.data.height);
    if (!Number.isFinite(height) || height < 50 || height > 20000) {
      return fail(event, "bad_request", "height has to be 50 to 20000");
    }
    if (!isFixed) frame.style.height = `${Math.ceil(height)}px`;
  },
  "lti.close": leave,
  "org.imsglobal.lti.close": leave,
};

function leave() {
  window.location.assign(page.dataset.back);
}

function reply(event, more) {
  const subject = `${event.data.subject}.response`;
  event.source.postMessage({ subject, message_id: event.data.message_id, ...more }, event.origin);
}

function fail(event, code, message) {
  reply(event, { error: { code, message } });
}

window.addEventListener("message", (event) => {
  let said = event.data;
  if (typeof said === "string") {
    try {
      said = JSON.parse(said); // Canvas accepts JSON text for frameResize
    } catch {
      return;
    }
  }
  if (!said || typeof said.subject !== "string") return;
  const counts = isTools(event) && origins.includes(event.origin);
  log.push({ subject: said.subject, origin: event.origin, counts, height: said.height });
  if (!counts) return;
  const known = { data: said, source: event.source, origin: event.origin };
  if (said.subject === "lti.put_data" || said.subject === "lti.get_data") {
    if (target === "_parent") store.answer(known);
    else fail(known, target ? "bad_request" : "unsupported_subject", `ask the frame ${target}`);
  } else if (answers[said.subject]) {
    answers[said.subject](known);
  } else {
    fail(known, "unsupported_subject", said.subject);
  }
});

const opener = page.querySelector("[data-window]");
if (opener) {
  opener.addEventListener("click", (event) => {
    event.preventDefault();
    opened.push(window.open(opener.href, "_blank"));
  });
}

// Our own pages, as after picking, send no messages: the tool's last height would cut them off.
frame.addEventListener("load", () => {
  const own = frame.contentDocument; // null for the tool's page, which has another origin
  if (own) frame.style.height = `${own.documentElement.scrollHeight}px`;
});

// Load the tool last, so its first message is answered.
frame.src = page.dataset.begins;
