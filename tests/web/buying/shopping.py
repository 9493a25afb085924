"""Requests of a buyer's browser: the buy box, the checkout form, and the emailed link."""

from typing import Any

from werkzeug.test import TestResponse

from lms.core.database import Database
from tests.buying.buying_fixtures import ROSA, WEBINAR
from tests.mailbox import link_in, newest
from tests.visitor import Visitor

PASSWORD = "a quiet corner table"  # noqa: S105  (test data)
BOX = {"covers": WEBINAR, "choice": "me"}
FORM = {
    "name": "Rosa Delgado",
    "email": ROSA,
    "payer": "new",
    "organization_name": "Pine County Library",
    "billing_street": "1 Main Street",
    "billing_street2": "",
    "billing_city": "Pine",
    "billing_state": "IL",
    "billing_postal_code": "62701",
    "billing_country": "US",
    "payable_email": "ap@pinecounty.example",
    "payment": "purchase_order",
    "po_number": "PO 88123",
}


def fill(client: Visitor, **box: Any) -> None:
    """Submit the buy box of the webinar."""
    answer = client.post("/cart", data={**BOX, **box})
    assert (answer.status_code, answer.location) == (303, "/checkout")


def check_out(client: Visitor, **form: Any) -> TestResponse:
    """Submit the checkout form."""
    return client.post("/checkout", data={**FORM, **form})


def order(client: Visitor, *, box: dict[str, Any] | None = None, **form: Any) -> str:
    """Place an order, and return the path of its page."""
    fill(client, **(box or {}))
    answer = check_out(client, **form)
    assert answer.status_code == 303, answer.text
    assert answer.location.startswith("/orders/")
    return answer.location


def confirm(client: Visitor, database: Database, email: str = ROSA) -> TestResponse:
    """Open the link in the order's email, and choose a password."""
    link = link_in(newest(database, email, "confirm_order"))
    return client.post(link, data={"name": "Rosa Delgado", "password": PASSWORD})
