// The caption editor: shows a page of cues at a time, can undo every change, and saves
// automatically.

import { Desk } from "./caption_edits.js";
import { Keeper } from "./caption_autosave.js";
import { Rows } from "./caption_rows.js";
import { Shift } from "./caption_shift.js";

const ROWS = 50;

async function begin(root) {
  const words = JSON.parse(root.dataset.words);
  const find = (name) => root.querySelector(`[data-${name}]`);
  const answer = await fetch(root.dataset.cues, { credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok) {
    find("status").textContent = words.failed;
    return;
  }
  const { version, cues } = await answer.json();
  const desk = new Desk(cues);
  const keeper = new Keeper(root, words, desk, version);
  const rows = new Rows(root, words, desk, ROWS);
  const shift = new Shift(root, words, desk);
  const video = root.querySelector("video");

  desk.onChange = (index) => {
    find("undo").disabled = !desk.past.length;
    find("redo").disabled = !desk.future.length;
    rows.draw(index);
    keeper.changed();
    shift.clear();
  };
  find("undo").addEventListener("click", () => desk.undo());
  find("redo").addEventListener("click", () => desk.redo());
  find("now").addEventListener("click", () => rows.draw(desk.indexAt(video?.currentTime ?? 0), true));
  video?.addEventListener("timeupdate", () => rows.follow(video.currentTime));
  root.addEventListener("carrel:play", (event) => {
    const page = root.querySelector("[data-watch]");
    page?.dispatchEvent(new CustomEvent("carrel:seek", { detail: event.detail }));
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "s") {
      event.preventDefault();
      rows.commit();
      keeper.save();
    } else if (key === "z" && root.contains(event.target) && !rows.isTyping()) {
      event.preventDefault();
      if (event.shiftKey) desk.redo();
      else desk.undo();
    }
  });
  // Publish only what is saved: the forms wait for it.
  for (const form of document.querySelectorAll("[data-after-saving]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      rows.commit();
      if (await keeper.settled()) form.submit();
    });
  }
  rows.draw(0);
}

for (const root of document.querySelectorAll("[data-captions]")) begin(root);
