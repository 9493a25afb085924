"""All-access passes owned by an organization: managers are emailed, and there is no grace."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from lms.contracts import grace_periods, pass_and_seat_reminders
from lms.core.database import Database
from lms.core.errors import Conflict
from lms.models.accounts import Login
from lms.models.mail import Mail
from lms.models.orders import LineAct
from lms.models.organizations import Organization, Role
from tests.cast import Cast
from tests.contracts.contract_fixtures import OFFICE, letters
from tests.factories import make_membership
from tests.sales.order_fixtures import placed
from tests.sales.test_payer_and_holder import (
    BOUGHT,
    DAY,
    ELM,
    ENDS,
    MOMENT,
    ONE_FOR_ELM,
    PASS,
    pool_of,
    renewed,
    settled,
)


def newest(database: Database, kind: str) -> Mail:
    with database.read_session() as session:
        return session.scalars(
            select(Mail).where(Mail.kind == kind).order_by(Mail.id.desc()).limit(1)
        ).one()


def test_managers_are_emailed_a_month_before_the_end(database: Database, cast: Cast) -> None:
    placed(database, ELM, at=BOUGHT)
    with database.transaction() as session:
        pass_and_seat_reminders.tell_contract_ends(
            session, mail_context=OFFICE, now=ENDS - 30 * DAY
        )
    told = newest(database, "contract_expiring")
    assert told.recipient == "mia@example.org"
    assert told.subject.startswith("Elm County Library: your all-access pass ends on")
    assert "access ends on that day." in told.text
    assert "contract" not in told.text.partition("http")[0]


def tell_ended(database: Database, at: datetime) -> None:
    with database.transaction() as session:
        pass_and_seat_reminders.tell_contracts_over(session, mail_context=OFFICE, now=at)


def test_managers_are_emailed_once_after_the_end(database: Database, cast: Cast) -> None:
    pool_id = pool_of(database, placed(database, ELM, at=BOUGHT))
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        make_membership(session, elm, session.get_one(Login, cast.bob.id), role=Role.MANAGER)
    tell_ended(database, ENDS - MOMENT)
    assert letters(database, "contract_grace_ended") == []
    tell_ended(database, ENDS)  # before its people's seats are saved
    settled(database, pool_id, ENDS)
    for late in (timedelta(minutes=15), DAY, 20 * DAY):
        tell_ended(database, ENDS + late)
    told = letters(database, "contract_grace_ended")
    assert sorted(recipient for _kind, recipient in told) == ["bob@example.org", "mia@example.org"]
    mail = newest(database, "contract_grace_ended")
    assert mail.subject == "Elm County Library: your all-access pass ended"
    text = " ".join(mail.text.split())
    assert "ended on Wednesday, October 6, 2027." in text
    assert "1 person lost access." in text
    assert "until Tuesday, January 4, 2028" in text
    assert re.search("/organization/[a-z0-9]+/pools/[a-z0-9]+/renew", text)


def test_ended_pass_counts_its_people_after_their_seats_are_frozen(
    database: Database, cast: Cast
) -> None:
    pool_id = pool_of(database, placed(database, ELM, at=BOUGHT))
    settled(database, pool_id, ENDS)
    tell_ended(database, ENDS + DAY)
    text = newest(database, "contract_grace_ended").text
    assert "1 person lost access." in " ".join(text.split())


def test_no_one_is_emailed_that_a_renewed_pass_ended(database: Database, cast: Cast) -> None:
    placed(database, ELM, at=BOUGHT)
    renewed(database, at=ENDS - 20 * DAY)
    tell_ended(database, ENDS + DAY)
    assert letters(database, "contract_grace_ended") == []


def test_email_about_the_end_links_to_payment_of_a_renewal_on_hold(
    database: Database, cast: Cast
) -> None:
    placed(database, ELM, at=BOUGHT)
    line = replace(PASS, act=LineAct.RENEWAL)
    placed(database, replace(ELM, lines=(line,), is_held=True), at=ENDS - 20 * DAY)
    tell_ended(database, ENDS)
    text = " ".join(newest(database, "contract_grace_ended").text.split())
    assert "as soon as we receive payment for the renewal you ordered." in text
    assert "/orders" in text
    assert "/renew" not in text


def test_grace_cannot_be_given_to_a_pass(database: Database, cast: Cast) -> None:
    pool_id = pool_of(database, placed(database, ELM, at=BOUGHT))
    with pytest.raises(Conflict), database.transaction() as session:
        grace_periods.extend_grace(
            session, pool_id, ENDS + DAY, mail_context=OFFICE, actor=None, now=ENDS
        )


def test_managers_are_emailed_about_the_renewal(database: Database, cast: Cast) -> None:
    placed(database, ELM, at=BOUGHT)
    renewed(database, at=ENDS - 20 * DAY)
    told = newest(database, "contract_renewed")
    assert "your all-access pass is renewed until" in told.subject
    assert "The all-access pass for Elm County Library (all webinars) is renewed" in " ".join(
        told.text.split()
    )


def test_using_the_only_seat_sends_no_usage_alert(database: Database, cast: Cast) -> None:
    for order in (ELM, ONE_FOR_ELM):
        placed(database, order, at=BOUGHT)
    with database.transaction() as session:
        pass_and_seat_reminders.tell_pool_use(session, mail_context=OFFICE, now=BOUGHT)
    with database.read_session() as session:
        assert session.scalars(select(Mail).where(Mail.kind == "pool_usage_alert")).all() == []
