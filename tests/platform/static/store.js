// Tools' data in platform storage (Client Side postMessages 1.0, OIDC Login with postMessages 1.0):
// a value is returned only to the origin that stored it.

export class Store {
  constructor(origins) {
    this.origins = origins;
    this.values = new Map();
  }

  // Answers put and get; returns false for any other subject.
  answer(event) {
    const said = event.data;
    if (said.subject !== "lti.put_data" && said.subject !== "lti.get_data") return false;
    const reply = { subject: `${said.subject}.response`, message_id: said.message_id };
    const fault = this.fault(event);
    if (fault) reply.error = fault;
    else Object.assign(reply, { key: said.key, value: this.value(event) });
    event.source.postMessage(reply, event.origin);
    return true;
  }

  fault(event) {
    const said = event.data;
    if (!this.origins.includes(event.origin)) {
      return { code: "wrong_origin", message: `${event.origin} is not the tool's origin` };
    }
    if (typeof said.message_id !== "string" || typeof said.key !== "string" || !said.key) {
      return { code: "bad_request", message: "message_id and key have to be texts" };
    }
    if (said.subject === "lti.put_data" && said.value != null && String(said.value).length > 4096) {
      return { code: "storage_exhausted", message: "a value has at most 4096 characters" };
    }
    return null;
  }

  value(event) {
    const place = `${event.origin} ${event.data.key}`;
    if (event.data.subject === "lti.put_data") {
      if (event.data.value == null) this.values.delete(place);
      else this.values.set(place, event.data.value);
    }
    return this.values.get(place) ?? null;
  }
}
