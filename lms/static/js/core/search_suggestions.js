// Search suggestions as a person types: a combobox with a listbox, following the ARIA Authoring
// Practices. Enter without a selection searches as usual; search works without scripts, too.

const TYPED_MS = 180;
const SHORTEST = 2;
const LIST_ID = "site-search-list";

export function suggestAsTyped(input) {
  if (input) new Suggestions(input);
}

class Suggestions {
  constructor(input) {
    this.input = input;
    this.words = JSON.parse(input.dataset.suggestWords);
    this.here = -1;
    this.list = Object.assign(document.createElement("ul"), { id: LIST_ID, className: "site-suggest", hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.words.list);
    this.status = Object.assign(document.createElement("p"), { className: "visually-hidden" });
    this.status.setAttribute("role", "status");
    input.form.append(this.list, this.status);
    const about = { role: "combobox", "aria-autocomplete": "list", "aria-controls": LIST_ID, "aria-expanded": "false" };
    for (const [name, value] of Object.entries(about)) input.setAttribute(name, value);
    input.addEventListener("input", () => this.typed());
    input.addEventListener("keydown", (event) => this.press(event));
    input.addEventListener("blur", () => this.close());
    // Keep the focus in the field, so that a click on the list doesn't close it first.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.go(event.target.closest("[role=option]")));
  }

  get options() {
    return [...this.list.children];
  }

  typed() {
    clearTimeout(this.waiting);
    this.asking?.abort();
    const query = this.input.value.trim();
    if (query.length < SHORTEST) this.close();
    else this.waiting = setTimeout(() => this.ask(query), TYPED_MS);
  }

  async ask(query) {
    this.asking = new AbortController();
    try {
      const url = `${this.input.dataset.suggest}?${new URLSearchParams({ q: query })}`;
      const answer = await fetch(url, { signal: this.asking.signal, credentials: "same-origin" });
      const { found } = await answer.json();
      if (document.activeElement === this.input) this.show(found);
    } catch {
      this.close(); // Another character was typed, or the network is down; the search itself works.
    }
  }

  show(found) {
    this.choose(-1);
    this.list.replaceChildren(...found.map((each, index) => option(each, index)));
    this.open(found.length > 0);
    const { none, one, many } = this.words;
    this.status.textContent = found.length > 1 ? many.replace("{n}", found.length) : found.length ? one : none;
  }

  open(isOpen) {
    this.list.hidden = !isOpen;
    this.input.setAttribute("aria-expanded", isOpen);
  }

  close() {
    clearTimeout(this.waiting);
    this.asking?.abort();
    this.choose(-1);
    this.open(false);
    this.status.textContent = "";
  }

  choose(index) {
    this.here = index;
    this.options.forEach((each, place) => each.setAttribute("aria-selected", place === index));
    const chosen = this.options[index];
    if (chosen) {
      this.input.setAttribute("aria-activedescendant", chosen.id);
      chosen.scrollIntoView({ block: "nearest" });
    } else {
      this.input.removeAttribute("aria-activedescendant");
    }
  }

  press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (step && !this.list.hidden) {
      event.preventDefault();
      this.choose(next(this.here, step, this.options.length));
    } else if (step && this.options.length && this.input.value.trim().length >= SHORTEST) {
      event.preventDefault();
      this.open(true);
      this.choose(step > 0 ? 0 : this.options.length - 1);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.close();
    } else if (event.key === "Enter" && this.options[this.here] && !this.list.hidden) {
      event.preventDefault();
      this.go(this.options[this.here]);
    } else if (event.key === "Tab") {
      this.close();
    }
  }

  go(chosen) {
    if (chosen) window.location.assign(chosen.dataset.url);
  }
}

// Cycles from the field to the first or last option, through the list, and back to the field.
function next(here, step, count) {
  const places = count + 1;
  return ((here + 1 + step + places) % places) - 1;
}

function option({ title, kind, url }, index) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  const what = Object.assign(document.createElement("span"), { className: "site-suggest-kind", textContent: kind });
  name.textContent = title;
  name.dir = "auto";
  item.id = `${LIST_ID}-${index}`;
  item.dataset.url = url;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.append(name, " ", what);
  return item;
}
