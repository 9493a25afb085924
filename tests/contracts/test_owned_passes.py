"""An all-access pass that an organization owns: its managers hear of its end, and it has no grace."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.contracts import grace_periods, pass_and_seat_reminders
from lms.core.database import Database
from lms.core.errors import Conflict
from lms.models.mail import Mail
from tests.cast import Cast
from tests.contracts.contract_fixtures import OFFICE
from tests.sales.order_fixtures import placed
from tests.sales.test_payer_and_holder import (
    BOUGHT,
    DAY,
    ELM,
    ENDS,
    ONE_FOR_ELM,
    pool_of,
    renewed,
)


def newest(database: Database, kind: str) -> Mail:
    with database.read_session() as session:
        return session.scalars(
            select(Mail).where(Mail.kind == kind).order_by(Mail.id.desc()).limit(1)
        ).one()


def test_managers_are_told_a_month_before_its_end(database: Database, cast: Cast) -> None:
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


def test_its_end_has_no_grace_to_tell_of(database: Database, cast: Cast) -> None:
    placed(database, ELM, at=BOUGHT)
    for late in (timedelta(), DAY, 20 * DAY):
        with database.transaction() as session:
            pass_and_seat_reminders.tell_contracts_over(
                session, mail_context=OFFICE, now=ENDS + late
            )
    with database.read_session() as session:
        assert session.scalars(select(Mail.id).where(Mail.kind.startswith("contract_"))).all() == []


def test_grace_cannot_be_given_by_hand(database: Database, cast: Cast) -> None:
    pool_id = pool_of(database, placed(database, ELM, at=BOUGHT))
    with pytest.raises(Conflict), database.transaction() as session:
        grace_periods.extend_grace(session, pool_id, ENDS + DAY, actor=None, now=ENDS)


def test_its_renewal_is_told_to_its_managers(database: Database, cast: Cast) -> None:
    placed(database, ELM, at=BOUGHT)
    renewed(database, at=ENDS - 20 * DAY)
    told = newest(database, "contract_renewed")
    assert "your all-access pass is renewed until" in told.subject
    assert "The all-access pass for Elm County Library (all webinars) is renewed" in " ".join(
        told.text.split()
    )


def test_that_its_one_seat_is_used_is_no_news(database: Database, cast: Cast) -> None:
    for order in (ELM, ONE_FOR_ELM):
        placed(database, order, at=BOUGHT)
    with database.transaction() as session:
        pass_and_seat_reminders.tell_pool_use(session, mail_context=OFFICE, now=BOUGHT)
    with database.read_session() as session:
        assert session.scalars(select(Mail).where(Mail.kind == "pool_usage_alert")).all() == []
