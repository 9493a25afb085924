// Messages, amounts and times in the page's language; templates/recordings/_upload_queue.html
// provides them.

const words = JSON.parse(document.querySelector("[data-uploads]").dataset.words);
const number = (value, digits = 0) =>
  value.toLocaleString(document.documentElement.lang, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping: false,
  });

export function say(name, values = {}) {
  return words[name].replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

export function bytes(count) {
  const units = ["B", "kB", "MB", "GB"];
  let step = 0;
  while (count >= 1000 && step < units.length - 1) {
    count /= 1000;
    step += 1;
  }
  return say(units[step], { number: number(count, step > 1 ? 1 : 0) });
}

export function left(seconds) {
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 60) return say("seconds_left", { number: number(Math.max(1, Math.ceil(seconds))) });
  if (seconds < 3600) return say("minutes_left", { number: number(Math.ceil(seconds / 60)) });
  return say("hours_left", { number: number(seconds / 3600, 1) });
}

export function percent(share) {
  return say("percent", { number: number(Math.floor(share * 100)) });
}

export function share(part, size) {
  return say("share", { share: part, size: bytes(size) });
}

export function speed(rate) {
  return say("speed", { size: bytes(rate) });
}
