// Staff choose the frame for a recording's poster: the picture follows the slider.

const LOOK_AFTER_MS = 150;

const place = document.querySelector("[data-frames]");

if (place) {
  const slider = place.querySelector("[data-frame-time]");
  const picture = place.querySelector("[data-frame]");
  const said = place.querySelector("[data-frame-clock]");
  let looking;

  const clock = (seconds) => {
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
    const rest = String(seconds % 60).padStart(2, "0");
    return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
  };

  slider.addEventListener("input", () => {
    said.textContent = clock(Number(slider.value));
    slider.setAttribute("aria-valuetext", said.textContent);
    clearTimeout(looking);
    looking = setTimeout(() => {
      picture.src = `${picture.dataset.frame}?at=${slider.value}`;
    }, LOOK_AFTER_MS);
  });
}
