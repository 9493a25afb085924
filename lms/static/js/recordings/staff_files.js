// A webinar's files on the staff page: uploads, and the encoder's progress, updated live.

import { Queue } from "./upload_queue.js";
import { bytes, left, say, share, speed } from "./upload_texts.js";

const POLL_MS = 1000;
const root = () => document.querySelector("[data-webinar-files]");

function show(progress, share, label, amount) {
  const bar = progress.querySelector("[data-progress-bar]");
  bar.max = 1;
  bar.value = share;
  progress.querySelector("[data-progress-label]").textContent = label;
  progress.querySelector("[data-progress-amount]").textContent = amount;
}

function toast(text, kind) {
  document.dispatchEvent(new CustomEvent("carrel:toast", { detail: { text, kind } }));
}

async function refresh(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-webinar-files]");
  if (fresh) root().replaceWith(document.adoptNode(fresh));
  begin();
}

function send(form) {
  const field = form.querySelector("input[type=file]");
  const file = field.files[0];
  const error = form.querySelector("[data-upload-error]");
  const holder = form.querySelector("[data-upload-progress]");
  const stop = form.querySelector("[data-upload-stop]");
  const verb = form.querySelector("[type=submit]");
  const request = new XMLHttpRequest();
  const began = performance.now();
  const warn = (event) => event.preventDefault();
  const busy = (is) => {
    holder.hidden = stop.hidden = !is;
    verb.disabled = field.disabled = is;
    if (is) window.addEventListener("beforeunload", warn);
    else window.removeEventListener("beforeunload", warn);
  };
  const fail = (text) => {
    busy(false);
    error.textContent = text;
    error.hidden = false;
  };

  error.hidden = true;
  stop.onclick = () => request.abort();
  request.upload.onprogress = (event) => {
    if (!event.lengthComputable) return;
    const rate = event.loaded / ((performance.now() - began) / 1000);
    const whole = event.loaded === event.total;
    show(
      holder.querySelector("[data-progress]"),
      event.loaded / event.total,
      say(whole ? "storing" : "sending"),
      whole
        ? bytes(event.total)
        : [share(bytes(event.loaded), event.total), speed(rate), left((event.total - event.loaded) / rate)]
            .filter(Boolean)
            .join(", "),
    );
  };
  request.onload = () => {
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      // An error page of a proxy; the status is enough.
    }
    if (request.status >= 300) {
      fail(answer.message || say("answered_again", { status: request.status }));
      return;
    }
    busy(false);
    toast(answer.message, "done");
    refresh(answer.fragment);
  };
  request.onerror = () => fail(say("lost_form"));
  request.onabort = () => fail(say("stopped_form"));
  busy(true);
  const values = new FormData(form);
  values.set("file", file);
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.send(values);
}

async function follow(version) {
  const progress = version.querySelector("[data-progress]");
  const { state, playable } = version.dataset;
  while (version.isConnected) {
    await new Promise((resume) => setTimeout(resume, POLL_MS));
    if (document.hidden) continue;
    let found;
    try {
      const answer = await fetch(version.dataset.underWay, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      found = await answer.json();
    } catch {
      continue; // the network is down for a moment
    }
    if (found.state !== state || String(found.playable) !== playable) {
      await refresh(root().dataset.webinarFiles);
      return;
    }
    if (found.note) show(progress, found.share, found.note, found.amount);
  }
}

function begin() {
  for (const form of document.querySelectorAll("[data-upload]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const field = form.querySelector("input[type=file]");
      if (field.files.length) send(form);
      else form.reportValidity();
    });
  }
  for (const version of document.querySelectorAll("[data-under-way]")) follow(version);
}

new Queue(document.querySelector("[data-uploads]"), () => refresh(root().dataset.webinarFiles));
begin();
