// The tabs beside the player. Without scripts all panels are shown; with them one is, and arrow
// keys switch.

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

export class Rail {
  // `turned` is called with the panel that a person selected.
  constructor(root, turned) {
    this.tabs = [...root.querySelectorAll("[role=tab]")];
    this.turned = turned;
    if (!this.tabs.length) return;
    for (const tab of this.tabs) tab.addEventListener("click", () => this.turn(tab));
    root.querySelector("[role=tablist]").addEventListener("keydown", (event) => this.press(event));
    this.show(this.tabs.find((tab) => tab.getAttribute("aria-selected") === "true"));
  }

  turn(tab) {
    this.show(tab);
    this.turned(tab.getAttribute("aria-controls"));
  }

  show(chosen) {
    for (const tab of this.tabs) {
      const isChosen = tab === chosen;
      tab.setAttribute("aria-selected", isChosen);
      tab.tabIndex = isChosen ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !isChosen;
    }
  }

  press(event) {
    const here = this.tabs.indexOf(event.target);
    const last = this.tabs.length - 1;
    const places = { Home: 0, End: last };
    const step = STEPS[event.key];
    const next = step ? (here + step + this.tabs.length) % this.tabs.length : places[event.key];
    if (here < 0 || next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.turn(this.tabs[next]);
    this.tabs[next].focus();
  }
}
