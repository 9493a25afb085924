// The button shows how many people will be invited, as addresses are typed or pasted.

const form = document.querySelector("[data-inviting]");
const ADDRESS = /[^\s,;<>"'()[\]]+@[^\s,;<>"'()[\]]+\.[^\s,;<>"'()[\]]+/g;

function counting() {
  const text = form.querySelector("[data-addresses]");
  const button = form.querySelector("[data-count-many]");
  const show = () => {
    const found = new Set((text.value.match(ADDRESS) || []).map((one) => one.toLowerCase()));
    const { countOne, countMany, countNone } = button.dataset;
    if (found.size === 1) button.textContent = countOne;
    else if (found.size) button.textContent = countMany.replace("{number}", found.size);
    else button.textContent = countNone;
  };
  text.addEventListener("input", show);
  window.addEventListener("pageshow", show);
  show();
}

if (form) counting();
