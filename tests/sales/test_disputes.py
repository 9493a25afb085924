"""Disputes: an individual's access is suspended, an organization's is our team's decision (R2)."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from lms.access.policy import Code
from lms.branding import BrandingTexts, edit_branding
from lms.core.database import Database
from lms.core.errors import Conflict
from lms.models.accounts import Login
from lms.models.documents import Document
from lms.models.orders import Terms
from lms.models.payments import Payment, Settlement
from lms.models.playback import PlaybackEnd
from lms.sales import disputes
from lms.sales.read_models import OrderFacts, Standing
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import newest
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, balanced, grants, placed, read
from tests.sales.test_orders import code
from tests.seats.pool_fixtures import endings, play

Act = Callable[[Database, OrderFacts], None]
PAID_GROUP = replace(GROUP, terms=Terms.CARD)


def payment_of(database: Database, facts: OrderFacts) -> str:
    with database.read_session() as session:
        return session.scalars(
            select(Payment.public_id)
            .join(Settlement, Settlement.payment_id == Payment.id)
            .join(Document, Document.id == Settlement.invoice_id)
            .where(Document.order_id == facts.id)
        ).one()


def dispute(database: Database, facts: OrderFacts) -> None:
    payment = payment_of(database, facts)
    with database.transaction() as session:
        disputes.open_dispute(session, payment, mail_context=OFFICE, actor=None, now=NOW)


def suspend(database: Database, facts: OrderFacts) -> None:
    payment = payment_of(database, facts)
    with database.transaction() as session:
        disputes.suspend(session, payment, actor=None, now=NOW)


def restore(database: Database, facts: OrderFacts) -> None:
    payment = payment_of(database, facts)
    with database.transaction() as session:
        disputes.restore(session, payment, actor=None, now=NOW)


def win(database: Database, facts: OrderFacts) -> None:
    payment = payment_of(database, facts)
    with database.transaction() as session:
        disputes.win(session, payment, actor=None, now=NOW)


def lose(database: Database, facts: OrderFacts) -> None:
    payment = payment_of(database, facts)
    with database.transaction() as session:
        disputes.lose(session, payment, actor=None, now=NOW)


def test_a_dispute_suspends_an_individual_s_access_alone(database: Database, cast: Cast) -> None:
    facts = placed(database)
    dispute(database, facts)
    assert read(database, facts).standing(NOW) is Standing.DISPUTED
    assert code(database, cast, cast.dan.id) is Code.SUSPENDED_DISPUTE
    assert code(database, cast, cast.alice.id) is Code.OK_PERMANENT


def test_a_dispute_that_is_won_restores(database: Database, cast: Cast) -> None:
    facts = placed(database)
    dispute(database, facts)
    win(database, facts)
    assert code(database, cast, cast.dan.id) is Code.OK_PERMANENT
    assert read(database, facts).standing(NOW) is Standing.PAID


def test_a_dispute_that_is_lost_revokes_and_the_money_is_gone(
    database: Database, cast: Cast
) -> None:
    facts = placed(database)
    dispute(database, facts)
    lose(database, facts)
    assert code(database, cast, cast.dan.id) is Code.REVOKED
    assert read(database, facts).open_minor == 9900
    assert balanced(database)


def test_an_organization_s_dispute_alerts_our_team_which_may_suspend(
    database: Database, cast: Cast
) -> None:
    words = BrandingTexts("Quill", "#1d6a4c", "desk@example.org", "Quill", "")
    with database.transaction() as session:
        edit_branding(session, words, actor=None, now=NOW)
    facts = placed(database, PAID_GROUP)
    dispute(database, facts)
    assert grants(database, facts)[0].suspended_at is None
    assert "You can suspend it" in newest(database, "desk@example.org").text
    suspend(database, facts)
    assert grants(database, facts)[0].suspended_at == NOW
    restore(database, facts)
    assert grants(database, facts)[0].suspended_at is None
    lose(database, facts)
    assert grants(database, facts)[0].revoked_at is None
    assert read(database, facts).standing(NOW) is Standing.UNPAID


def test_what_plays_stops_when_a_payment_is_disputed(database: Database, cast: Cast) -> None:
    facts = placed(database)
    with database.transaction() as session:
        session.get_one(Login, cast.dan.id).merged_into = cast.alice.id
    play(database, cast.alice.id, cast.recording_id)
    dispute(database, facts)
    assert endings(database) == [(NOW, PlaybackEnd.SUSPENDED)]


@pytest.mark.parametrize("act", [suspend, restore, win, lose])
def test_without_a_dispute_there_is_nothing_to_suspend_win_or_lose(
    database: Database, cast: Cast, act: Act
) -> None:
    facts = placed(database)
    with pytest.raises(Conflict):
        act(database, facts)


def test_a_dispute_is_recorded_once(database: Database, cast: Cast) -> None:
    facts = placed(database)
    dispute(database, facts)
    with pytest.raises(Conflict):
        dispute(database, facts)
