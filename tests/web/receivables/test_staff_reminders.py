"""Staff stop and resume payment reminders: who can't, and what the pages show."""

from datetime import timedelta

import pytest

from lms.core.database import Database
from lms.models.payments import PauseKind, ReminderPause
from lms.receivables.pauses import pause_of
from lms.receivables.reminders import due_debtors, remind
from tests.cast import Cast, Roles
from tests.clock import NOW, Clock
from tests.receivables.test_reminders import PAY
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, placed
from tests.visitor import Visitor

LATE = NOW + timedelta(days=46)


def reminded(database: Database) -> None:
    with database.read_session() as session:
        debtors = due_debtors(session, now=LATE)
    for debtor in debtors:
        with database.transaction() as session:
            remind(session, debtor, mail_context=OFFICE, pay=PAY, now=LATE)


def kind_of(database: Database, order_id: int) -> PauseKind | None:
    with database.read_session() as session:
        found = pause_of(session, order_id, now=LATE)
    return found.kind if found else None


@pytest.mark.parametrize("who", ["nobody", "mia", "bill", "beth"])
def test_only_staff_can_stop_reminders(
    client: Visitor, cast: Cast, roles: Roles, database: Database, who: str
) -> None:
    facts = placed(database, GROUP)
    if who != "nobody":
        client.sign_in({"mia": cast.mia, "bill": roles.bill, "beth": roles.beth}[who].id)
    for path in (
        f"/staff/orders/{facts.public_id}/reminders/stop",
        "/staff/organizations/elm-county/reminders/stop",
    ):
        assert client.post(path, data={}).status_code in (302, 303, 404)
    assert kind_of(database, facts.id) is None


def test_staff_can_see_stop_and_resume_reminders_of_an_order(
    client: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    facts = placed(database, GROUP)
    reminded(database)
    clock.set(LATE)
    client.sign_in(cast.ada.id)
    page = f"/staff/orders/{facts.public_id}"
    assert "15 days past due, on" in client.get(page).text
    assert "Payment reminder sent" in client.get(page).text
    assert client.post(f"{page}/reminders/stop", data={}).status_code == 303
    assert kind_of(database, facts.id) is PauseKind.STOPPED
    assert "Stopped by our team" in client.get(page).text
    assert client.post(f"{page}/reminders/resume", data={}).status_code == 303
    assert kind_of(database, facts.id) is None
    assert client.post(f"{page}/reminders/forget", data={}).status_code == 404


def test_staff_can_see_stop_and_resume_reminders_of_an_organization(
    client: Visitor, cast: Cast, database: Database, clock: Clock
) -> None:
    first, second = placed(database, GROUP), placed(database, GROUP)
    with database.transaction() as session:
        until = LATE + timedelta(days=3)
        session.add(
            ReminderPause(order_id=first.id, kind=PauseKind.CHECK_SENT, until=until, created_at=NOW)
        )
    reminded(database)
    clock.set(LATE)
    client.sign_in(cast.ada.id)
    page = "/staff/organizations/elm-county"
    shown = client.get(page).text
    assert "Paused: check sent, until" in shown
    assert "15 days past due, on" in shown
    client.post(f"{page}/reminders/stop", data={})
    assert kind_of(database, second.id) is PauseKind.STOPPED
    client.post(f"{page}/reminders/resume", data={})
    assert kind_of(database, first.id) is None
    assert kind_of(database, second.id) is None


def test_paid_order_has_no_reminders_to_stop(
    client: Visitor, cast: Cast, database: Database
) -> None:
    facts = placed(database)
    client.sign_in(cast.ada.id)
    assert "Payment reminders" not in client.get(f"/staff/orders/{facts.public_id}").text
