// Runs before the first paint: sets the remembered theme, and the class "js" for what needs
// scripts.
(function () {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const choice = localStorage.getItem("carrel-theme");
    if (choice === "light" || choice === "dark") root.dataset.theme = choice;
  } catch {
    // Storage can be blocked in a frame on another site; the system's theme applies.
  }
})();
