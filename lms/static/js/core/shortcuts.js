// Single-key shortcuts, which a person can turn off in this browser: speech input may type them (WCAG 2.1.4).

const KEY = "carrel-shortcuts";

export function areShortcutsOn() {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true; // Storage may be blocked.
  }
}

// Shows the choice in each `[data-shortcuts]` checkbox of the page, and remembers it.
function offer() {
  const boxes = [...document.querySelectorAll("[data-shortcuts]")];
  for (const box of boxes) {
    box.checked = areShortcutsOn();
    box.addEventListener("change", () => {
      for (const other of boxes) other.checked = box.checked;
      try {
        if (box.checked) localStorage.removeItem(KEY);
        else localStorage.setItem(KEY, "off");
      } catch {
        // It can't be remembered, so the shortcuts stay on.
      }
    });
  }
}

offer();
