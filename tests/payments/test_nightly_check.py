"""The nightly check of balances finds differences and emails our team (M24)."""

import pytest
from sqlalchemy import delete, select, update

from lms.branding import BrandingTexts, edit_branding
from lms.component import work_of
from lms.core.runtime import Carrel
from lms.jobs.queue import JobRun
from lms.models.accounts import Login
from lms.models.branding import Branding
from lms.models.documents import Document
from lms.models.mail import Mail
from lms.models.payments import Payment
from lms.operations.findings import Finding, State
from lms.operations.health_checks import balances_that_differ, read_health
from lms.payments.jobs import CHECK
from lms.registry import LIBRARY
from tests.cast import Cast, Roles
from tests.clock import NOW, Clock
from tests.live.upcoming_webinar import Quiet
from tests.mailbox import letters
from tests.sales.order_fixtures import GROUP, paid, placed

TEAM = "team@lantern.example"


@pytest.fixture(autouse=True)
def _team(carrel: Carrel, cast: Cast, clock: Clock) -> None:
    with carrel.database.transaction() as session:
        words = BrandingTexts("Lantern", "#1d6a4c", TEAM, "Lantern", "")
        edit_branding(session, words, actor=None, now=NOW)


def night(carrel: Carrel, reader: str = TEAM) -> list[Mail]:
    """Run the check, and return its emails to a reader so far."""
    work_of((LIBRARY,)).handlers[CHECK](carrel, JobRun(0, "", "", {}, 1, 1, Quiet()))
    return [one for one in letters(carrel.database, reader) if one.kind == "balances_differ"]


def health(carrel: Carrel) -> list[Finding]:
    return [one for one in read_health(carrel, now=NOW) if one.name == "balances"]


def plant(carrel: Carrel, open_minor: int) -> None:
    with carrel.database.transaction() as session:
        session.execute(update(Document).values(open_minor=open_minor))


def test_no_email_is_sent_if_balances_match(carrel: Carrel) -> None:
    paid(carrel.database, placed(carrel.database, GROUP), 10_000)
    assert night(carrel) == []


def test_difference_of_an_invoice_is_emailed(carrel: Carrel) -> None:
    facts = placed(carrel.database, GROUP)
    with carrel.database.transaction() as session:
        session.execute(
            update(Document).where(Document.order_id == facts.id).values(open_minor=32_400)
        )
    (mail,) = night(carrel)
    assert facts.invoice_number is not None
    assert facts.invoice_number in mail.text
    assert "$324.00" in mail.text
    assert "$325.00" in mail.text
    assert "/staff/balances" in mail.text


def test_difference_of_a_payment_is_emailed_each_night_until_it_is_fixed(
    carrel: Carrel,
) -> None:
    paid(carrel.database, placed(carrel.database, GROUP), 10_000)
    with carrel.database.transaction() as session:
        payment = session.scalars(select(Payment)).one()
        payment.open_minor = 100
    assert len(night(carrel)) == 1
    assert len(night(carrel)) == 2
    with carrel.database.transaction() as session:
        session.execute(update(Payment).values(open_minor=0))
    assert len(night(carrel)) == 2


def test_owners_are_emailed_if_the_team_has_no_address(carrel: Carrel, roles: Roles) -> None:
    with carrel.database.transaction() as session:
        session.execute(delete(Branding))
        owen = session.get_one(Login, roles.owen.id).email or ""
        beth = session.get_one(Login, roles.beth.id).email or ""
    placed(carrel.database, GROUP)
    assert night(carrel, owen) == []
    plant(carrel, 32_400)
    (mail,) = night(carrel, owen)
    assert "$324.00" in mail.text
    assert letters(carrel.database, beth) == []


def test_system_health_shows_the_result_of_the_last_check(carrel: Carrel) -> None:
    assert health(carrel) == []
    placed(carrel.database, GROUP)
    for open_minor, state, count in ((32_400, State.FAULT, 1), (32_500, State.OK, 0)):
        plant(carrel, open_minor)
        night(carrel)
        (found,) = health(carrel)
        assert (found.state, "%(" in found.text) == (state, False)
        with carrel.database.read_session() as session:
            assert balances_that_differ(session) == count
