// For whoever has not signed in: the time by the clock of their own device, where it differs.

for (const time of document.querySelectorAll("time[data-local-time]")) {
  const moment = new Date(time.dateTime);
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const form = { hour: "numeric", minute: "2-digit" };
  const yours = moment.toLocaleTimeString("en-US", form).replace(" AM", " am").replace(" PM", " pm");
  if (here && !time.textContent.includes(yours)) {
    const day = moment.toLocaleDateString("en-GB", { weekday: "long" });
    const sameDay = time.textContent.includes(day);
    time.append(` (${sameDay ? "" : `${day}, `}${yours} your time)`);
  }
}
