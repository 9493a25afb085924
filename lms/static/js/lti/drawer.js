// A drawer of a page that fits its frame: opened by its button, closed by its own button or Escape.

const drawer = document.querySelector("[data-drawer]");
const opener = drawer && document.querySelector(`[popovertarget=${drawer.id}]:not([popovertargetaction])`);

drawer?.addEventListener("toggle", (event) => {
  opener.setAttribute("aria-expanded", event.newState === "open");
  if (event.newState === "closed" && drawer.contains(document.activeElement)) opener.focus();
});

document.addEventListener("keydown", (event) => {
  const isAsked = event.key === "Escape" && !event.defaultPrevented;
  // An open handout covers the drawer, and closes first.
  if (!isAsked || !drawer?.matches(":popover-open") || document.querySelector("dialog[open]")) return;
  drawer.hidePopover();
  opener.focus();
});
