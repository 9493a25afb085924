// Submits the only form of this page automatically; without JavaScript, its button does.

document.querySelector("form[data-send-at-once]")?.requestSubmit();
