"""Access on hold until payment, and access on credit that our team paused (PRODUCT.md, P9)."""

from dataclasses import replace
from datetime import timedelta

from lms.access.policy import Action, Code, Way, decide
from tests.access.test_policy import DAY, HELD, NOW, code, grant, login, place, webinar


def test_sale_on_hold_is_pending_until_its_term_ends() -> None:
    assert code(grant(awaits_payment_since=NOW)) is Code.PAYMENT_PENDING
    to_come = grant(awaits_payment_since=NOW, starts_at=NOW + DAY)
    assert code(to_come) is Code.PAYMENT_PENDING
    over = grant(awaits_payment_since=NOW - DAY, ends_at=NOW)
    assert code(over) is Code.PASS_EXPIRED


def test_paused_access_on_credit_is_overdue_until_paid() -> None:
    given = NOW - 40 * DAY
    paused = grant(awaits_payment_since=NOW, granted_at=given)
    assert code(paused, at=NOW - timedelta(microseconds=1)) is Code.OK_PERMANENT
    assert code(paused) is Code.PAYMENT_OVERDUE
    assert code(replace(paused, awaits_payment_since=given)) is Code.PAYMENT_PENDING
    assert code(replace(paused, awaits_payment_since=None)) is Code.OK_PERMANENT
    contract = replace(paused, ends_at=NOW, grace_until=NOW + DAY, place=place(Way.CLAIMED))
    assert code(contract) is Code.PAYMENT_OVERDUE


def test_live_session_before_payment_is_only_for_orders_that_were_never_open() -> None:
    early = replace(grant(awaits_payment_since=HELD - DAY), opens_live=True, granted_at=HELD - DAY)
    assert code(early, action=Action.LIVE, at=HELD) is Code.OK_PERMANENT
    paused = replace(early, granted_at=HELD - 2 * DAY)
    assert code(paused, action=Action.LIVE, at=HELD) is Code.PAYMENT_OVERDUE


def test_paused_access_is_shown_to_managers_but_not_to_people_who_left() -> None:
    paused = grant(awaits_payment_since=NOW, granted_at=NOW - DAY)
    told = {
        way: decide(login(replace(paused, place=place(way))), webinar(), Action.RECORDING, NOW).code
        for way in (Way.CLAIMED, Way.MANAGED, Way.RELEASED, Way.BY_DOMAIN)
    }
    assert told == {
        Way.CLAIMED: Code.PAYMENT_OVERDUE,
        Way.MANAGED: Code.PAYMENT_OVERDUE,
        Way.RELEASED: Code.SEAT_RELEASED,
        Way.BY_DOMAIN: Code.NO_GRANT,
    }


def test_person_who_can_join_before_paying_can_open_only_the_live_session() -> None:
    unpaid = replace(grant(awaits_payment_since=HELD - DAY), opens_live=True)
    assert code(unpaid, action=Action.LIVE, at=HELD) is Code.OK_PERMANENT
    term = replace(unpaid, ends_at=NOW)
    assert code(term, action=Action.LIVE, at=HELD) is Code.OK_TERM
    assert code(unpaid) is Code.PAYMENT_PENDING


def test_unpaid_renewal_gives_no_access_in_the_grace_period() -> None:
    held = grant(
        ends_at=NOW, grace_until=NOW + DAY, awaits_payment_since=NOW, place=place(Way.CLAIMED)
    )
    assert code(held) is Code.PAYMENT_PENDING
