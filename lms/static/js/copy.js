// Copies what stands beside a button: <button data-copy="id of what" data-copied="Copied">.

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy).textContent.trim();
    await navigator.clipboard.writeText(text);
    const detail = { text: button.dataset.copied, kind: "done" };
    document.dispatchEvent(new CustomEvent("carrel:toast", { detail }));
  });
}
