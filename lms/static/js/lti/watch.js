// The first playback may open what stands beside the film: it is fetched once that has begun.

const rail = document.querySelector("[data-handouts=closed]");

async function openHandouts() {
  try {
    const answer = await fetch(window.location.href, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const opened = page.querySelector("[data-handouts=open]");
    if (!opened) return;
    rail.replaceWith(opened);
    opened.dispatchEvent(new CustomEvent("carrel:opened", { bubbles: true }));
  } catch {
    // They are there when the page is opened the next time.
  }
}

if (rail) document.addEventListener("carrel:begun", openHandouts, { once: true });
