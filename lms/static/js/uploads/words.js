// Amounts and times in the words that people use.

export function bytes(count) {
  const units = ["B", "kB", "MB", "GB"];
  let step = 0;
  while (count >= 1000 && step < units.length - 1) {
    count /= 1000;
    step += 1;
  }
  return `${count.toFixed(step > 1 ? 1 : 0)} ${units[step]}`;
}

export function left(seconds) {
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 60) return `${Math.max(1, Math.ceil(seconds))} s left`;
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min left`;
  return `${(seconds / 3600).toFixed(1)} h left`;
}

export function percent(share) {
  return `${Math.floor(share * 100)} %`;
}
