// Captions, chapters and the pictures over the time line, as tracks beside the film.

import { choices } from "./preferences.js";

export class Tracks {
  constructor(video) {
    this.video = video;
    this.elements = [];
  }

  // Their addresses carry the session's token, so each session brings its own.
  show(session) {
    const shown = [...this.video.textTracks].find(isShownCaption)?.language;
    for (const element of this.elements) element.remove();
    this.elements = session.captions.map(({ src, language, label }) =>
      track({ kind: "captions", srclang: language, label, src }),
    );
    if (session.thumbnails) {
      const pictures = { kind: "metadata", label: "thumbnails", default: true };
      this.elements.push(track({ ...pictures, src: session.thumbnails }));
    }
    if (session.chapters) {
      this.elements.push(track({ kind: "chapters", label: "chapters", default: true, src: session.chapters }));
    }
    this.video.append(...this.elements);
    // Who has never chosen sees none, as the film is heard; the button shows the default.
    const wanted = shown ?? choices().captions;
    for (const { track: caption } of this.elements) {
      if (caption.kind !== "captions") continue;
      caption.mode = wanted && caption.language === wanted ? "showing" : "disabled";
    }
  }
}

export function isShownCaption(track) {
  return ["captions", "subtitles"].includes(track.kind) && track.mode === "showing";
}

function track(values) {
  return Object.assign(document.createElement("track"), values);
}
