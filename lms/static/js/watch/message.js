// What stands in place of the picture when it can't play, and the small hint over it.

export class Message {
  constructor(page, tryAgain) {
    const find = (name) => page.querySelector(`[data-${name}]`);
    this.box = find("message");
    this.player = page.querySelector("media-controller");
    this.text = find("message-text");
    this.step = find("message-step");
    this.again = find("message-again");
    this.hintLine = find("hint");
    this.again.addEventListener("click", tryAgain);
  }

  say({ sentence, step_label: label, step_url: url, may_reopen: mayTryAgain }) {
    this.hint("");
    this.text.textContent = sentence;
    this.step.hidden = !(label && url);
    this.step.textContent = label ?? "";
    if (url) this.step.href = url;
    this.again.hidden = !mayTryAgain;
    this.box.hidden = false;
    this.player.inert = true;
    const act = [this.step, this.again].find((each) => !each.hidden);
    if (document.fullscreenElement) document.exitFullscreen();
    act?.focus({ preventScroll: true });
  }

  clear() {
    this.box.hidden = true;
    this.player.inert = false;
    this.hint("");
  }

  hint(text) {
    if (this.hintLine.textContent !== text) this.hintLine.textContent = text;
    this.hintLine.hidden = !text;
  }
}
