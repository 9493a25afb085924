"""The grace period of a contract, depending on the quote or order that renews it (C1)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from lms.contracts import grace_periods
from lms.contracts.mails import RENEWAL_ORDERED
from lms.contracts.pass_and_seat_reminders import tell_contract_ends, tell_contracts_over
from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.grants import Grant, OfferKind, Withdrawal
from lms.models.mail import Mail
from lms.models.orders import LineAct
from lms.models.organizations import Organization, Role
from lms.models.requests import RequestKind
from lms.models.seats import Pool
from lms.people import grant_and_seat_history
from lms.requests import requests
from lms.sales import cancellations, orders
from lms.sales.read_models import OrderFacts
from lms.seats.pool_overview import Standing, read_pools
from tests.cast import Cast
from tests.clock import NOW
from tests.contracts.contract_fixtures import DAY, asked
from tests.factories import make_membership
from tests.mailbox import letters
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import credited, grants, locked, placed, with_line
from tests.sales.test_orders import CONTRACT
from tests.sales.test_quotes import Acceptance, accepted, drafted, quoted
from tests.seats.pool_fixtures import LINKS

END = NOW + 10 * DAY
SHORT, LONG = END + timedelta(days=14), END + timedelta(days=60)
RENEWAL = with_line(CONTRACT, act=LineAct.RENEWAL)


@pytest.fixture
def pool_id(database: Database, cast: Cast) -> int:
    """A contract that ends in ten days."""
    placed(database, with_line(CONTRACT, starts_at=NOW - 300 * DAY, ends_at=END))
    with database.read_session() as session:
        return session.scalars(select(Grant.pool_id).where(Grant.kind == OfferKind.CONTRACT)).one()


def grace(database: Database, pool_id: int) -> datetime:
    with database.read_session() as session:
        return grace_periods.read_grace(session, pool_id).until


def cancel(database: Database, facts: OrderFacts, at: datetime = NOW) -> None:
    with database.transaction() as session:
        cancellations.cancel(session, locked(session, facts), actor=None, now=at)


def revoke_by_hand(database: Database, facts: OrderFacts) -> None:
    (line,) = grants(database, facts)
    with database.transaction() as session:
        grant_and_seat_history.revoke(
            session,
            line.public_id,
            withdrawal=Withdrawal.REVOKED,
            reason="By mistake",
            actor=None,
            now=NOW,
        )


def test_renewal_quote_gives_sixty_days(database: Database, pool_id: int) -> None:
    facts = drafted(database, RENEWAL)
    assert grace(database, pool_id) == SHORT
    quoted(database, facts)
    quoted(database, facts)
    assert grace(database, pool_id) == LONG


def test_canceled_quote_restores_fourteen_days(database: Database, pool_id: int) -> None:
    facts = drafted(database, RENEWAL)
    quoted(database, facts)
    cancel(database, facts, END + 20 * DAY)
    assert grace(database, pool_id) == SHORT


def test_grace_period_follows_the_open_one_of_two_quotes(database: Database, pool_id: int) -> None:
    first, second = drafted(database, RENEWAL), drafted(database, RENEWAL)
    quoted(database, first)
    quoted(database, second)
    cancel(database, first)
    assert grace(database, pool_id) == LONG
    cancel(database, second)
    assert grace(database, pool_id) == SHORT


def test_canceled_order_of_an_answered_request_restores_fourteen_days(
    database: Database, pool_id: int
) -> None:
    request = asked(database, pool_id, at=NOW, kind=RequestKind.PURCHASE_ORDER)
    facts = drafted(database, replace(CONTRACT, organization="", organization_name="Elm"))
    with database.transaction() as session:
        requests.link_order(session, request, facts.id)
        requests.finish(session, request, answer="See it.", links=LINKS, actor=None, now=NOW)
    assert grace(database, pool_id) == LONG
    cancel(database, facts)
    assert grace(database, pool_id) == SHORT


def test_expired_quote_restores_fourteen_days(database: Database, pool_id: int) -> None:
    quoted(database, drafted(database, RENEWAL), expires_on=(END + DAY).date())
    with database.transaction() as session:
        later = END + 3 * DAY
        assert grace_periods.ending_pools(session, now=later) == (pool_id,)
        assert grace_periods.fit_grace(session, pool_id, now=later)
    assert grace(database, pool_id) == SHORT


def test_quote_revised_without_the_renewal_restores_fourteen_days(
    database: Database, pool_id: int
) -> None:
    facts = drafted(database, RENEWAL)
    quoted(database, facts)
    more = with_line(CONTRACT, act=LineAct.MORE_SEATS, quantity=1)
    with database.transaction() as session:
        orders.revise(session, locked(session, facts), more, actor=None, now=NOW)
    assert grace(database, pool_id) == SHORT


@pytest.mark.parametrize("how", ["refunded", "revoked"])
def test_refunded_or_revoked_renewal_restores_fourteen_days(
    database: Database, pool_id: int, how: str
) -> None:
    facts = drafted(database, RENEWAL)
    accepted(database, quoted(database, facts), Acceptance("Mia"))
    assert grace(database, pool_id) > END + 365 * DAY
    if how == "refunded":
        credited(database, facts)
    else:
        revoke_by_hand(database, facts)
    assert grace(database, pool_id) == SHORT


def test_renewal_on_hold_gives_sixty_days_until_it_is_released_or_credited(
    database: Database, pool_id: int
) -> None:
    """It counts as an open purchase order, and gives no access before it is released."""
    held = placed(database, replace(RENEWAL, is_held=True))
    assert grace(database, pool_id) == LONG
    later = END + 30 * DAY
    with database.transaction() as session:
        assert grace_periods.ending_pools(session, now=later) == (pool_id,)
        assert not grace_periods.fit_grace(session, pool_id, now=later)
    credited(database, held)
    assert grace(database, pool_id) == SHORT
    opened = placed(database, replace(RENEWAL, is_held=True), at=NOW + DAY)
    with database.transaction() as session:
        order = locked(session, opened)
        cancellations.release(session, order, mail_context=OFFICE, actor=None, now=NOW + 2 * DAY)
    assert grace(database, pool_id) > END + 365 * DAY


def test_term_before_a_renewal_on_hold_can_be_extended(database: Database, pool_id: int) -> None:
    placed(database, replace(RENEWAL, is_held=True))
    with database.transaction() as session:
        until = END + 90 * DAY
        grace_periods.extend_grace(
            session, pool_id, until, mail_context=OFFICE, actor=None, now=END + DAY
        )
    assert grace(database, pool_id) == until


def test_term_status_for_managers_with_a_renewal_on_hold_follows_the_dates(
    database: Database, pool_id: int
) -> None:
    placed(database, replace(RENEWAL, is_held=True))
    with database.read_session() as session:
        organization_id = session.get_one(Pool, pool_id).organization_id
        for at, standing in (
            (END - DAY, Standing.IN_FORCE),
            (END + DAY, Standing.GRACE),
            (LONG + DAY, Standing.AWAITING_PAYMENT),
        ):
            [card] = read_pools(session, organization_id, now=at)
            assert card.term.standing is standing
            assert card.takes_people
        [card] = read_pools(session, organization_id, now=END + DAY)
        assert (card.term.until, card.term.awaits_renewal) == (LONG, True)


def test_managers_are_emailed_when_a_contract_with_a_renewal_on_hold_ends(
    database: Database, cast: Cast, pool_id: int
) -> None:
    """They lose access after the grace period, and pay for the renewal to get it back."""
    placed(database, replace(RENEWAL, is_held=True))
    for at in (END + DAY, LONG + DAY):
        with database.transaction() as session:
            tell_contract_ends(session, mail_context=OFFICE, now=at)
            tell_contracts_over(session, mail_context=OFFICE, now=at)
    with database.read_session() as session:
        told = {
            mail.kind: mail.text or ""
            for mail in session.scalars(select(Mail).where(Mail.kind.startswith("contract_")))
        }
    assert set(told) == {"contract_renewed", "contract_expired", "contract_grace_ended"}
    assert "starts when we receive payment" in told["contract_expired"]
    assert "as soon as we receive payment for the renewal" in told["contract_grace_ended"]
    for kind in ("contract_expired", "contract_grace_ended"):
        assert "/orders" in told[kind]
        assert "/renew" not in told[kind]


def test_managers_are_emailed_when_a_renewal_is_ordered_and_when_it_starts(
    database: Database, cast: Cast, pool_id: int
) -> None:
    """Each manager gets one email about the order and one about its release."""
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        make_membership(session, elm, session.get_one(Login, cast.bob.id), role=Role.MANAGER)
    facts = placed(database, replace(RENEWAL, is_held=True))
    with database.transaction() as session:
        order = locked(session, facts)
        cancellations.release(session, order, mail_context=OFFICE, actor=None, now=NOW + DAY)
    for person in (cast.mia, cast.bob):
        mails = [one for one in letters(database, person.email or "") if facts.number in one.text]
        assert [one.kind for one in mails] == ["contract_renewed"] * 2
        assert mails[0].subject.endswith(RENEWAL_ORDERED.partition(")s")[2])
        assert "keep their access" not in mails[0].text
        assert "is renewed until" in mails[1].subject
        assert "keep their access" in mails[1].text
    assert not [one for one in letters(database, "mia@example.org") if one.kind == "order_open"]
