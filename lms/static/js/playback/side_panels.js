// The transcript and a person's notes beside the player.

import { Notes } from "./notes.js";
import { Rail } from "./side_tabs.js";
import { Transcript } from "./transcript.js";

function begin(root) {
  const box = root.querySelector("[data-transcript]");
  const page = document.querySelector("[data-watch]");
  if (box && page) new Transcript(box, page);
  const notes = root.querySelector("[data-notes]");
  if (notes && page) new Notes(notes, page);
}

begin(document);
// In a frame, the first playback can open panels that were closed.
document.addEventListener("carrel:opened", (event) => {
  for (const rail of event.target.querySelectorAll("[data-rail]")) new Rail(rail, () => {});
  begin(event.target);
});
