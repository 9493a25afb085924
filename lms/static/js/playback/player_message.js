// The message in place of the video when it can't play, and the small hint over it.

const PASSING_MS = 1_200;

export class Message {
  constructor(page, { tryAgain, takeOver }) {
    const find = (name) => page.querySelector(`[data-${name}]`);
    this.box = find("message");
    this.player = page.querySelector("media-controller");
    this.text = find("message-text");
    this.step = find("message-step");
    this.more = find("message-more");
    this.takeOver = find("message-take-over");
    this.again = find("message-again");
    this.hintLine = find("hint");
    this.notice = find("notice");
    this.noticeText = find("notice-text");
    this.noticeStep = find("notice-step");
    this.again.addEventListener("click", tryAgain);
    this.takeOver.addEventListener("click", takeOver);
    find("notice-close").addEventListener("click", () => this.announce(""));
  }

  say(told) {
    const { sentence, more, step_label: label, step_url: url, may_reopen: mayTryAgain } = told;
    this.hint("");
    this.announce("");
    this.box.dataset.code = told.code ?? "";
    this.text.textContent = sentence;
    this.more.textContent = more ?? "";
    this.more.hidden = !more;
    this.takeOver.textContent = told.take_over_label ?? "";
    this.takeOver.hidden = !told.take_over_label;
    this.step.hidden = !(label && url);
    this.step.textContent = label ?? "";
    if (url) this.step.href = url;
    this.again.hidden = !mayTryAgain;
    this.box.hidden = false;
    this.player.inert = true;
    const act = [this.takeOver, this.step, this.again].find((each) => !each.hidden);
    if (document.fullscreenElement) document.exitFullscreen();
    act?.focus({ preventScroll: true });
  }

  clear() {
    this.box.hidden = true;
    this.player.inert = false;
    this.hint("");
  }

  // A notice during playback; it stays until it is closed.
  announce(text, { url = "", label = "" } = {}) {
    this.noticeText.textContent = text;
    this.noticeStep.hidden = !url;
    this.noticeStep.textContent = label;
    this.noticeStep.href = url;
    this.notice.hidden = !text;
  }

  // A hint that stays until the problem is solved: the network is down, or slow.
  hint(text) {
    clearTimeout(this.passing);
    this.lasting = text;
    this.show(text);
  }

  // A brief hint: "1.5x", "10 seconds forward".
  pass(text) {
    if (this.lasting) return;
    clearTimeout(this.passing);
    this.show(text);
    this.passing = setTimeout(() => this.show(""), PASSING_MS);
  }

  show(text) {
    if (this.hintLine.textContent !== text) this.hintLine.textContent = text;
    this.hintLine.hidden = !text;
  }
}
