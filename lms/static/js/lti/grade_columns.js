// A recording that becomes a clip loses its grade column, and gets it back, until the teacher ticks the box.

for (const item of document.querySelectorAll(".basket-item")) {
  const box = item.querySelector("input[name=graded]");
  const places = [...item.querySelectorAll(".basket-clip input")];
  let isDecided = false;
  box?.addEventListener("change", () => {
    isDecided = true;
  });
  for (const place of places) {
    place.addEventListener("input", () => {
      if (box && !isDecided) box.checked = places.every((each) => !each.value.trim());
    });
  }
}
