// Runs before the first paint: the remembered colors, and "js" for what needs a script.
(function () {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const choice = localStorage.getItem("carrel-theme");
    if (choice === "light" || choice === "dark") root.dataset.theme = choice;
  } catch {
    // Storage may be closed to us inside another site's frame; the system's colors stand.
  }
})();
