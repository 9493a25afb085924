"""After a sale: paid, held, refunded, given back in part, disputed, won and lost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.access.policy import Code
from lms.branding import BrandingTexts, edit_branding
from lms.core.database import Database
from lms.core.errors import Conflict
from lms.models.accounts import Login
from lms.models.grants import Withdrawal
from lms.models.mail import Mail
from lms.models.playback import PlaybackEnd
from lms.models.sales import Terms
from lms.models.seats import Pool
from lms.pricing.price_list import set_prices
from lms.sales import payments_refunds_disputes, sales
from lms.sales.overdue_payment_notices import tell_overdue
from lms.sales.read_models import SaleFacts, Standing
from lms.sales.sales import NewSale
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import letters, newest
from tests.requests.test_requests import OFFICE
from tests.sales.sale_fixtures import GROUP, PRICES, SEAT, grants, read, sold
from tests.sales.test_sales import code
from tests.seats.pool_fixtures import endings, play, take_seat

Act = Callable[[Database, SaleFacts], None]
INVOICE = replace(SEAT, terms=Terms.INVOICE)


@pytest.fixture(autouse=True)
def _prices(database: Database) -> None:
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW - timedelta(days=9))


def pay(database: Database, facts: SaleFacts) -> None:
    with database.transaction() as session:
        payments_refunds_disputes.mark_paid(
            session, facts.public_id, links=OFFICE.links, actor=None, now=NOW
        )


def hold(database: Database, facts: SaleFacts) -> None:
    with database.transaction() as session:
        payments_refunds_disputes.hold(session, facts.public_id, actor=None, now=NOW)


def open_unpaid(database: Database, facts: SaleFacts) -> None:
    with database.transaction() as session:
        payments_refunds_disputes.open_unpaid(session, facts.public_id, actor=None, now=NOW)


def refund(database: Database, facts: SaleFacts) -> None:
    with database.transaction() as session:
        payments_refunds_disputes.refund_all(
            session, facts.public_id, links=OFFICE.links, actor=None, now=NOW
        )


def dispute(database: Database, facts: SaleFacts) -> None:
    with database.transaction() as session:
        payments_refunds_disputes.dispute(
            session, facts.public_id, links=OFFICE.links, actor=None, now=NOW
        )


def suspend(database: Database, facts: SaleFacts) -> None:
    with database.transaction() as session:
        payments_refunds_disputes.suspend(session, facts.public_id, actor=None, now=NOW)


def restore(database: Database, facts: SaleFacts) -> None:
    with database.transaction() as session:
        payments_refunds_disputes.restore(session, facts.public_id, actor=None, now=NOW)


def win(database: Database, facts: SaleFacts) -> None:
    with database.transaction() as session:
        payments_refunds_disputes.win_dispute(session, facts.public_id, actor=None, now=NOW)


def lose(database: Database, facts: SaleFacts) -> None:
    with database.transaction() as session:
        payments_refunds_disputes.lose_dispute(session, facts.public_id, actor=None, now=NOW)


def pool_of(database: Database) -> Pool:
    with database.read_session() as session:
        return session.scalars(select(Pool)).one()


# paying and holding


def test_a_sale_is_marked_paid_once(database: Database, cast: Cast) -> None:
    facts = sold(database, INVOICE)
    pay(database, facts)
    assert read(database, facts).standing(NOW) is Standing.PAID
    with pytest.raises(Conflict):
        pay(database, facts)


@pytest.mark.parametrize("new", [INVOICE, GROUP])
def test_held_access_opens_when_it_is_paid(
    database: Database, cast: Cast, new: sales.NewSale
) -> None:
    facts = sold(database, replace(new, is_held=True))
    pay(database, facts)
    assert not read(database, facts).is_held
    assert newest(database, new.email).kind == "sale_paid"


def test_staff_hold_and_open_what_is_not_paid(database: Database, cast: Cast) -> None:
    facts = sold(database, INVOICE)
    hold(database, facts)
    assert read(database, facts).is_held
    assert grants(database, facts)[0].awaits_payment_since == NOW
    open_unpaid(database, facts)
    assert code(database, cast, cast.dan.id) is Code.OK_PERMANENT


def test_what_an_organization_has_not_paid_is_held_and_opened(
    database: Database, cast: Cast
) -> None:
    facts = sold(database, GROUP)
    hold(database, facts)
    assert read(database, facts).is_held
    open_unpaid(database, facts)
    assert not read(database, facts).is_held


@pytest.mark.parametrize("act", [hold, open_unpaid])
def test_what_is_paid_is_not_held(database: Database, cast: Cast, act: Act) -> None:
    facts = sold(database)
    with pytest.raises(Conflict):
        act(database, facts)


# refunds


def test_a_refund_takes_that_sale_s_access_alone(database: Database, cast: Cast) -> None:
    first, second = sold(database), sold(database)
    refund(database, first)
    assert grants(database, first)[0].revoked_as is Withdrawal.REFUNDED
    assert grants(database, second)[0].revoked_at is None
    assert code(database, cast, cast.dan.id) is Code.OK_PERMANENT
    refund(database, second)
    assert code(database, cast, cast.dan.id) is Code.REFUNDED
    assert "$99.00" in newest(database, "dan@example.org", "sale_refunded").text


def test_a_refund_of_an_organization_s_seats_takes_them_at_once(
    database: Database, cast: Cast
) -> None:
    facts = sold(database, GROUP)
    refund(database, facts)
    after = read(database, facts)
    assert (after.refunded_minor, after.standing(NOW)) == (32500, Standing.REFUNDED)
    assert pool_of(database).capacity == 0


def test_a_sale_is_refunded_once(database: Database, cast: Cast) -> None:
    facts = sold(database)
    refund(database, facts)
    for act in (refund, dispute, pay, hold):
        with pytest.raises(Conflict):
            act(database, facts)


# what plays by it


def dispute_and_suspend(database: Database, facts: SaleFacts) -> None:
    dispute(database, facts)
    suspend(database, facts)


@pytest.mark.parametrize(
    ("new", "act", "ended_as"),
    [
        (INVOICE, hold, PlaybackEnd.SUSPENDED),
        (SEAT, dispute, PlaybackEnd.SUSPENDED),
        (SEAT, refund, PlaybackEnd.REFUNDED),
        (GROUP, hold, PlaybackEnd.SUSPENDED),
        (GROUP, dispute_and_suspend, PlaybackEnd.SUSPENDED),
        (GROUP, refund, PlaybackEnd.REFUNDED),
    ],
)
def test_what_plays_by_a_sale_stops_with_its_access_and_nothing_else_does(
    database: Database, cast: Cast, new: NewSale, act: Act, ended_as: PlaybackEnd
) -> None:
    facts = sold(database, new)
    if new is GROUP:
        take_seat(database, pool_of(database).id, cast.dan.id)
    for login_id in (cast.alice.id, cast.dan.id):
        play(database, login_id, cast.recording_id)
    act(database, facts)
    assert endings(database) == [(None, None), (NOW, ended_as)]


def test_who_plays_by_what_was_bought_under_a_log_in_that_was_merged_stops_as_well(
    database: Database, cast: Cast
) -> None:
    facts = sold(database, SEAT)
    with database.transaction() as session:
        session.get_one(Login, cast.dan.id).merged_into = cast.alice.id
    play(database, cast.alice.id, cast.recording_id)
    dispute(database, facts)
    assert endings(database) == [(NOW, PlaybackEnd.SUSPENDED)]


# disputes


def test_a_dispute_suspends_an_individual_s_access_alone(database: Database, cast: Cast) -> None:
    facts = sold(database)
    dispute(database, facts)
    assert read(database, facts).standing(NOW) is Standing.DISPUTED
    assert code(database, cast, cast.dan.id) is Code.SUSPENDED_DISPUTE
    assert code(database, cast, cast.alice.id) is Code.OK_PERMANENT


def test_a_dispute_that_is_won_restores(database: Database, cast: Cast) -> None:
    facts = sold(database)
    dispute(database, facts)
    win(database, facts)
    assert code(database, cast, cast.dan.id) is Code.OK_PERMANENT
    assert read(database, facts).standing(NOW) is Standing.PAID


def test_a_dispute_that_is_lost_revokes(database: Database, cast: Cast) -> None:
    facts = sold(database)
    dispute(database, facts)
    lose(database, facts)
    assert code(database, cast, cast.dan.id) is Code.REVOKED
    assert read(database, facts).standing(NOW) is Standing.REFUNDED


def test_an_organization_s_dispute_alerts_staff_who_may_suspend(
    database: Database, cast: Cast
) -> None:
    words = BrandingTexts("Quill", "#1d6a4c", "desk@example.org", "Quill", "")
    with database.transaction() as session:
        edit_branding(session, words, actor=None, now=NOW)
    facts = sold(database, GROUP)
    dispute(database, facts)
    assert grants(database, facts)[0].suspended_at is None
    assert "may suspend" in newest(database, "desk@example.org").text
    suspend(database, facts)
    assert grants(database, facts)[0].suspended_at == NOW
    restore(database, facts)
    assert grants(database, facts)[0].suspended_at is None


def test_an_individual_s_access_may_be_restored_while_the_dispute_is_open(
    database: Database, cast: Cast
) -> None:
    facts = sold(database)
    dispute(database, facts)
    restore(database, facts)
    assert code(database, cast, cast.dan.id) is Code.OK_PERMANENT
    suspend(database, facts)
    assert code(database, cast, cast.dan.id) is Code.SUSPENDED_DISPUTE


@pytest.mark.parametrize("act", [suspend, restore, win, lose])
def test_without_a_dispute_there_is_nothing_to_suspend_win_or_lose(
    database: Database, cast: Cast, act: Act
) -> None:
    facts = sold(database)
    with pytest.raises(Conflict):
        act(database, facts)


def test_a_dispute_is_recorded_once(database: Database, cast: Cast) -> None:
    facts = sold(database)
    dispute(database, facts)
    with pytest.raises(Conflict):
        dispute(database, facts)


# overdue


def test_an_overdue_payment_is_told_to_house_and_buyer_once_each(
    database: Database, cast: Cast
) -> None:
    words = BrandingTexts("Quill", "#1d6a4c", "desk@example.org", "Quill", "")
    with database.transaction() as session:
        edit_branding(session, words, actor=None, now=NOW)
    sold(database, GROUP)
    for days in (29, 30, 31, 31):
        with database.transaction() as session:
            tell_overdue(session, mail_context=OFFICE, now=NOW + timedelta(days=days))
    told = [letter for letter in letters(database, "mia@example.org") if "overdue" in letter.kind]
    house = [letter for letter in letters(database, "desk@example.org") if "overdue" in letter.kind]
    assert (len(told), len(house)) == (1, 1)
    assert "Nobody loses access" in told[0].text


def test_the_letter_of_a_refund_speaks_of_money_only_where_some_was_paid(
    database: Database, cast: Cast
) -> None:
    paid, owed = sold(database, replace(SEAT, terms=Terms.CARD)), sold(database, INVOICE)
    with database.transaction() as session:
        for facts in (paid, owed):
            payments_refunds_disputes.refund_all(
                session, facts.public_id, links=OFFICE.links, actor=None, now=NOW
            )
    with database.read_session() as session:
        first, second = session.scalars(
            select(Mail).where(Mail.kind == "sale_refunded").order_by(Mail.id)
        ).all()
    assert "We have returned $99.00" in first.text
    assert "returned" not in second.text + second.subject
    assert "Nothing is to be paid" in second.text
    assert "Nothing is to be paid" in second.html
