// The rows of the editor: one page of them, whatever the number of captions.

const TIME = /^(?:(?:(\d{1,3}):)?(\d{1,2}):)?(\d{1,6}(?:[.,]\d{1,3})?)$/;

export class Rows {
  constructor(root, words, desk, size) {
    const find = (name) => root.querySelector(`[data-${name}]`);
    this.root = root;
    this.words = words;
    this.desk = desk;
    this.size = size;
    this.list = find("list");
    this.template = find("row");
    this.page = find("page");
    this.before = find("before");
    this.after = find("after");
    this.from = 0;
    this.before.addEventListener("click", () => this.draw(this.from - size, true));
    this.after.addEventListener("click", () => this.draw(this.from + size, true));
    this.list.addEventListener("change", (event) => this.commit(event.target));
    this.list.addEventListener("click", (event) => this.press(event));
    this.list.addEventListener("keydown", (event) => this.key(event));
  }

  get insertFirst() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = this.words.empty;
    button.addEventListener("click", () => this.desk.insert(-1));
    return button;
  }

  draw(index = this.from, isFocused = document.activeElement?.closest(".cue") !== null) {
    const { cues } = this.desk;
    const here = Math.max(0, Math.min(index, cues.length - 1));
    this.from = Math.floor(here / this.size) * this.size;
    const to = Math.min(cues.length, this.from + this.size);
    const rows = cues.slice(this.from, to).map((cue, step) => this.row(cue, this.from + step));
    this.list.replaceChildren(...(rows.length ? rows : [this.insertFirst]));
    this.page.textContent = this.words.page
      .replace("{first}", cues.length ? this.from + 1 : 0)
      .replace("{last}", to)
      .replace("{total}", cues.length);
    this.before.disabled = this.from === 0;
    this.after.disabled = to >= cues.length;
    if (isFocused) this.list.children[here - this.from]?.querySelector("textarea")?.focus();
  }

  row([starts, ends, , text], index) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    row.dataset.index = index;
    row.querySelector("[data-starts]").value = written(starts);
    row.querySelector("[data-ends]").value = written(ends);
    row.querySelector("textarea").value = shown(text);
    row.querySelector("[data-merge]").disabled = index === this.desk.cues.length - 1;
    return row;
  }

  isTyping() {
    const field = document.activeElement;
    const row = field?.closest?.(".cue");
    return Boolean(row) && this.isChanged(row);
  }

  isChanged(row) {
    const [starts, ends, , text] = this.desk.cues[Number(row.dataset.index)];
    const value = (name) => row.querySelector(name).value;
    return (
      value("textarea") !== shown(text) ||
      value("[data-starts]") !== written(starts) ||
      value("[data-ends]") !== written(ends)
    );
  }

  // Applies the contents of a row; if they are invalid, shows the error and leaves the row as
  // typed.
  commit(field = document.activeElement) {
    const row = field?.closest?.(".cue");
    if (!row || !this.isChanged(row)) return true;
    const index = Number(row.dataset.index);
    const [was, wasEnd, settings, text] = this.desk.cues[index];
    const read = (name, before) => {
      const value = row.querySelector(name).value;
      return value === written(before) ? before : seconds(value);
    };
    const [starts, ends] = [read("[data-starts]", was), read("[data-ends]", wasEnd)];
    const typed = row.querySelector("textarea").value;
    const fault = row.querySelector("[data-fault]");
    const isBad = Number.isNaN(starts) || Number.isNaN(ends);
    fault.textContent = isBad ? this.words.bad_time : this.words.backwards;
    fault.hidden = !isBad && ends > starts;
    if (!fault.hidden) return false;
    const focus = document.activeElement;
    const place = focus?.closest?.(".cue") && [focus.closest(".cue").dataset.index, nameOf(focus)];
    const cursor = focus?.selectionStart;
    this.desk.change(index, [starts, ends, settings, typed === shown(text) ? text : cueText(typed)]);
    // The rows were replaced; restore the focus and the cursor.
    const again = place && this.list.querySelector(`[data-index="${place[0]}"] ${place[1]}`);
    again?.focus();
    if (cursor != null && again?.setSelectionRange) again.setSelectionRange(cursor, cursor);
    return true;
  }

  press(event) {
    const button = event.target.closest("button");
    const row = event.target.closest(".cue");
    if (!button || !row) return;
    const act = ["play", "insert", "split", "merge", "remove"].find((name) => name in button.dataset);
    if (act) this.act(act, row);
  }

  act(name, row) {
    const index = Number(row.dataset.index);
    const at = row.querySelector("textarea").selectionStart;
    if (!this.commit(row.querySelector("textarea"))) return;
    if (name === "play") {
      const detail = this.desk.cues[index][0];
      this.root.dispatchEvent(new CustomEvent("carrel:play", { detail }));
    } else {
      this.desk[name](index, at);
    }
  }

  key(event) {
    const row = event.target.closest(".cue");
    if (!row) return;
    const isAlt = event.altKey && !event.ctrlKey;
    let act = null;
    if (event.key === "Enter" && event.ctrlKey) act = "split";
    if (event.key === "Enter" && isAlt) act = "insert";
    if (event.code === "KeyP" && isAlt) act = "play";
    const step = isAlt && { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!act && !step) return;
    event.preventDefault();
    event.stopPropagation();
    if (act) this.act(act, row);
    else if (this.commit(event.target)) this.draw(Number(row.dataset.index) + step, true);
  }

  follow(at) {
    const index = this.desk.indexAt(at);
    if (index === this.now) return;
    this.now = index;
    this.list.querySelector('[aria-current="true"]')?.removeAttribute("aria-current");
    this.list.querySelector(`[data-index="${index}"]`)?.setAttribute("aria-current", "true");
  }
}

function nameOf(field) {
  for (const name of ["[data-starts]", "[data-ends]", "textarea"]) {
    if (field.matches(name)) return name;
  }
  return "textarea";
}

function seconds(text) {
  const found = TIME.exec(text.trim());
  if (!found) return Number.NaN;
  const [, hours, minutes, rest] = found;
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(rest.replace(",", "."));
}

function written(at) {
  const whole = Math.floor(at);
  const rest = (at % 60).toFixed(3).padStart(6, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

// Cue text contains &, < and > as entities; people type the characters themselves.
function shown(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function cueText(text) {
  return text.trim();
}
