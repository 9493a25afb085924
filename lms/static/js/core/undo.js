// An act that can be undone says so in a toast: <form data-undo data-undo-label="Undo">.

const undo = document.querySelector("[data-undo]");

function undoing() {
  undo.hidden = true;
  const detail = {
    text: undo.querySelector("[data-undo-text]").textContent,
    kind: "done",
    act: { label: undo.dataset.undoLabel, run: () => undo.requestSubmit() },
  };
  // The shell listens once it has started, which is before this or right after.
  setTimeout(() => document.dispatchEvent(new CustomEvent("carrel:toast", { detail })), 0);
}

if (undo) undoing();
