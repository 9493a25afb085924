"""Disputes: an individual's access is suspended; for an organization, our team decides (R2)."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from lms.access.policy import Code
from lms.branding import BrandingTexts, edit_branding
from lms.core.database import Database
from lms.core.errors import Conflict, Invalid
from lms.models.accounts import Login
from lms.models.documents import CreditReason, Document
from lms.models.orders import Terms
from lms.models.payments import Payment, Settlement
from lms.models.playback import PlaybackEnd
from lms.payments import payments, refunds
from lms.payments.balances import payer_of
from lms.payments.refunds import NewRefund
from lms.sales import disputes
from lms.sales.credit_notes import Credit
from lms.sales.disputes import AtProvider
from lms.sales.read_models import OrderFacts, Standing
from lms.sales.statements import issue_statement
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import newest
from tests.page_texts import says
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import (
    GROUP,
    balanced,
    credited,
    first_line,
    grants,
    paid,
    placed,
    read,
)
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
            .distinct()
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


def test_dispute_suspends_only_the_buyers_access(database: Database, cast: Cast) -> None:
    facts = placed(database)
    dispute(database, facts)
    assert read(database, facts).standing(NOW) is Standing.DISPUTED
    assert code(database, cast, cast.dan.id) is Code.SUSPENDED_DISPUTE
    assert code(database, cast, cast.alice.id) is Code.OK_PERMANENT


def test_won_dispute_restores_access(database: Database, cast: Cast) -> None:
    facts = placed(database)
    dispute(database, facts)
    win(database, facts)
    assert code(database, cast, cast.dan.id) is Code.OK_PERMANENT
    assert read(database, facts).standing(NOW) is Standing.PAID


def test_lost_dispute_revokes_access_and_reopens_the_invoice(
    database: Database, cast: Cast
) -> None:
    facts = placed(database)
    dispute(database, facts)
    lose(database, facts)
    assert code(database, cast, cast.dan.id) is Code.REVOKED
    assert read(database, facts).open_minor == 9900
    assert balanced(database)


def test_organization_dispute_alerts_our_team_which_can_suspend(
    database: Database, cast: Cast
) -> None:
    words = BrandingTexts("Quill", "#1d6a4c", "desk@example.org", "Quill", "")
    with database.transaction() as session:
        edit_branding(session, words, actor=None, now=NOW)
    facts = placed(database, PAID_GROUP)
    dispute(database, facts)
    assert grants(database, facts)[0].suspended_at is None
    told = newest(database, "desk@example.org")
    assert says(told.text, told.kind, "can_be_suspended")
    suspend(database, facts)
    assert grants(database, facts)[0].suspended_at == NOW
    restore(database, facts)
    assert grants(database, facts)[0].suspended_at is None
    lose(database, facts)
    assert grants(database, facts)[0].revoked_at is None
    assert read(database, facts).standing(NOW) is Standing.UNPAID


def test_playback_stops_when_a_payment_is_disputed(database: Database, cast: Cast) -> None:
    facts = placed(database)
    with database.transaction() as session:
        session.get_one(Login, cast.dan.id).merged_into = cast.alice.id
    play(database, cast.alice.id, cast.recording_id)
    dispute(database, facts)
    assert endings(database) == [(NOW, PlaybackEnd.SUSPENDED)]


@pytest.mark.parametrize("act", [suspend, restore, win, lose])
def test_dispute_actions_are_refused_without_a_dispute(
    database: Database, cast: Cast, act: Act
) -> None:
    facts = placed(database)
    with pytest.raises(Conflict):
        act(database, facts)


def test_dispute_cannot_be_recorded_twice(database: Database, cast: Cast) -> None:
    facts = placed(database)
    dispute(database, facts)
    with pytest.raises(Conflict):
        dispute(database, facts)


def dispute_part(database: Database, facts: OrderFacts, amount_minor: int, ref: str = "d1") -> None:
    payment = payment_of(database, facts)
    part = AtProvider(ref, amount_minor, "fraudulent", None)
    with database.transaction() as session:
        disputes.open_dispute(session, payment, part, mail_context=OFFICE, actor=None, now=NOW)


def refund(database: Database, facts: OrderFacts, amount_minor: int) -> None:
    """Credit goodwill and refund it."""
    payment = payment_of(database, facts)
    line = Credit(first_line(database, facts).public_id, amount_minor=amount_minor)
    note_id = credited(database, facts, CreditReason.GOODWILL, line).public_id
    refund_note(database, payment, note_id, amount_minor)


def refund_note(database: Database, payment: str, note_id: str, amount_minor: int) -> None:
    with database.transaction() as session:
        wanted = NewRefund(payment, amount_minor, f"{note_id}-{amount_minor}", note_id)
        refunds.request(session, wanted, actor=None, now=NOW)


def open_of_payment(database: Database, facts: OrderFacts) -> tuple[int, bool]:
    with database.read_session() as session:
        payment = payments.find_payment(session, payment_of(database, facts))
        return payment.open_minor, payment.reversed_at is not None


def test_lost_partial_dispute_takes_only_the_disputed_amount(
    database: Database, cast: Cast
) -> None:
    facts = placed(database)
    dispute_part(database, facts, 4000)
    assert code(database, cast, cast.dan.id) is Code.SUSPENDED_DISPUTE
    lose(database, facts)
    assert read(database, facts).open_minor == 4000
    assert open_of_payment(database, facts) == (0, False)
    assert code(database, cast, cast.dan.id) is Code.REVOKED
    assert balanced(database)


def test_lost_dispute_takes_unapplied_money_first(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    payment = paid(database, facts, 35000)
    part = AtProvider("d1", 4000, "fraudulent", None)
    with database.transaction() as session:
        disputes.open_dispute(session, payment, part, mail_context=OFFICE, actor=None, now=NOW)
    lose(database, facts)
    assert read(database, facts).open_minor == 1500
    assert open_of_payment(database, facts) == (0, False)
    assert balanced(database)


def test_disputed_amount_cannot_be_refunded_but_the_rest_can(
    database: Database, cast: Cast
) -> None:
    facts = placed(database)
    dispute_part(database, facts, 4000)
    payment = payment_of(database, facts)
    note_id = credited(database, facts, CreditReason.GOODWILL).public_id
    with pytest.raises(Invalid):
        refund_note(database, payment, note_id, 6000)
    refund_note(database, payment, note_id, 5900)
    win(database, facts)
    refund_note(database, payment, note_id, 4000)
    assert balanced(database)


def test_partial_disputes_each_take_their_own_amount(database: Database, cast: Cast) -> None:
    facts = placed(database, PAID_GROUP)
    for number, amount in enumerate((12500, 10000), 1):
        dispute_part(database, facts, amount, f"d{number}")
        lose(database, facts)
    assert read(database, facts).open_minor == 22500
    assert open_of_payment(database, facts) == (0, False)
    assert balanced(database)
    dispute_part(database, facts, 10000, "d3")
    lose(database, facts)
    assert read(database, facts).open_minor == 32500
    assert open_of_payment(database, facts) == (0, True)
    assert balanced(database)


def test_dispute_of_the_rest_after_a_refund_suspends_and_revokes_access(
    database: Database, cast: Cast
) -> None:
    facts = placed(database)
    refund(database, facts, 5000)
    dispute_part(database, facts, 4900)
    assert code(database, cast, cast.dan.id) is Code.SUSPENDED_DISPUTE
    lose(database, facts)
    assert code(database, cast, cast.dan.id) is Code.REVOKED
    assert balanced(database)


def test_dispute_of_refunded_money_changes_neither_access_nor_balance(
    database: Database, cast: Cast
) -> None:
    facts = placed(database)
    refund(database, facts, 9900)
    dispute_part(database, facts, 4000)
    assert code(database, cast, cast.dan.id) is Code.OK_PERMANENT
    before = read(database, facts).open_minor
    lose(database, facts)
    assert code(database, cast, cast.dan.id) is Code.OK_PERMANENT
    assert read(database, facts).open_minor == before
    assert balanced(database)


def test_statement_includes_the_amount_lost_in_a_dispute(database: Database, cast: Cast) -> None:
    facts = placed(database, PAID_GROUP)
    dispute_part(database, facts, 12500)
    lose(database, facts)
    with database.transaction() as session:
        payment = payments.find_payment(session, payment_of(database, facts))
        made = issue_statement(
            session,
            payer_of(session, payment),
            since=NOW.date(),
            mail_context=OFFICE,
            actor=None,
            now=NOW,
            is_mailed=False,
        )
        assert made.total_minor == 12500


def test_our_team_is_emailed_the_disputed_amount(database: Database, cast: Cast) -> None:
    words = BrandingTexts("Quill", "#1d6a4c", "desk@example.org", "Quill", "")
    with database.transaction() as session:
        edit_branding(session, words, actor=None, now=NOW)
    dispute_part(database, placed(database), 4000)
    assert "disputed $40.00 of a payment" in newest(database, "desk@example.org").text


def test_suspended_access_is_on_hold_until_a_lost_dispute_is_paid(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, PAID_GROUP)
    dispute(database, facts)
    suspend(database, facts)
    lose(database, facts)
    (grant,) = grants(database, facts)
    assert (grant.suspended_at, grant.awaits_payment_since) == (None, NOW)
    paid(database, facts)
    assert grants(database, facts)[0].awaits_payment_since is None


def test_access_suspended_for_refunded_money_is_restored_after_a_lost_dispute(
    database: Database, cast: Cast
) -> None:
    facts = placed(database)
    refund(database, facts, 9900)
    dispute_part(database, facts, 4000)
    suspend(database, facts)
    lose(database, facts)
    assert code(database, cast, cast.dan.id) is Code.OK_PERMANENT


def test_email_about_disputed_refunded_money_does_not_say_access_is_suspended(
    database: Database, cast: Cast
) -> None:
    words = BrandingTexts("Quill", "#1d6a4c", "desk@example.org", "Quill", "")
    with database.transaction() as session:
        edit_branding(session, words, actor=None, now=NOW)
    facts = placed(database)
    refund(database, facts, 9900)
    dispute_part(database, facts, 4000)
    told = newest(database, "desk@example.org", "order_disputed")
    assert not says(told.text, told.kind, "is_suspended")
