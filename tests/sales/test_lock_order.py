"""Lock order of an order's rows: concurrent actions wait for each other and all succeed."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import text

from lms.buying import confirmations, order_sessions
from lms.buying.confirmations import NewPerson
from lms.contracts import grace_periods
from lms.core.database import Database
from lms.mail.link_tokens_and_codes import LinkOver
from lms.models.grants import Withdrawal
from lms.models.orders import LineAct, Terms
from lms.sales import cancellations, corrections, mails, order_access, orders
from lms.sales.corrections import Correction
from lms.sales.read_models import OrderFacts
from lms.seats import pools
from tests.buying.buying_fixtures import (
    confirmed,
    details,
    filled,
    open_for_business,
    ordered,
    secret_sent,
)
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import (
    GROUP,
    balanced,
    grants,
    locked,
    paid,
    placed,
    read,
    with_line,
)
from tests.sales.test_orders import CONTRACT
from tests.seats.test_concurrent_claims import together
from tests.servers.databases import on_postgresql
from tests.wait_until import PATIENCE_S

pytestmark = pytest.mark.skipif(not on_postgresql(), reason="SQLite lets one write at a time")
BLOCKED = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture(autouse=True)
def _open(database: Database, cast: Cast) -> None:
    open_for_business(database)


def one_waits(database: Database) -> None:
    """Return once a transaction waits for a row that another one has locked."""
    with database.read_session() as session:
        for _ in range(300):
            if session.scalar(BLOCKED):
                return
            time.sleep(0.05)
    raise AssertionError("nothing waits")


def in_the_middle(
    monkeypatch: pytest.MonkeyPatch, database: Database, module: object, name: str
) -> Event:
    """Pause a function until another transaction waits; the event is set when it is called."""
    called, act = Event(), getattr(module, name)

    def wait(*args: Any, **values: Any) -> Any:
        called.set()
        one_waits(database)
        return act(*args, **values)

    monkeypatch.setattr(module, name, wait)
    return called


def both(called: Event, first: Callable[[], object], second: Callable[[], object]) -> None:
    """Start the second action in the middle of the first one; raises what either raises."""
    with ThreadPoolExecutor(2) as crowd:
        begun = crowd.submit(first)
        assert called.wait(PATIENCE_S)
        other = crowd.submit(second)
        begun.result()
        other.result()


def correct_contact(database: Database, facts: OrderFacts, email: str) -> None:
    with database.transaction() as session:
        confirmations.correct(
            session,
            orders.find_order(session, facts.public_id),
            name="Rosa Delgado",
            email=email,
            mail_context=OFFICE,
            now=NOW,
        )


def test_link_opened_while_its_address_is_corrected_is_rejected(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = ordered(database, filled(database), details())
    secret = secret_sent(database)

    def confirm() -> None:
        with database.transaction() as session, pytest.raises(LinkOver):
            confirmations.confirm(
                session,
                secret,
                NewPerson("Rosa", "hash"),
                hooks=(),
                mail_context=OFFICE,
                now=NOW,
            )

    called = in_the_middle(monkeypatch, database, mails, "send_confirm")
    both(called, lambda: correct_contact(database, facts, "rosa@oak.example"), confirm)
    assert confirmed(database, "rosa@oak.example")


def test_orders_of_one_browser_can_be_corrected_concurrently(database: Database) -> None:
    browser = order_sessions.new_token()
    both_orders = [
        ordered(database, filled(database), details(), browser=browser) for _ in range(2)
    ]
    together(
        12,
        lambda place: correct_contact(database, both_orders[place % 2], f"rosa{place}@oak.example"),
    )
    emails = {read(database, facts).contact_email for facts in both_orders}
    assert len(emails) == 1


def test_order_can_be_corrected_while_its_payment_is_recorded(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        new = replace(GROUP, is_held=True)
        order = orders.place(session, new, mail_context=OFFICE, actor=None, now=NOW)
        order_id = order.public_id
    with database.read_session() as session:
        facts = mails.find_order_facts(session, order_id)

    def correct() -> None:
        with database.transaction() as session:
            right = Correction(po_number="PO 9")
            order = locked(session, facts)
            corrections.correct(session, order, right, mail_context=OFFICE, actor=None, now=NOW)

    called = in_the_middle(monkeypatch, database, cancellations, "release")
    both(called, lambda: paid(database, facts), correct)
    after = read(database, facts)
    assert (after.po_number, after.open_minor, after.held_at) == ("PO 9", 0, None)
    assert after.terms is Terms.INVOICE
    assert balanced(database)


def test_terms_of_one_contract_can_be_revoked_concurrently(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = NOW + timedelta(days=100)
    term = placed(database, with_line(CONTRACT, starts_at=NOW - timedelta(days=265), ends_at=ends))
    more = placed(database, with_line(CONTRACT, act=LineAct.MORE_SEATS, quantity=1))

    def revoke_more() -> None:
        revoked = grants(database, more)
        with database.transaction() as session:
            order_access.take_back(session, revoked, Withdrawal.REVOKED, actor=None, now=NOW)

    def revoke_term() -> None:
        (line,) = grants(database, term)
        with database.transaction() as session:
            pools.revoke_pool_grant(
                session, line.public_id, Withdrawal.REVOKED, reason="", actor=None, now=NOW
            )

    called = in_the_middle(monkeypatch, database, grace_periods, "fit_grace")
    both(called, revoke_more, revoke_term)
    assert [one.revoked_at for facts in (term, more) for one in grants(database, facts)] == [
        NOW
    ] * 2
