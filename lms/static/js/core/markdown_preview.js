// Previews Markdown as it is typed; the server renders it as it does for the page.

const PAUSE_MS = 300;

function follow(editor, address, token) {
  const text = editor.querySelector("textarea");
  const preview = editor.querySelector("[data-preview]");
  let waiting = 0;
  let latest = 0;

  async function show() {
    latest += 1;
    const mine = latest;
    const answer = await fetch(address, {
      method: "POST",
      headers: { Accept: "text/html", "X-CSRFToken": token },
      body: new URLSearchParams({ text: text.value }),
    });
    if (answer.ok && mine === latest) preview.innerHTML = await answer.text();
  }

  text.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => show().catch(() => {}), PAUSE_MS); // the network may be down
  });
}

for (const form of document.querySelectorAll("[data-preview-address]")) {
  const token = form.elements.csrf_token.value;
  for (const editor of form.querySelectorAll("[data-markdown]")) {
    follow(editor, form.dataset.previewAddress, token);
  }
}
