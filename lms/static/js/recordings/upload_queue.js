// Uploads to a webinar: several files, dropped or chosen, are sent one after another and can be
// resumed.

import * as handles from "./upload_file_handles.js";
import { Row } from "./upload_row.js";
import { Sending, fingerprint, outcome } from "./upload_transfer.js";
import { percent, say } from "./upload_texts.js";

const SPOKEN_EACH = 0.25;
// Includes formats that the server refuses as a handout, with advice on how to save them.
const HANDOUT = /\.(pdf|pp[ts][xm]?|pot[xm]?|do[ct][xm]?|rtf|od[pt]|key|pages|zip)$/i;

export class Queue {
  constructor(section, changed) {
    this.section = section;
    this.changed = changed;
    this.list = section.querySelector("[data-queue]");
    this.lines = [];
    this.acts = {
      pause: (row) => this.of(row).sending.pause(),
      resume: (row) => this.resume(this.of(row)),
      retry: (row) => this.resume(this.of(row)),
      now: (row) => this.of(row).sending.start(),
      cancel: (row) => this.cancel(this.of(row)),
      remove: (row) => this.cancel(this.of(row)),
      again: (row) => this.again(this.of(row)),
    };
    for (const element of [...this.list.children]) this.take(element);
    this.listen();
    window.addEventListener("beforeunload", (event) => {
      if (this.lines.some((line) => line.sending?.isBusy || line.row.state === "waiting")) event.preventDefault();
    });
  }

  of(row) {
    return this.lines.find((line) => line.row === row);
  }

  // The file name decides what a file is; each may come with a handle.
  add(chosen) {
    for (const { file, handle, folder } of chosen) {
      if (folder) this.toast(say("folder", { name: file.name }), "danger");
      else this.addOne(file, handle, HANDOUT.test(file.name) ? "handout" : "recording");
    }
    this.pump();
  }

  addOne(file, handle, purpose) {
    const mark = fingerprint(file);
    const known = this.lines.find((line) => line.mark === mark && line.purpose === purpose);
    const failed = known?.row.state === "failed";
    const goesOn = known?.row.state === "stopped" || (failed && known.sending?.useless === false);
    if (goesOn) this.equip(known, file, handle);
    else if (known && !failed) this.toast(say("listed", { name: file.name }));
    else {
      if (known) {
        this.discard(known);
        this.remove(known);
      }
      const blank = this.section.querySelector("template").content.firstElementChild.cloneNode(true);
      this.list.append(blank);
      const line = { row: new Row(blank, this.acts), mark, purpose };
      this.lines.push(line);
      this.equip(line, file, handle);
    }
  }

  // Unfinished uploads of an earlier visit wait for their file, or for the server to check it.
  async take(element) {
    const { address, mark, purpose, name, size, kept, state } = element.dataset;
    const line = { row: new Row(element, this.acts), address, mark, purpose, size: Number(size), kept: Number(kept) };
    this.lines.push(line);
    line.row.name(name);
    element.querySelector("[data-row-plain]")?.remove();
    const share = line.kept / line.size;
    if (state === "failed") {
      line.row.show("failed", { share, size: line.size, message: element.dataset.failure, useless: true });
      return;
    }
    if (state === "arrived") {
      line.row.show("checking", { share: 1, size: line.size });
      const found = await outcome(address);
      if (found.state === "done") this.done(line);
      else line.row.show("failed", { share: 1, size: line.size, message: found.message, useless: true });
      return;
    }
    line.row.show("stopped", { share, size: line.size, message: element.dataset.until });
    line.handle = await handles.find(address);
    const file = await handles.fileOf(line.handle, false);
    if (file && fingerprint(file) === mark) {
      this.equip(line, file, line.handle);
      this.pump();
    }
  }

  equip(line, file, handle) {
    line.handle = handle;
    line.spoken = 0;
    line.row.name(file.name);
    line.sending = new Sending({
      file,
      purpose: line.purpose,
      address: line.address,
      protocol: this.section.dataset.protocol,
      endpoint: this.section.dataset.endpoint,
      token: this.section.dataset.token,
      tell: (sending, news) => this.told(line, sending, news),
    });
    line.sending.sent = line.kept ?? 0;
    line.sending.become("waiting");
  }

  told(line, sending, news) {
    if (news === "begun") {
      line.address = sending.address;
      if (line.handle) handles.keep(line.address, line.handle);
      return;
    }
    const { state, share, rate, secondsLeft, message, useless } = sending;
    const before = line.row.state;
    if (state === "canceled") return;
    line.row.show(state, { share, size: sending.file.size, rate, secondsLeft, message, useless });
    if (state !== before) this.speak(line, state, message);
    else if (state === "sending" && share >= line.spoken + SPOKEN_EACH) this.speak(line, state);
    if (state === "done") this.done(line);
    if (state !== before) this.pump();
  }

  // For screen readers: start, end, errors, and each quarter; nothing more.
  speak(line, state, message = "") {
    const { name } = line.sending.file;
    const { share } = line.sending;
    line.spoken = Math.floor(share / SPOKEN_EACH) * SPOKEN_EACH;
    const words = {
      sending: say("said_sending", { name, share: percent(share) }),
      paused: say("said_paused", { name }),
      retrying: message,
      checking: say("said_checking", { name }),
      failed: say("said_failed", { name, message }),
    }[state];
    if (words) this.section.querySelector("[data-uploads-said]").textContent = words;
  }

  toast(text, kind = "note") {
    document.dispatchEvent(new CustomEvent("carrel:toast", { detail: { text, kind } }));
  }

  pump() {
    if (this.lines.some((line) => line.sending?.isBusy)) return;
    this.lines.find((line) => line.sending?.state === "waiting")?.sending.start();
  }

  resume(line) {
    line.sending.become("waiting");
    this.pump();
  }

  // Resume with the same file: by its handle if there is one, else it must be chosen again.
  async again(line) {
    const file = await handles.fileOf(line.handle, true);
    if (file) {
      this.matched(line, file, line.handle);
      return;
    }
    const field = document.createElement("input");
    field.type = "file";
    field.onchange = () => this.matched(line, field.files[0], null);
    field.click();
  }

  matched(line, file, handle) {
    if (fingerprint(file) === line.mark) {
      this.equip(line, file, handle);
      this.pump();
      return;
    }
    const { name } = line.row.element.dataset;
    line.row.show("stopped", {
      share: line.kept / line.size,
      size: line.size,
      message: say("another_file", { name }),
    });
  }

  async cancel(line) {
    const sent = line.sending?.sent ?? line.kept ?? 0;
    if (sent && line.row.state !== "failed" && !window.confirm(say("really_cancel"))) return;
    if (!(await this.discard(line))) this.toast(say("deleted_later"));
    this.remove(line);
    this.pump();
  }

  // Resolves to true once the server has deleted what was sent.
  async discard(line) {
    const sending = line.sending ?? new Sending({ address: line.address, token: this.section.dataset.token, tell() {} });
    if (line.address) handles.forget(line.address);
    return sending.cancel();
  }

  done(line) {
    handles.forget(line.address);
    const { name } = line.sending?.file ?? line.row.element.dataset;
    this.remove(line);
    this.toast(say(line.purpose === "handout" ? "handout_done" : "recording_done", { name }), "done");
    this.changed();
  }

  remove(line) {
    const focused = line.row.element.contains(document.activeElement);
    line.row.element.remove();
    this.lines = this.lines.filter((one) => one !== line);
    if (focused) this.section.querySelector("[data-choose]").focus();
  }

  listen() {
    const field = this.section.querySelector("[data-choose]");
    field.addEventListener("change", () => {
      this.add([...field.files].map((file) => ({ file })));
      field.value = "";
    });
    let depth = 0;
    const brings = (event) => event.dataTransfer?.types.includes("Files");
    const mark = (by) => {
      depth = Math.max(0, depth + by);
      this.section.classList.toggle("is-over", depth > 0);
    };
    document.addEventListener("dragenter", (event) => brings(event) && mark(1));
    document.addEventListener("dragleave", (event) => brings(event) && mark(-1));
    document.addEventListener("dragover", (event) => brings(event) && event.preventDefault());
    document.addEventListener("drop", async (event) => {
      if (!brings(event)) return;
      event.preventDefault();
      mark(-depth);
      this.add(await handles.dropped(event.dataTransfer));
    });
  }
}
