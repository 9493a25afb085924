// The first playback can give access to the handouts beside the player: loads them once it starts.

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
    // They appear when the page is opened the next time.
  }
}

if (rail) document.addEventListener("carrel:begun", openHandouts, { once: true });
