// Tells the LMS that its administrator is finished here (Dynamic Registration 1.0, 3.7).

const button = document.querySelector("[data-lti-close]");

function close() {
  // The message contains only its name, so any window that framed or opened this one may read it.
  (window.opener ?? window.parent).postMessage({ subject: "org.imsglobal.lti.close" }, "*");
}

if (button) {
  button.addEventListener("click", close);
  const wait = Number(button.dataset.ltiCloseAfter);
  if (wait) setTimeout(close, wait);
}
