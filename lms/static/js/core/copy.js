// Copies the text beside a button: <button data-copy="id of its element" data-copied="Copied">.

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = !navigator.clipboard; // not available on pages loaded over plain HTTP
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    const text = (source.value ?? source.textContent).trim();
    await navigator.clipboard.writeText(text);
    const detail = { text: button.dataset.copied, kind: "done" };
    document.dispatchEvent(new CustomEvent("carrel:toast", { detail }));
  });
}
