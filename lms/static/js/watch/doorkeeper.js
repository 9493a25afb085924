// Asks the server for a playback session, and why one has ended.

export class Doorkeeper {
  constructor(openUrl, token, isPreview) {
    this.openUrl = openUrl;
    this.token = token;
    this.isPreview = isPreview;
  }

  // { session }, or { told } when it was refused, or neither when the server can't be reached.
  async open(native) {
    const wish = { native, preview: this.isPreview };
    const answer = await post(this.openUrl, wish, { "X-CSRFToken": this.token });
    if (!answer) return {};
    if (answer.ok) return { session: answer.body };
    return { told: answer.body?.sentence ? answer.body : asTold(answer.body) };
  }

  // Why a session ended and what to do; null when the server can't be reached.
  async why(url) {
    const answer = await post(url, {}, {});
    if (!answer) return null;
    return answer.ok ? answer.body : asTold(answer.body);
  }
}

// Refusals to act come as { code, message }.
function asTold(body) {
  return body?.message ? { sentence: body.message, may_reopen: true } : undefined;
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
    return { ok: response.ok, body: await response.json().catch(() => undefined) };
  } catch {
    return null;
  }
}
