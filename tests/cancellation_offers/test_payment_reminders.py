"""Reminders for orders with a canceled webinar: amounts still owed, pauses after an exchange."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.documents import CreditReason
from lms.models.orders import Terms
from lms.models.payments import PauseKind, ReminderPause
from lms.receivables import pauses
from lms.receivables.pauses import Pause, pause_of
from lms.receivables.reminders import due_debtors
from lms.sales.credit_notes import Credit
from tests.cancellation_offers.offer_fixtures import OTHER, cancel, exchange, furnish
from tests.cancellation_offers.test_offers import exchanged
from tests.cast import Cast
from tests.clock import NOW
from tests.live.conftest import to_come
from tests.sales.order_fixtures import (
    ONE_SEAT,
    SEAT,
    credited,
    first_line,
    locked,
    placed,
)

__all__ = ["to_come"]
LATE = NOW + timedelta(days=60)
BOTH = (ONE_SEAT, replace(ONE_SEAT, covers=f"webinar:{OTHER}"))
GIL = replace(SEAT, terms=Terms.INVOICE, email="gil@example.org", name="Gil", lines=BOTH)


def owing(database: Database) -> list[int | None]:
    """Return the row IDs of the accounts and organizations that are due a reminder."""
    with database.read_session() as session:
        due = due_debtors(session, now=LATE)
        return [one.login_id or one.organization_id for one in due]


def test_rest_of_an_order_is_due_once_the_canceled_webinar_is_credited(
    database: Database, carrel: Carrel, to_come: Cast
) -> None:
    furnish(database)
    gil = placed(database, GIL)
    cancel(carrel)
    assert gil.login_id not in owing(database)
    credited(database, gil, CreditReason.RETURN, Credit(first_line(database, gil).public_id))
    assert gil.login_id in owing(database)


@pytest.mark.parametrize("kind", PauseKind)
def test_pause_continues_after_an_exchange(
    database: Database, carrel: Carrel, to_come: Cast, kind: PauseKind
) -> None:
    oak = furnish(database).oak
    until = None if kind is PauseKind.STOPPED else LATE + timedelta(days=1)
    with database.transaction() as session:
        ended = ReminderPause(order_id=oak.id, kind=PauseKind.STOPPED, ended_at=NOW, created_at=NOW)
        session.add_all(
            [ended, ReminderPause(order_id=oak.id, kind=kind, until=until, created_at=NOW)]
        )
    cancel(carrel)
    exchange(database, oak)
    assert oak.organization_id not in owing(database)
    with database.transaction() as session:
        made = locked(session, exchanged(database, oak))
        assert pause_of(session, made.id, now=NOW) == Pause(kind, until)
        pauses.resume(session, made, actor=None, now=NOW)
    assert oak.organization_id in owing(database)
