// A form that is submitted with a passkey's signature, or with a new passkey. The server sends the
// options (data-passkey-sign, data-passkey-make); the result goes into a hidden field.

const bytes = (text) => {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
};
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
const known = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));

async function asked(address, form) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRFToken": form.elements.csrf_token.value },
  });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const question = await answer.json();
  return { ...question, challenge: bytes(question.challenge) };
}

async function sign(address, form) {
  const question = await asked(address, form);
  const made = await navigator.credentials.get({
    publicKey: { ...question, allowCredentials: known(question.allowCredentials) },
  });
  const { clientDataJSON, authenticatorData, signature } = made.response;
  return answerOf(made, {
    clientDataJSON: text(clientDataJSON),
    authenticatorData: text(authenticatorData),
    signature: text(signature),
  });
}

async function make(address, form) {
  const question = await asked(address, form);
  const made = await navigator.credentials.create({
    publicKey: {
      ...question,
      user: { ...question.user, id: bytes(question.user.id) },
      excludeCredentials: known(question.excludeCredentials),
    },
  });
  const { clientDataJSON, attestationObject } = made.response;
  return answerOf(made, {
    clientDataJSON: text(clientDataJSON),
    attestationObject: text(attestationObject),
  });
}

function answerOf(made, response) {
  return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response });
}

for (const form of document.querySelectorAll("[data-passkey-sign], [data-passkey-make]")) {
  const button = form.querySelector("[data-passkey-button]");
  const fault = form.querySelector("[data-passkey-fault]");
  const field = form.elements.passkey || form.elements.proof_passkey;
  button.addEventListener("click", async () => {
    const { passkeySign, passkeyMake } = form.dataset;
    fault.hidden = true;
    button.disabled = true;
    try {
      field.value = await (passkeySign ? sign(passkeySign, form) : make(passkeyMake, form));
      form.submit();
    } catch {
      fault.hidden = false; // the person closed the dialog, or has no passkey here
      button.disabled = false;
    }
  });
}
