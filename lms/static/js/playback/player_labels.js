// Corrects the roles and names of some media-chrome controls: the captions button is a switch, the time is
// text and not a button, and the way back from a menu has no text of its own.

function all(name, act) {
  customElements.whenDefined(name).then(() => document.querySelectorAll(name).forEach(act));
}

all("media-captions-button", (button) => button.setAttribute("role", "switch"));
all("media-time-display", (time) => time.setAttribute("role", "timer"));
for (const menu of document.querySelectorAll("[data-back]")) {
  customElements.whenDefined(menu.localName).then(() => {
    menu.shadowRoot.querySelector("[part~=back]").setAttribute("aria-label", menu.dataset.back);
  });
}
