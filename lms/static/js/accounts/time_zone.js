// The time zone of this device: selected if the person hasn't chosen one ("fill"), offered if they
// have chosen another ("offer").

function offer(place, select, option) {
  const line = document.createElement("p");
  line.className = "help";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link-button";
  button.textContent = place.dataset.zoneUse;
  button.addEventListener("click", () => {
    select.value = option.value;
    line.remove();
    select.focus();
  });
  line.append(`${place.dataset.zoneSays} ${option.text}. `, button);
  place.append(line);
}

const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const place of document.querySelectorAll("[data-zone]")) {
  const select = place.querySelector("select");
  const option = [...(select?.options ?? [])].find((one) => one.value === here);
  if (!option || select.value === here) continue;
  if (place.dataset.zone === "fill") select.value = here;
  else offer(place, select, option);
}
