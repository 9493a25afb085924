"""How fast staff find an order among 20,000 by name, number, PO, check, or amount (300 ms).

The installation has 4,000 organizations and 20,000 placed orders with an invoice each, half of them
paid by check. Each search reads its page of 40 rows and its total; the slowest median is printed.
Run: python benchmarks/order_search.py [--database sqlite|postgresql|both] [--orders 20000]
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script

from sqlalchemy import insert, text

from lms.core.database import Database
from lms.core.model_base import new_public_ids
from lms.migrations import upgrade
from lms.models.documents import Document, DocumentKind
from lms.models.grants import OfferKind, Scope
from lms.models.orders import Order, OrderLine, PurchaseOrder, Terms
from lms.models.organizations import InvoiceDelivery, Organization
from lms.models.payments import Payment, PaymentMethod, Settlement
from lms.sales.order_search import WantedOrders, count_standing, list_orders
from lms.sales.read_models import Standing
from tests.servers.postgres import postgres

START = datetime(2024, 1, 2, 15, tzinfo=UTC)
NOW = datetime(2026, 11, 28, 15, tzinfo=UTC)
ROUNDS = 7
PRICES = (9900, 22_500, 32_500, 49_900, 318_000)


def main() -> None:
    """Measure, and print one line of JSON for each database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--orders", type=int, default=20_000)
    options = parser.parse_args()
    kinds = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    for kind in kinds:
        with installation(kind) as database:
            fill(database, options.orders)
            print(json.dumps({"database": kind, **measure(database, options.orders)}), flush=True)


def measure(database: Database, orders: int) -> dict[str, object]:
    """Return the median of each search in milliseconds."""
    some = orders // 2
    words = {
        "name": f"Library {some % (orders // 5)}",
        "common_word": "library",
        "order_number": number_of(database, some),
        "invoice": f"2024-{some:05d}",
        "po": f"PO-{some}",
        "check": f"C{some}",
        "amount": "$3,180.00",
        "nothing": "zzzzz",
        "": "",
    }
    found = {name or "all": search(database, WantedOrders(word)) for name, word in words.items()}
    for standing in (Standing.PAST_DUE, Standing.UNPAID, Standing.PAID):
        found[standing.value] = search(database, WantedOrders(standing=standing))
    found["count_past_due"] = timed(lambda: counted(database))
    worst = max(found.values())
    return {**found, "worst_ms": worst, "load": round(os.getloadavg()[0], 1)}


def search(database: Database, wanted: WantedOrders) -> float:
    """Return how many milliseconds a search takes."""

    def act() -> None:
        with database.read_session() as session:
            list_orders(session, wanted, now=NOW, offset=0, limit=40)

    return timed(act)


def counted(database: Database) -> None:
    """Count what staff see on their home page."""
    with database.read_session() as session:
        count_standing(session, Standing.PAST_DUE, now=NOW)


def timed(act: object) -> float:
    """Return the median of several rounds, in milliseconds."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        act()  # type: ignore[operator]  # a function without arguments
        took.append(1000 * (time.perf_counter() - began))
    return round(statistics.median(took), 1)


def number_of(database: Database, order_id: int) -> str:
    """Return an order's number as people say it."""
    with database.read_session() as session:
        public_id = session.get_one(Order, order_id).public_id
    return f"{public_id[:4]}-{public_id[4:8]}".upper()


def fill(database: Database, orders: int) -> None:
    """Insert organizations, orders, lines, purchase orders, invoices, checks, and settlements."""
    customers = orders // 5
    with database.transaction() as session:
        session.execute(
            insert(Organization),
            [
                {
                    "public_id": public_id,
                    "slug": f"library-{number}",
                    "name": f"Library {number}",
                    "legal_name": "",
                    "invoice_delivery": InvoiceDelivery.EMAIL,
                    "vendor_number": "",
                    "po_required": False,
                    "notes": "",
                    "created_at": START,
                }
                for number, public_id in enumerate(new_public_ids(customers))
            ],
        )
        ids = new_public_ids(4 * orders)
        rows = [whole(number, ids, customers) for number in range(1, orders + 1)]
        for place, table in enumerate(
            (Order, OrderLine, PurchaseOrder, Document, Payment, Settlement)
        ):
            session.execute(insert(table), [row[place] for row in rows if row[place]])
    with database.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def whole(number: int, ids: list[str], customers: int) -> tuple[dict[str, object], ...]:
    """Return the rows of one order: order, line, PO, invoice, check, and settlement."""
    at = START + timedelta(minutes=60 * number)
    price, customer = PRICES[number % len(PRICES)], 1 + number % customers
    is_paid = number % 2 == 0
    order = {
        "id": number,
        "public_id": ids[number],
        "organization_id": customer,
        "contact_name": f"Reader {number}",
        "contact_email": f"reader{number}@example.org",
        "organization_name": "",
        "terms": Terms.PURCHASE_ORDER,
        "net_days": 30,
        "currency": "USD",
        "livemode": True,
        "policies": [],
        "note": "",
        "created_at": at,
        "placed_at": at,
    }
    line = {
        "id": number,
        "public_id": ids[number],
        "order_id": number,
        "position": 0,
        "kind": OfferKind.CONTRACT,
        "act": "new",
        "scope": Scope.EVERYTHING,
        "description": "",
        "quantity": 5,
        "unit_minor": price // 5,
        "discount_minor": 0,
        "net_minor": price,
        "delivered_through": "here",
    }
    po = {
        "public_id": ids[number],
        "order_id": number,
        "organization_id": customer,
        "number": f"PO-{number}",
        "received_at": at,
    }
    invoice = {
        "id": number,
        "public_id": ids[number],
        "kind": DocumentKind.INVOICE,
        "series": "invoice-2024",
        "number": number,
        "label": f"2024-{number:05d}",
        "order_id": number,
        "organization_id": customer,
        "explanation": "",
        "issued_at": at,
        "due_at": at + timedelta(days=30),
        "po_number": f"PO-{number}",
        "currency": "USD",
        "total_minor": price,
        "open_minor": 0 if is_paid else price,
        "snapshot": {},
        "sha256": "0" * 64,
        "livemode": True,
    }
    if not is_paid:
        return order, line, po, invoice, {}, {}
    payment = {
        "id": number,
        "public_id": ids[number],
        "organization_id": customer,
        "method": PaymentMethod.CHECK,
        "currency": "USD",
        "amount_minor": price,
        "open_minor": 0,
        "received_on": date(2024, 2, 1),
        "check_number": f"C{number}",
        "note": "",
        "livemode": True,
        "created_at": at,
    }
    settlement = {
        "invoice_id": number,
        "payment_id": number,
        "amount_minor": price,
        "made_at": at,
    }
    return order, line, po, invoice, payment, settlement


@contextmanager
def installation(kind: str) -> Iterator[Database]:
    """Yield an empty database of that kind."""
    with tempfile.TemporaryDirectory(prefix="carrel-orders-") as name:
        if kind == "sqlite":
            database = Database(f"sqlite:///{name}/carrel.sqlite3")
            upgrade(database)
            yield database
            database.dispose()
            return
        with postgres() as server:
            database = Database(server.create("orders"))
            upgrade(database)
            yield database
            database.dispose()


if __name__ == "__main__":
    main()
