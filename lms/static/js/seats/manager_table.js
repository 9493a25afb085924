// The seat table: shows the bulk action bar when people are selected.

const form = document.querySelector("[data-choosing]");

function choosing() {
  const bar = form.querySelector("[data-bulk-bar]");
  if (!bar) return;
  const boxes = [...form.querySelectorAll("[data-choose]")];
  const all = form.querySelector("[data-choose-all]");
  const text = form.querySelector("[data-bulk-text]");
  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    bar.hidden = !chosen && !all.checked;
    text.textContent =
      chosen === 1 ? text.dataset.bulkOne : text.dataset.bulkMany.replace("{number}", chosen);
    text.hidden = all.checked;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
  });
  let last = null;
  form.addEventListener("click", (event) => {
    const box = event.target.closest("[data-choose]");
    if (!box) return;
    if (event.shiftKey && last) {
      const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((one, other) => one - other);
      for (const each of boxes.slice(from, to + 1)) each.checked = box.checked;
    }
    if (!box.checked) all.checked = false;
    last = box;
  });
  form.addEventListener("change", show);
  form.addEventListener("click", show);
  window.addEventListener("pageshow", show);
  show();
}

if (form) choosing();
