// Unchecks the grade column when a recording becomes a clip, and checks it again when it isn't one,
// until the teacher changes the checkbox.

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
