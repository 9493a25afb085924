"""A simulated Stripe on its own port: its API, and the hosted page on which a card pays.

Tests start it with `running_stripe()`, and `./dev run` with `python -m tests.servers.stripe`, to
try out paying. It needs only Python, and no one is charged.
"""

import argparse
import hmac
import html
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.servers.stripe_objects import (
    ASKS,
    DAY_S,
    DECLINES,
    DISPUTES,
    PAYS,
    REFUND_FAILS,
    Books,
    Object,
    StripeFault,
)
from tests.wait_until import PATIENCE_S

KEY = "sk_test_simulated"
SECRET = "whsec_simulated"  # noqa: S105  (not a real key)
OLD_SECRET = "whsec_simulated_before"  # noqa: S105  (not a real key)
CARDS = {PAYS, ASKS, DISPUTES, REFUND_FAILS}
RETRY_S = 2.0


class Delivery(StrEnum):
    """What can go wrong between Stripe and us."""

    ONCE = "once"
    TWICE = "twice"
    OUT_OF_ORDER = "out_of_order"
    NEVER = "never"
    LATE = "three_days_late"
    STALE = "stale"  # signed long ago, as in a replay
    OLD_SECRET = "old_secret"  # noqa: S105  (an enum value)
    ANSWER_LOST = "answer_lost"
    TOO_MANY = "429"
    BROKEN = "500"


FAULTY = {Delivery.ANSWER_LOST, Delivery.TOO_MANY, Delivery.BROKEN}


@dataclass
class FakeStripe:
    """A running simulation: its state, and how its webhooks and answers behave."""

    url: str
    books: Books
    delivery: Delivery = Delivery.ONCE
    faults: list[Delivery] = field(default_factory=list)
    delivered: int = 0

    def deliver(self, post: Callable[[bytes, str], Any]) -> None:
        """Post to the webhook what has happened since the last call: a body and its signature."""
        waiting = self.books.events[self.delivered :]
        self.delivered += len(waiting)
        if self.delivery is Delivery.NEVER:
            return
        if self.delivery is Delivery.OUT_OF_ORDER:
            waiting.reverse()
        for event in waiting:
            body = json.dumps(event).encode()
            for _ in range(2 if self.delivery is Delivery.TWICE else 1):
                post(body, self.sign(body))

    def sign(self, body: bytes) -> str:
        """Return the `Stripe-Signature` header."""
        secret = OLD_SECRET if self.delivery is Delivery.OLD_SECRET else SECRET
        ago = DAY_S if self.delivery is Delivery.STALE else 0
        at = str(int(self.books.now() - ago))
        right = hmac.new(secret.encode(), at.encode() + b"." + body, sha256).hexdigest()
        return f"t={at},v1={right}"

    def fault(self) -> Delivery | None:
        """Return the fault of the next API call and clear it."""
        return self.faults.pop(0) if self.faults else None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    stripe: FakeStripe


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (its name there)
        """Log nothing."""

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        asked = dict(parse_qsl(parts.query if self.command == "GET" else body))
        path = tuple(parts.path.strip("/").split("/"))
        if path[0] == "pay":
            self._page(path[-1], asked)
            return
        fault = self.server.stripe.fault()
        if fault is Delivery.TOO_MANY:
            self._fail(StripeFault(429, "invalid_request_error", "Too many requests."))
        elif fault is Delivery.BROKEN:
            self._fail(StripeFault(500, "api_error", "Something went wrong."))
        else:
            try:
                answer = self._answer(path[1:], asked)
            except StripeFault as refused:
                self._fail(refused)
                return
            if fault is Delivery.ANSWER_LOST:
                self.close_connection = True  # done, but the caller gets no answer
                return
            self._send(200, json.dumps(answer).encode(), "application/json")

    def _answer(self, path: tuple[str, ...], asked: dict[str, str]) -> Object:
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            raise StripeFault(401, "invalid_request_error", "Invalid API Key provided.")
        if self.command == "GET":
            return self._read(path, asked)
        books, key = self.server.stripe.books, self.headers.get("Idempotency-Key") or ""
        match path:
            case ("checkout", "sessions"):
                return books.once(key, asked, lambda: books.create_session(asked))
            case ("checkout", "sessions", session_id, "expire"):
                return books.expire_session(session_id)
            case ("refunds",):
                return books.once(key, asked, lambda: books.refund(asked))
        raise StripeFault(404, "invalid_request_error", f"Unrecognized request URL {self.path}")

    def _read(self, path: tuple[str, ...], asked: dict[str, str]) -> Object:
        books = self.server.stripe.books
        lists = {
            "events": books.events,
            "balance_transactions": books.entries,
            "payouts": books.payouts,
        }
        if path == ("checkout", "sessions"):
            payment = asked["payment_intent"]
            paid = [one for one in books.sessions() if one["payment_intent"] == payment]
            return books.listed(paid, asked)
        if path[-1] in lists:
            return books.listed(lists[path[-1]], asked)
        return books.find(path[-1])

    def _page(self, session_id: str, typed: dict[str, str]) -> None:
        books = self.server.stripe.books
        try:
            session = books.find(session_id)
        except StripeFault:
            self._send(404, b"No such session", "text/plain")
            return
        card = typed.get("card", "").replace(" ", "")
        error = ""
        if self.command == "POST":
            if card in DECLINES:
                error = DECLINES[card]
            elif card not in CARDS:
                error = "Your card number is invalid."
            elif card == ASKS and typed.get("bank") != "yes":
                self._send(200, _bank_page(card, typed.get("bank")).encode(), "text/html")
                return
            else:
                error = self._paid(books, session, card)
                if not error:
                    return
        self._send(402 if error else 200, _pay_page(session, error).encode(), "text/html")

    def _paid(self, books: Books, session: Object, card: str) -> str:
        try:
            books.pay(session["id"], card)
        except StripeFault as refused:
            return refused.message
        self._send(303, b"", "text/html", location=session["success_url"])
        return ""

    def _fail(self, fault: StripeFault) -> None:
        said = {"error": {"type": fault.kind, "message": fault.message}}
        self._send(fault.status, json.dumps(said).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str, *, location: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)


def _document(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>"
        ":root{color-scheme:light dark}"
        "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem}"
        "label,input,button{display:block;width:100%;box-sizing:border-box;font:inherit}"
        "input,button{margin:.3rem 0 1rem;padding:.7rem}[role=alert]{color:light-dark(#a00,#f99)}"
        f"</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"
    )


def _pay_page(session: Object, error: str) -> str:
    amount = f"{session['currency'].upper()} {session['amount_total'] / 100:,.2f}"
    about = f"<p>{html.escape(session['description'])}: <strong>{amount}</strong></p>"
    if session["status"] != "open":
        return _document("This page is over", about + "<p>Go back to the seller.</p>")
    alert = f'<p role="alert">{html.escape(error)}</p>' if error else ""
    back = html.escape(session["cancel_url"] or "")
    return _document(
        "Pay by card",
        f"<p>Test mode: you won\u2019t be charged.</p>{about}{alert}"
        '<form method="post"><label for="card">Card number</label>'
        f'<input id="card" name="card" inputmode="numeric" value="{PAYS}" required>'
        f'<button type="submit">Pay {amount}</button></form>'
        f'<p><a href="{back}">Back to the seller</a></p>',
    )


def _bank_page(card: str, answer: str | None) -> str:
    alert = '<p role="alert">Your bank did not confirm the payment.</p>' if answer else ""
    return _document(
        "Your bank asks",
        f'{alert}<p>Is it you who pays?</p><form method="post">'
        f'<input type="hidden" name="card" value="{card}">'
        '<button name="bank" value="yes">Yes, pay</button>'
        '<button name="bank" value="no">No</button></form>',
    )


def _start(port: int) -> tuple[_Server, FakeStripe]:
    server = _Server(("127.0.0.1", port), _Handler)
    url = f"http://127.0.0.1:{server.server_port}"
    server.stripe = FakeStripe(url, Books(url))
    return server, server.stripe


@contextmanager
def running_stripe() -> Iterator[FakeStripe]:
    """Run a simulation until the block ends; `deliver` delivers its events."""
    server, fake = _start(0)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _post_to(webhook: str) -> Callable[[bytes, str], None]:
    """Return a function that posts to a webhook and waits a moment if it isn't accepted."""

    def post(body: bytes, signature: str) -> None:
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        request = urllib.request.Request(webhook, body, headers)  # noqa: S310  (loopback)
        try:
            urllib.request.urlopen(request, timeout=PATIENCE_S).close()  # noqa: S310  (loopback)
        except (urllib.error.URLError, OSError):
            time.sleep(RETRY_S)  # the library's own rounds fetch what was missed

    return post


def main() -> None:
    """Serve until stopped, and send events to the library."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--webhook", required=True)
    options = parser.parse_args()
    server, fake = _start(options.port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    post = _post_to(options.webhook)
    while True:
        fake.deliver(post)
        time.sleep(0.2)


if __name__ == "__main__":
    main()
