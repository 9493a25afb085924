// The page layout: "/" focuses the search, menus close, the theme is remembered, toasts are shown.
// Other modules use an event, so that no module is loaded twice:
//   document.dispatchEvent(new CustomEvent("carrel:toast", { detail: { text, kind, act } }))
//   kind: "done" | "note" | "attention" | "danger"; act: { label, run } (for example Undo, 10 s).

import { suggestAsTyped } from "./search_suggestions.js";
import { areShortcutsOn } from "./shortcuts.js";

const LINGER_MS = 10_000;

function isTyping(element) {
  return element?.matches?.("input, textarea, select, [contenteditable]:not([contenteditable=false])");
}

function reachSearch() {
  const search = document.querySelector("[data-search]");
  if (!search) return;
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || !areShortcutsOn()) return;
    event.preventDefault();
    search.focus();
    search.select();
  });
}

function closeMenus() {
  const menus = [...document.querySelectorAll("details[data-menu]")];
  const open = () => menus.filter((menu) => menu.open);
  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("focusin", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}

function rememberTheme() {
  const root = document.documentElement;
  const buttons = [...document.querySelectorAll("[data-theme-choice]")];
  const show = () => {
    const choice = root.dataset.theme ?? "";
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
    }
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const choice = button.dataset.themeChoice;
      if (choice) root.dataset.theme = choice;
      else delete root.dataset.theme;
      try {
        if (choice) localStorage.setItem("carrel-theme", choice);
        else localStorage.removeItem("carrel-theme");
      } catch {
        // Not remembered if storage is blocked, but it applies to this page.
      }
      show();
    });
  }
  show();
}

function settle(toast) {
  toast.querySelector("[data-toast-close]")?.addEventListener("click", () => toast.remove());
  // Errors stay until they are closed; confirmations disappear automatically.
  if (!["done", "note", "message"].includes(toast.dataset.toast)) return;
  let timer;
  const start = () => (timer = setTimeout(() => toast.remove(), LINGER_MS));
  const stop = () => clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stop);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, start);
  start();
}

function showToasts() {
  const region = document.querySelector("[data-toasts]");
  const pattern = document.querySelector("template[data-toast-pattern]");
  if (!region) return;
  region.querySelectorAll("[data-toast]").forEach(settle);
  document.addEventListener("carrel:toast", ({ detail }) => {
    const toast = pattern.content
      .querySelector(`[data-toast="${detail.kind ?? "done"}"]`)
      .cloneNode(true);
    toast.querySelector("p").textContent = detail.text;
    if (detail.act) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button button-quiet button-small";
      button.textContent = detail.act.label;
      button.addEventListener("click", () => {
        toast.remove();
        detail.act.run();
      });
      toast.querySelector("p").after(button);
    }
    region.append(toast);
    settle(toast);
  });
}

function showErrors() {
  const summary = document.querySelector("[data-error-summary]");
  if (!summary) return;
  summary.focus();
  summary.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link) return;
    const field = document.getElementById(link.hash.slice(1));
    const target = field?.matches("fieldset") ? field.querySelector("input") : field;
    if (!target) return;
    event.preventDefault();
    target.scrollIntoView({ block: "center" });
    target.focus({ preventScroll: true });
  });
}

function sendOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const elsewhere = event.submitter?.formTarget || form.target; // this page stays, such as for a preview
    if (event.defaultPrevented || form.method !== "post" || elsewhere) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  // A page restored from the browser's cache can be submitted again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
    }
  });
}

reachSearch();
suggestAsTyped(document.querySelector("[data-suggest]"));
closeMenus();
rememberTheme();
showToasts();
showErrors();
sendOnce();
