// Requests a playback session from the server, and the reason why one ended.

// Refusals that another try can't change.
const FINAL = new Set([403, 404, 410]);
// The server is overloaded or restarting.
const AWAY = new Set([502, 503, 504]);

export class Doorkeeper {
  constructor(page, words) {
    this.openUrl = page.dataset.open;
    this.token = page.dataset.token;
    this.isPreview = page.dataset.preview === "yes";
    this.words = words;
  }

  // Returns { session }, or { told } if it was refused, or neither if the server can't be reached.
  async open({ native, takesOver }) {
    const wish = { native, preview: this.isPreview, take_over: Boolean(takesOver) };
    let answer = await this.ask(wish);
    if (answer?.body?.code === "stale_form" && (await this.findToken())) answer = await this.ask(wish);
    if (!answer) return {};
    if (answer.ok) return { session: answer.body };
    return { told: answer.body?.sentence ? answer.body : this.asTold(answer) };
  }

  ask(wish) {
    return post(this.openUrl, wish, { "X-CSRFToken": this.token });
  }

  // A sign-in in another tab changes the token; a fresh copy of this page contains the new one.
  async findToken() {
    try {
      const answer = await fetch(window.location.href, { credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const known = this.token;
      this.token = page.querySelector("[data-watch]")?.dataset.token ?? known;
      return this.token !== known;
    } catch {
      return false;
    }
  }

  // Returns why a session ended and what to do; null if the server can't be reached.
  async why(url) {
    const answer = await post(url, {}, {});
    if (!answer) return null;
    return answer.ok ? answer.body : this.asTold(answer);
  }

  // Refusals come as { code, message }. Reloading this page asks to sign in and returns here.
  asTold({ body, status }) {
    if (body?.code === "sign_in_first") {
      const step = { step_label: this.words.sign_in, step_url: window.location.href };
      return { sentence: body.message, ...step, may_reopen: false };
    }
    return { sentence: body?.message ?? this.words.broken, may_reopen: !FINAL.has(status) };
  }
}

async function post(url, body, headers) {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", ...headers },
      body: JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
    });
    const { ok, status } = response;
    if (AWAY.has(status)) return null;
    return { ok, status, body: await response.json().catch(() => undefined) };
  } catch {
    return null;
  }
}
