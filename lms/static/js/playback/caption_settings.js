// Caption settings: size, color and background, remembered in this browser.
// css/playback/player_dialogs.css has a rule for each choice, by the player's attributes.

import { choices, remember } from "./preferences.js";

const ASPECTS = ["size", "color", "ground"];

export function styleCaptions(film, video) {
  const dialog = document.querySelector("[data-caption-look]");
  const button = document.querySelector("[data-caption-look-open]");
  if (!dialog || !button) return;
  const form = dialog.querySelector("form");
  const show = (look) => {
    for (const aspect of ASPECTS) film.setAttribute(`data-cue-${aspect}`, look[aspect] ?? "usual");
  };
  const kept = choices().look ?? {};
  for (const aspect of ASPECTS) {
    const wanted = [...form.elements[aspect]].find((each) => each.value === kept[aspect]);
    if (wanted) wanted.checked = true;
  }
  const chosen = () => Object.fromEntries(ASPECTS.map((name) => [name, form.elements[name].value]));
  const sample = dialog.querySelector("[data-caption-sample]");
  const change = () => {
    show(chosen());
    for (const [aspect, value] of Object.entries(chosen())) sample.setAttribute(`data-cue-${aspect}`, value);
  };
  form.addEventListener("change", () => {
    change();
    remember({ look: chosen() });
  });
  form.addEventListener("reset", () => {
    setTimeout(() => {
      change();
      remember({ look: chosen() });
    }, 0);
  });
  button.addEventListener("click", () => dialog.showModal());
  const offer = () => {
    button.hidden = ![...video.textTracks].some(({ kind }) => kind === "captions");
  };
  video.textTracks.addEventListener("addtrack", offer);
  video.textTracks.addEventListener("removetrack", offer);
  offer();
  change();
}
