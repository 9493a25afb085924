// Sends the one form of this page by itself; its button does the same without JavaScript.

document.querySelector("form[data-send-at-once]")?.requestSubmit();
