// Shows a toast for an action that can be undone: <form data-undo data-undo-label="Undo">.

const undo = document.querySelector("[data-undo]");

function undoing() {
  undo.hidden = true;
  const detail = {
    text: undo.querySelector("[data-undo-text]").textContent,
    kind: "done",
    act: { label: undo.dataset.undoLabel, run: () => undo.requestSubmit() },
  };
  // page_frame.js may start right before or right after this module.
  setTimeout(() => document.dispatchEvent(new CustomEvent("carrel:toast", { detail })), 0);
}

if (undo) undoing();
