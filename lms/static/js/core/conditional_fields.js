// Fields that only some choices need: an element lists them in data-kinds, data-offers and so on.

export function show(part, isNeeded) {
  part.hidden = !isNeeded;
  for (const input of part.querySelectorAll("input, select")) input.disabled = !isNeeded;
}

export function names(part, attribute, value) {
  return (part.dataset[attribute] ?? "").split(" ").includes(value);
}
