// Corrects the roles and names of three media-chrome controls that contradict each other: the
// captions button is a switch, the time is text and not a button, and the speed is named as it is
// shown.

function all(name, act) {
  customElements.whenDefined(name).then(() => document.querySelectorAll(name).forEach(act));
}

all("media-captions-button", (button) => button.setAttribute("role", "switch"));
all("media-time-display", (time) => time.setAttribute("role", "timer"));
all("media-playback-rate-button", (button) => {
  const name = () => {
    const words = `${button.dataset.name} ${button.getAttribute("mediaplaybackrate") ?? 1}x`;
    if (button.getAttribute("aria-label") !== words) button.setAttribute("aria-label", words);
  };
  new MutationObserver(name).observe(button, { attributeFilter: ["aria-label"] });
  name();
});
