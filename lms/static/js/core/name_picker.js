// Name picker: suggests names below a field as they are typed. The field names a <datalist>, whose
// data-from is the address of the suggestions. Without scripts, the server finds what was typed.
// A field with data-several has names with semicolons between them, and the last one is suggested.

const PAUSE_MS = 250;

async function suggest(list, field) {
  const before = "several" in field.dataset ? field.value.match(/^(?:.*;\s*)?/)[0] : "";
  const query = field.value.slice(before.length);
  const answer = await fetch(`${list.dataset.from}?${new URLSearchParams({ q: query })}`, {
    headers: { Accept: "application/json" },
  });
  if (!answer.ok) return;
  const { items } = await answer.json();
  const options = items.map((one) => Object.assign(document.createElement("option"), { value: before + one.name }));
  list.replaceChildren(...options);
}

for (const list of document.querySelectorAll("datalist[data-from]")) {
  let waiting = 0;
  for (const field of document.querySelectorAll(`input[list="${list.id}"]`)) {
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => suggest(list, field).catch(() => {}), PAUSE_MS); // the network may be down
    });
  }
}
