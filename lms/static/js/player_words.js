// Says what two of media-chrome's controls are, where its own roles and names contradict each other:
// the captions button is a switch, and the time is read and not pressed.
const WORDS = [
  ["media-captions-button", { role: "switch" }],
  ["media-time-display", { role: "timer" }],
];

for (const [name, attributes] of WORDS) {
  customElements.whenDefined(name).then(() => {
    for (const element of document.querySelectorAll(name)) {
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    }
  });
}
