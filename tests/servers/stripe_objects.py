"""The state of our Stripe simulation: sessions, payments, refunds, disputes, events, balance.

It answers as Stripe documents it, as far as Carrel asks. Time and delivery are the caller's.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]
DAY_S = 24 * 60 * 60
PAYS = "4242424242424242"
DECLINES = {
    "4000000000000002": "Your card was declined.",
    "4000000000009995": "Your card has insufficient funds.",
}
ASKS = "4000002500003155"  # the bank asks for authentication
DISPUTES = "4000000000000259"  # succeeds, then is disputed
REFUND_FAILS = "4000000000005126"  # succeeds; a refund succeeds at first and fails later
DISPUTE_FEE = 1500


class StripeFault(Exception):
    """A request that Stripe refuses; `kind` is the error type."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind, self.message = status, kind, message


@dataclass
class Books:
    """The state of one account in test mode; `now` returns seconds."""

    url: str = ""
    now: Callable[[], float] = time.time
    objects: dict[str, Object] = field(default_factory=dict)
    events: list[Object] = field(default_factory=list)
    entries: list[Object] = field(default_factory=list)
    payouts: list[Object] = field(default_factory=list)
    answers: dict[str, tuple[str, Object]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def once(self, key: str, asked: Mapping[str, str], make: Callable[[], Object]) -> Object:
        """Create an object, or return what the key created before; refuses other parameters."""
        said = json.dumps(asked, sort_keys=True)
        with self.lock:
            if key and key in self.answers:
                before, answer = self.answers[key]
                if before != said:
                    raise StripeFault(
                        400,
                        "idempotency_error",
                        "Keys for idempotent requests can only be used with the same parameters.",
                    )
                return answer
            made = json.loads(json.dumps(make()))
            if key:
                self.answers[key] = (said, made)
            return made  # type: ignore[no-any-return]  # what was dumped

    def find(self, object_id: str) -> Object:
        if object_id not in self.objects:
            raise StripeFault(404, "invalid_request_error", f"No such object: '{object_id}'")
        self._expire_due()
        return self.objects[object_id]

    def create_session(self, asked: Mapping[str, str]) -> Object:
        amount = int(asked["line_items[0][price_data][unit_amount]"])
        if amount < 50:
            raise StripeFault(400, "invalid_request_error", "The amount is too small.")
        session_id = f"cs_test_{secrets.token_hex(12)}"
        return self._add(
            "checkout.session",
            session_id,
            amount_total=amount,
            currency=asked["line_items[0][price_data][currency]"],
            client_reference_id=asked.get("client_reference_id"),
            customer_email=asked.get("customer_email"),
            description=asked["line_items[0][price_data][product_data][name]"],
            expires_at=int(self.now()) + DAY_S,
            metadata={"reference": asked.get("metadata[reference]", "")},
            payment_intent=None,
            payment_status="unpaid",
            status="open",
            success_url=asked["success_url"],
            cancel_url=asked.get("cancel_url"),
            url=f"{self.url}/pay/{session_id}",
        )

    def expire_session(self, session_id: str) -> Object:
        session = self.find(session_id)
        if session["status"] != "open":
            raise StripeFault(400, "invalid_request_error", "Only open sessions can be expired.")
        session["status"] = "expired"
        self.happen("checkout.session.expired", session)
        return session

    def pay(self, session_id: str, card: str, *, is_late: bool = False) -> str:
        """Pay a session with a card that is not declined; `is_late` pays an expired one."""
        with self.lock:
            session = self.find(session_id)
            if session["status"] != "open" and not (is_late and session["status"] == "expired"):
                raise StripeFault(400, "invalid_request_error", "This session is over.")
            payment = f"pi_{secrets.token_hex(12)}"
            charge = f"ch_{secrets.token_hex(12)}"
            amount = session["amount_total"]
            self._add(
                "payment_intent",
                payment,
                amount=amount,
                latest_charge=charge,
                card=card,
                refunded=0,
                currency=session["currency"],
            )
            session.update(status="complete", payment_status="paid", payment_intent=payment)
            self._book("charge", charge, amount, fee=round(amount * 0.029) + 30)
            self.happen("checkout.session.completed", session)
            if card == DISPUTES:
                self.dispute(payment)
            return payment

    def refund(self, asked: Mapping[str, str]) -> Object:
        with self.lock:
            payment = self.find(asked["payment_intent"])
            amount = int(asked.get("amount") or payment["amount"])
            if payment["refunded"] + amount > payment["amount"]:
                raise StripeFault(
                    400, "invalid_request_error", "Refund amount is greater than unrefunded amount."
                )
            payment["refunded"] += amount
            made = self._add(
                "refund",
                f"re_{secrets.token_hex(12)}",
                amount=amount,
                charge=payment["latest_charge"],
                currency=payment["currency"],
                metadata={"reference": asked.get("metadata[reference]", "")},
                payment_intent=payment["id"],
                status="succeeded",
            )
            self._book("refund", made["id"], -amount)
            self.happen("refund.created", made)
            return made

    def refund_in_dashboard(self, payment: str, amount: int) -> Object:
        """Refund as in the Stripe dashboard."""
        return self.refund({"payment_intent": payment, "amount": str(amount)})

    def fail_refunds(self) -> None:
        """Let refunds to cards with that behavior fail, days later."""
        with self.lock:
            for made in [one for one in self.objects.values() if one["object"] == "refund"]:
                payment = self.objects[made["payment_intent"]]
                if payment["card"] == REFUND_FAILS and made["status"] == "succeeded":
                    made["status"] = "failed"
                    payment["refunded"] -= made["amount"]
                    self._book("refund_failure", made["id"], made["amount"])
                    self.happen("refund.failed", made)

    def dispute(self, payment: str, amount: int = 0) -> Object:
        with self.lock:
            paid = self.find(payment)
            made = self._add(
                "dispute",
                f"dp_{secrets.token_hex(12)}",
                amount=amount or paid["amount"],
                charge=paid["latest_charge"],
                currency=paid["currency"],
                evidence_details={"due_by": int(self.now()) + 9 * DAY_S},
                payment_intent=payment,
                reason="fraudulent",
                status="needs_response",
            )
            self._book("adjustment", made["id"], -made["amount"], fee=DISPUTE_FEE)
            self.happen("charge.dispute.created", made)
            return made

    def decide(self, dispute_id: str, *, is_won: bool) -> None:
        """Decide a dispute; the money of one that is won is returned."""
        with self.lock:
            made = self.find(dispute_id)
            made["status"] = "won" if is_won else "lost"
            if is_won:
                self._book("adjustment", made["id"], made["amount"])
            self.happen("charge.dispute.closed", made)

    def pay_out(self) -> Object:
        """Pay out the balance."""
        with self.lock:
            waiting = [one for one in self.entries if not one["payout"]]
            payout = f"po_{secrets.token_hex(12)}"
            amount = sum(one["net"] for one in waiting)
            self._book("payout", payout, -amount)
            for one in [*waiting, self.entries[-1]]:
                one["payout"] = payout
            made = self._add("payout", payout, amount=amount, currency="usd", status="paid")
            self.payouts.append(made)
            return made

    def listed(self, rows: list[Object], asked: Mapping[str, str]) -> Object:
        """Return a page of a list, newest first."""
        since = int(asked.get("created[gte]", 0))
        payout = asked.get("payout")
        found = [
            one
            for one in reversed(rows)
            if one["created"] >= since and (payout is None or one.get("payout") == payout)
        ]
        after = asked.get("starting_after")
        if after:
            found = found[[one["id"] for one in found].index(after) + 1 :]
        page = found[: int(asked.get("limit", 10))]
        return {"object": "list", "data": page, "has_more": len(page) < len(found), "url": "/"}

    def happen(self, kind: str, about: Object) -> None:
        """Record an event, with the object in its current state."""
        self.events.append(
            {
                "id": f"evt_{secrets.token_hex(12)}",
                "object": "event",
                "type": kind,
                "created": int(self.now()),
                "livemode": False,
                "data": {"object": json.loads(json.dumps(about))},
            }
        )

    def sessions(self) -> Iterator[Object]:
        """Return the checkout sessions, oldest first."""
        return (one for one in self.objects.values() if one["object"] == "checkout.session")

    def _add(self, kind: str, object_id: str, **values: object) -> Object:
        made = {
            "id": object_id,
            "object": kind,
            "created": int(self.now()),
            "livemode": False,
            **values,
        }
        self.objects[object_id] = made
        return made

    def _book(self, kind: str, source: str, amount: int, *, fee: int = 0) -> None:
        self.entries.append(
            {
                "id": f"txn_{secrets.token_hex(12)}",
                "object": "balance_transaction",
                "type": kind,
                "source": source,
                "currency": "usd",
                "amount": amount,
                "fee": fee,
                "net": amount - fee,
                "payout": None,
                "created": int(self.now()),
            }
        )

    def _expire_due(self) -> None:
        for one in list(self.sessions()):
            if one["status"] == "open" and one["expires_at"] <= self.now():
                self.expire_due(one)

    def expire_due(self, session: Object) -> None:
        session["status"] = "expired"
        self.happen("checkout.session.expired", session)
