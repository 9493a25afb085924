// Counts down to the certificate during playback, and shows it once it is issued. The progress bar
// shows what was watched: the width of each part is its length in seconds.

import { clock } from "../playback/time_texts.js";

const LOOK_AGAIN_MS = 4000;
const LOOKS = 8;

function watched(strip) {
  const parts = strip.querySelectorAll(".strip-watched");
  return Array.from(parts).reduce((sum, part) => sum + Number(part.getAttribute("width")), 0);
}

async function fetchIssued(card, looks) {
  const answer = await fetch(card.dataset.url, { headers: { Accept: "text/html" } }).catch(() => null);
  if (answer?.ok) {
    const held = document.createElement("template");
    held.innerHTML = await answer.text();
    const issued = held.content.querySelector("[data-certificate]");
    if (issued && !issued.dataset.missing && issued.querySelector("a")) {
      card.replaceWith(issued);
      return;
    }
  }
  if (looks > 1) {
    setTimeout(() => fetchIssued(card, looks - 1), LOOK_AGAIN_MS);
  }
}

const card = document.querySelector("[data-certificate][data-missing]");
const strip = document.querySelector("[data-strip]");
if (card && strip) {
  const words = JSON.parse(card.dataset.words);
  const line = card.querySelector("[data-certificate-words]");
  const goal = watched(strip) + Number(card.dataset.missing);
  const observer = new MutationObserver(() => {
    const missing = Math.ceil(goal - watched(strip));
    const minutes = Math.ceil(missing / 60);
    const said = missing <= 0 ? words.enough : minutes < 2 ? words.little : words.many;
    const text = said.replace("{minutes}", minutes).replace("{time}", clock(Math.max(0, missing)));
    if (line.textContent !== text) {
      line.textContent = text;
    }
    if (missing <= 0) {
      observer.disconnect();
      setTimeout(() => fetchIssued(card, LOOKS), LOOK_AGAIN_MS);
    }
  });
  observer.observe(strip, { childList: true });
}
