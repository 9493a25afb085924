// The edited cues, each [starts, ends, settings, text], with the undo history.

const MOST_STEPS = 100;
const NEW_S = 2;
const SHORTEST_S = 0.1;

export class Desk {
  constructor(cues) {
    this.cues = cues;
    this.past = [];
    this.future = [];
    this.onChange = () => {};
  }

  // Cues are never changed in place, so that undo can restore the earlier list.
  become(cues, index) {
    this.past.push({ cues: this.cues, index });
    if (this.past.length > MOST_STEPS) this.past.shift();
    this.future = [];
    this.cues = cues;
    this.onChange(index);
  }

  step(from, to) {
    const taken = from.pop();
    if (!taken) return;
    to.push({ cues: this.cues, index: taken.index });
    this.cues = taken.cues;
    this.onChange(Math.min(taken.index, Math.max(0, this.cues.length - 1)));
  }

  undo() {
    this.step(this.past, this.future);
  }

  redo() {
    this.step(this.future, this.past);
  }

  put(index, count, ...fresh) {
    return [...this.cues.slice(0, index), ...fresh, ...this.cues.slice(index + count)];
  }

  change(index, cue) {
    if (cue.every((value, place) => value === this.cues[index][place])) return;
    this.become(this.put(index, 1, cue), index);
  }

  insert(index) {
    const above = this.cues[index];
    const starts = above ? above[1] : 0;
    const next = this.cues[index + 1]?.[0];
    const ends = next > starts + SHORTEST_S ? Math.min(next, starts + NEW_S) : starts + NEW_S;
    this.become(this.put(index + 1, 0, [starts, round(ends), "", ""]), index + 1);
  }

  // Splits at the cursor, and the time in the same proportion.
  split(index, at) {
    const [starts, ends, settings, text] = this.cues[index];
    const place = at > 0 && at < text.length ? at : Math.floor(text.length / 2);
    const share = text.length ? place / text.length : 0.5;
    const middle = round(starts + (ends - starts) * Math.min(0.9, Math.max(0.1, share)));
    const first = [starts, middle, settings, text.slice(0, place).trim()];
    const second = [middle, ends, settings, text.slice(place).trim()];
    this.become(this.put(index, 1, first, second), index + 1);
  }

  merge(index) {
    const [one, other] = [this.cues[index], this.cues[index + 1]];
    if (!other) return;
    const text = [one[3], other[3]].filter(Boolean).join("\n");
    this.become(this.put(index, 2, [one[0], Math.max(one[1], other[1]), one[2], text]), index);
  }

  remove(index) {
    this.become(this.put(index, 1), Math.max(0, index - 1));
  }

  get lastEnd() {
    return this.cues.reduce((last, [, ends]) => Math.max(last, ends), 0);
  }

  // Shifts all cues. Cues that would start before 0 start at 0 and keep a minimum length.
  // Returns how many those were.
  shift(by) {
    const early = this.cues.filter(([starts]) => round(starts + by) < 0).length;
    const moved = this.cues.map(([starts, ends, settings, text]) => {
      const from = Math.max(0, round(starts + by));
      return [from, Math.max(round(from + SHORTEST_S), round(ends + by)), settings, text];
    });
    this.become(moved, 0);
    return early;
  }

  indexAt(seconds) {
    const after = this.cues.findIndex(([starts]) => starts > seconds);
    return Math.max(0, (after < 0 ? this.cues.length : after) - 1);
  }
}

function round(seconds) {
  return Math.round(seconds * 1000) / 1000;
}
