"""Reminders to confirm an order's address: timing, recipients, limits, and privacy (S14 to S16)."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from lms.buying import confirmation_reminders, confirmations, order_sessions
from lms.buying.carts import Item
from lms.buying.checkout import Buyer, Payment
from lms.buying.confirmations import NewPerson
from lms.buying.jobs import REMIND
from lms.component import work_of
from lms.contracts.jobs import REMIND as REMIND_OF_SEATS
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.jobs.queue import JobRun
from lms.mail.lanes import OPTIONAL
from lms.mail.link_tokens_and_codes import LinkOver
from lms.mail.passages import passages_of
from lms.models.accounts import EmailPurpose, EmailToken, Login
from lms.models.grants import Grant, OfferKind, Withdrawal
from lms.models.mail import Mail
from lms.models.orders import Order, OrderLine
from lms.models.organizations import Organization, Role
from lms.models.seats import Pool
from lms.organizations import organization_merges
from lms.pricing.price_list import Price, set_prices
from lms.registry import LIBRARY
from lms.sales import corrections
from lms.sales.corrections import Correction
from lms.sales.orders import find_order
from lms.sales.payer_corrections import NewPayer
from lms.sales.read_models import OrderFacts
from tests.buying.buying_fixtures import (
    PRICES,
    ROSA,
    WEBINAR,
    confirmed,
    details,
    filled,
    open_for_business,
    ordered,
    secret_sent,
)
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_membership
from tests.live.upcoming_webinar import Quiet
from tests.mailbox import letters, link_in, newest
from tests.requests.test_requests import OFFICE
from tests.seats.test_concurrent_claims import together

KIND = "confirm_order_reminder"
ASSIGN = passages_of(KIND)[10].original.partition("%(organization)s")[0]
DAY = timedelta(days=1)
MYSELF = Item(OfferKind.SINGLE, WEBINAR)
SAM = "sam@oak.example"


@dataclass
class Shop:
    """Runs the hourly reminders like a worker."""

    carrel: Carrel
    clock: Clock

    @property
    def database(self) -> Database:
        return self.carrel.database

    def at(self, days: float) -> None:
        """Send what is due a number of days after NOW."""
        self.clock.set(NOW + days * DAY)
        for kind in (REMIND, REMIND_OF_SEATS):
            run = JobRun(0, "", "", {}, 1, 1, Quiet())
            work_of((LIBRARY,)).handlers[kind](self.carrel, run)

    def told(self, days: float, email: str = ROSA) -> int:
        """Send what is due then, and return how many reminders this address has received so far."""
        self.at(days)
        return Counter(one.kind for one in letters(self.database, email))[KIND]


@pytest.fixture
def shop(carrel: Carrel, cast: Cast, clock: Clock) -> Shop:
    open_for_business(carrel.database)
    return Shop(carrel, clock)


def buys_for_herself(shop: Shop, email: str = SAM) -> OrderFacts:
    """Order one free webinar, so access starts without an invoice."""
    with shop.database.transaction() as session:
        free = (Price(OfferKind.SINGLE, 1, 0, "USD"), *PRICES[1:])
        set_prices(session, free, actor=None, now=NOW)
    entered = details(email=email, name="Sam", payment=Payment.INVOICE, is_for_organization=False)
    return ordered(shop.database, filled(shop.database, MYSELF), entered)


def opens(shop: Shop, secret: str) -> bool:
    with shop.database.read_session() as session:
        try:
            confirmations.read_confirmation(session, secret, now=shop.clock.moment)
        except LinkOver:
            return False
        return True


def secret_of(shop: Shop, email: str = ROSA) -> str:
    return link_in(newest(shop.database, email, KIND)).rpartition("/")[2]


def test_unconfirmed_buyers_are_reminded_on_the_same_days_all_year(shop: Shop) -> None:
    """One buyer never confirms, one does after five days, and one has no seats."""
    ordered(shop.database, filled(shop.database), details())
    late = "late@pine.example"
    ordered(shop.database, filled(shop.database), details(email=late, name="Lee"))
    buys_for_herself(shop)
    got: dict[tuple[str, str], list[int]] = {}
    for day in range(1, 366):
        before = {one.id for to in (ROSA, late, SAM) for one in letters(shop.database, to)}
        shop.at(day)
        for to in (ROSA, late, SAM):
            for one in letters(shop.database, to):
                if one.id not in before:
                    got.setdefault((to, one.kind), []).append(day)
        if day == 5:
            confirmed(shop.database, late, name="Lee", at=shop.clock.moment)
    assert got == {
        (ROSA, KIND): [1, 3, 14],
        (late, KIND): [1, 3],
        (late, "seats_unassigned"): [14],
        (SAM, KIND): [1, 14],
    }


def test_reminder_names_the_order_and_its_link_confirms_it(shop: Shop) -> None:
    facts = ordered(shop.database, filled(shop.database), details())
    assert shop.told(1) == 1
    mail = newest(shop.database, ROSA, KIND)
    assert facts.number in mail.text
    assert "5 people" in mail.text
    assert f"{ASSIGN}Pine County Library" in mail.text
    assert "your invoice" in mail.text
    with shop.database.transaction() as session:
        person = NewPerson("Rosa", "hash")
        confirmations.confirm(
            session, secret_of(shop), person, hooks=(), mail_context=OFFICE, now=NOW + DAY
        )
    with shop.database.read_session() as session:
        assert session.get_one(Login, session.get_one(Order, facts.id).contact_id).email == ROSA


def test_reminder_to_a_buyer_without_seats_mentions_no_seats_or_invoice(shop: Shop) -> None:
    buys_for_herself(shop)
    assert shop.told(1, SAM) == 1
    text = newest(shop.database, SAM, KIND).text
    assert "assign" not in text
    assert "invoice" not in text
    assert "watch on any device" in text


def test_reminder_reveals_nothing_about_the_order_to_a_stranger(shop: Shop) -> None:
    token = filled(shop.database)
    with shop.database.read_session() as session:
        line = session.scalars(select(OrderLine.public_id)).one()
    named = details(people={line: "Ann Bell <ann@pine.example>"}, payable_email="ap@pine.example")
    facts = ordered(shop.database, token, named)
    with shop.database.transaction() as session:  # another person has been assigned a seat since
        session.execute(update(Pool).where(Pool.capacity == 5).values(used=2))
    assert shop.told(3) == 1
    text = newest(shop.database, ROSA, KIND).text.partition("http")[0]
    for secret in ("ann@", "ap@pine", "1 Main Street", "PO 123", "325", "3 seats", "2 seats"):
        assert secret not in text
    assert facts.public_id not in text


def test_all_links_work_until_one_is_used(shop: Shop) -> None:
    ordered(shop.database, filled(shop.database), details())
    shop.at(1)
    first, reminded = secret_sent(shop.database), secret_of(shop)
    assert first != reminded
    assert opens(shop, first)
    assert opens(shop, reminded)
    confirmed(shop.database)
    assert not opens(shop, first)
    assert not opens(shop, reminded)


def test_only_a_corrected_address_is_reminded(shop: Shop) -> None:
    wrong = "roas@pinecounty.example"
    facts = ordered(shop.database, filled(shop.database), details(email=wrong))
    assert shop.told(1, wrong) == 1
    old = secret_of(shop, wrong)
    with shop.database.transaction() as session:
        order = session.get_one(Order, facts.id)
        confirmations.correct(
            session, order, name="Rosa", email=ROSA, mail_context=OFFICE, now=NOW + 2.9 * DAY
        )
    assert not opens(shop, old)
    assert shop.told(3) == 0  # the new address got its link hours ago
    assert shop.told(3.5) == 1
    assert shop.told(14) == 2
    assert shop.told(20, wrong) == 1


def test_orders_of_one_browser_are_in_one_email(shop: Shop) -> None:
    browser = order_sessions.new_token()
    numbers = [
        ordered(shop.database, filled(shop.database), details(), browser=browser).number
        for _ in range(2)
    ]
    assert shop.told(1) == 1
    text = newest(shop.database, ROSA, KIND).text
    assert all(number in text for number in numbers)


def test_address_that_many_browsers_order_for_is_reminded_once_a_day(shop: Shop) -> None:
    names = (ROSA, ROSA.capitalize(), ROSA.title(), ROSA)
    made = [ordered(shop.database, filled(shop.database), details(email=one)) for one in names]
    late = ordered(shop.database, filled(shop.database), details(), at=NOW + DAY)
    got = []
    for day in (1, 1.5, 2, 3, 4, 14, 15):
        shop.clock.set(NOW + day * DAY)
        before = len(reminders(shop))
        shop.at(day)
        got.append(len(reminders(shop)) - before)
    assert max(got) == 1
    assert got[0] == got[3] == got[5] == 1
    assert made[-1].number in reminders(shop)[0].text  # the newest of that day
    assert late.number in reminders(shop)[-1].text
    assert not any(made[0].number in one.text for one in reminders(shop))


def reminders(shop: Shop) -> list[Mail]:
    with shop.database.read_session() as session:
        rows = session.scalars(select(Mail).where(Mail.kind == KIND).order_by(Mail.id)).all()
        session.expunge_all()
        return list(rows)


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (Order, {"canceled_at": NOW}),
        (Order, {"livemode": False}),
        (Order, {"contact_email": ""}),  # deleted
        (Grant, {"revoked_at": NOW, "revoked_as": Withdrawal.REFUNDED}),
        (Grant, {"suspended_at": NOW}),
        (Login, {"blocked_at": NOW}),
    ],
)
def test_ended_orders_and_test_orders_cause_no_reminder(
    shop: Shop, table: type[Order | Grant | Login], values: dict[str, object]
) -> None:
    facts = ordered(shop.database, filled(shop.database), details())
    mine = {
        Order: Order.id == facts.id,
        Grant: Grant.order_line_id.in_(select(OrderLine.id).where(OrderLine.order_id == facts.id)),
        Login: Login.id == facts.contact_id,
    }
    with shop.database.transaction() as session:
        session.execute(update(table).where(mine[table]).values(**values))
    for day in (1, 3, 14):
        assert shop.told(day) == 0


def test_buyer_with_a_confirmed_account_is_not_reminded(shop: Shop, cast: Cast) -> None:
    entered = details(email="mia@example.org", organization_id=cast.organization_id)
    buyer = Buyer(cast.mia.id, cast.mia.public_id, "mia@example.org")
    ordered(shop.database, filled(shop.database), entered, buyer=buyer)
    assert shop.told(1, "mia@example.org") == 0


def test_reminder_does_not_mention_assigned_seats(shop: Shop) -> None:
    ordered(shop.database, filled(shop.database), details())
    with shop.database.transaction() as session:
        session.execute(update(Pool).where(Pool.capacity == 5).values(used=5))
    assert shop.told(1) == 1
    assert ASSIGN not in newest(shop.database, ROSA, KIND).text
    assert shop.told(3) == 1
    assert shop.told(14) == 2


def test_reminder_about_seats_goes_to_the_manager_instead_of_the_buyer(
    shop: Shop, cast: Cast
) -> None:
    facts = ordered(shop.database, filled(shop.database), details())
    with shop.database.transaction() as session:
        made = session.get_one(Organization, facts.organization_id)
        make_membership(session, made, session.get_one(Login, cast.dan.id), role=Role.MANAGER)
    assert shop.told(3) == 1
    assert ASSIGN not in newest(shop.database, ROSA, KIND).text
    (manager,) = [
        one for one in letters(shop.database, cast.dan.email) if one.kind == "seats_unassigned"
    ]
    assert "5 seats" in manager.text


def test_reminder_does_not_mention_seats_of_a_merged_organization(shop: Shop, cast: Cast) -> None:
    facts = ordered(shop.database, filled(shop.database), details())
    with shop.database.transaction() as session:
        made = session.get_one(Organization, facts.organization_id)
        kept = session.get_one(Organization, cast.organization_id)
        organization_merges.merge(session, kept=kept.slug, merged=made.slug, actor=None, now=NOW)
    assert shop.told(1) == 1
    assert ASSIGN not in newest(shop.database, ROSA, KIND).text


def test_late_worker_sends_only_the_latest_reminder(shop: Shop) -> None:
    ordered(shop.database, filled(shop.database), details())
    assert shop.told(5) == shop.told(5.5) == 1
    assert shop.told(40) == 1


def test_reminder_can_be_unsubscribed_from() -> None:
    assert KIND in OPTIONAL


def test_concurrent_reminders_send_one_email_with_one_link(shop: Shop) -> None:
    facts = ordered(shop.database, filled(shop.database), details())
    assert facts.contact_id is not None
    buyer = facts.contact_id

    def remind(_place: int) -> None:
        with shop.database.transaction() as session:
            confirmation_reminders.remind(session, buyer, mail_context=OFFICE, now=NOW + DAY)

    together(4, remind)
    assert Counter(one.kind for one in letters(shop.database, ROSA))[KIND] == 1
    with shop.database.read_session() as session:
        links = select(func.count()).where(EmailToken.purpose == EmailPurpose.CONFIRM_ORDER)
        assert session.scalar(links) == 2  # those of the order and the reminder


def test_confirming_during_a_reminder_leaves_no_open_link(shop: Shop) -> None:
    facts = ordered(shop.database, filled(shop.database), details())
    assert facts.contact_id is not None
    buyer = facts.contact_id

    def act(place: int) -> None:
        with shop.database.transaction() as session:
            if place:
                confirmation_reminders.remind(session, buyer, mail_context=OFFICE, now=NOW + DAY)
            else:
                confirmations.confirm(
                    session,
                    secret,
                    NewPerson("Rosa", "hash"),
                    hooks=(),
                    mail_context=OFFICE,
                    now=NOW + DAY,
                )

    secret = secret_sent(shop.database)
    together(2, act)
    with shop.database.read_session() as session:
        is_open = select(func.count()).where(
            EmailToken.purpose == EmailPurpose.CONFIRM_ORDER, EmailToken.used_at.is_(None)
        )
        assert session.scalar(is_open) == 0


def test_link_expires_when_our_team_gives_the_order_to_another_buyer(
    shop: Shop, cast: Cast
) -> None:
    facts = ordered(shop.database, filled(shop.database), details())
    secret = secret_sent(shop.database)
    with shop.database.transaction() as session:
        payer = NewPayer("elm-county", "mia@example.org", "Mia")
        order = find_order(session, facts.public_id, lock=True)
        corrections.correct(
            session, order, Correction(payer=payer), mail_context=OFFICE, actor=None, now=NOW
        )
    assert not opens(shop, secret)
    assert shop.told(1) == 0
    with shop.database.transaction() as session, pytest.raises(LinkOver):
        confirmations.confirm(
            session, secret, NewPerson("Eve", "hash"), hooks=(), mail_context=OFFICE, now=NOW
        )
