// Captions, chapters and the timeline's preview pictures, as text tracks of the video.

import { choices, remember } from "./preferences.js";

export class Tracks {
  constructor(video) {
    this.video = video;
    this.elements = [];
    video.textTracks.addEventListener("change", () => remember({ captions: this.shown() ?? "" }));
  }

  shown() {
    return [...this.video.textTracks].find(isShownCaption)?.language;
  }

  // Their URLs contain the session's token, so each session needs new tracks.
  show(session) {
    const shown = this.shown();
    for (const element of this.elements) element.remove();
    URL.revokeObjectURL(this.chapters);
    this.elements = session.captions.map(({ src, language, label }) =>
      track({ kind: "captions", srclang: language, label, src }),
    );
    if (session.thumbnails) {
      const pictures = { kind: "metadata", label: "thumbnails", default: true };
      this.elements.push(track({ ...pictures, src: session.thumbnails }));
    }
    if (session.chapters) {
      this.chapters = URL.createObjectURL(new Blob([session.chapters], { type: "text/vtt" }));
      this.elements.push(track({ kind: "chapters", label: "chapters", default: true, src: this.chapters }));
    }
    this.video.append(...this.elements);
    // Without a remembered choice, captions are off; the button turns on the default.
    const wanted = shown ?? choices().captions;
    for (const { track: caption } of this.elements) {
      if (caption.kind !== "captions") continue;
      caption.mode = wanted && caption.language === wanted ? "showing" : "disabled";
    }
  }
}

function isShownCaption(track) {
  return ["captions", "subtitles"].includes(track.kind) && track.mode === "showing";
}

function track(values) {
  return Object.assign(document.createElement("track"), values);
}
