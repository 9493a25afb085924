// Asks the server for a playback session, and why one has ended.

// What is not this person's, not there or over stays so, however often it is tried.
const FINAL = new Set([403, 404, 410]);

export class Doorkeeper {
  constructor(page, words) {
    this.openUrl = page.dataset.open;
    this.token = page.dataset.token;
    this.isPreview = page.dataset.preview === "yes";
    this.words = words;
  }

  // { session }, or { told } when it was refused, or neither when the server can't be reached.
  async open({ native, takesOver }) {
    const wish = { native, preview: this.isPreview, take_over: takesOver };
    const answer = await post(this.openUrl, wish, { "X-CSRFToken": this.token });
    if (!answer) return {};
    if (answer.ok) return { session: answer.body };
    return { told: answer.body?.sentence ? answer.body : this.asTold(answer) };
  }

  // Why a session ended and what to do; null when the server can't be reached.
  async why(url) {
    const answer = await post(url, {}, {});
    if (!answer) return null;
    return answer.ok ? answer.body : this.asTold(answer);
  }

  // Refusals to act come as { code, message }. This page, fetched anew, asks to sign in and comes back.
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
    return { ok, status, body: await response.json().catch(() => undefined) };
  } catch {
    return null;
  }
}
