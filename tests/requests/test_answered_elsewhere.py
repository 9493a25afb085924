"""Requests that are closed automatically when an act elsewhere answers them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.models.audit import AuditEntry
from lms.models.documents import CreditReason
from lms.models.orders import Terms
from lms.models.requests import RequestKind, RequestState
from lms.models.seats import Pool
from lms.pricing.price_list import set_prices
from lms.requests import domain_requests, requests, seat_transfer_requests
from lms.requests.read_models import MONEY_BACK
from lms.seats.invitations import Invitee
from lms.seats.read_models import find_seat
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import letters, newest
from tests.requests.test_requests import NEW, OFFICE, asked, read
from tests.sales.order_fixtures import PRICES, SEAT, credited, placed
from tests.sales.test_orders import CONTRACT, RENEWAL
from tests.seats.pool_fixtures import LINKS, make_home, people, take_seat


@pytest.fixture(autouse=True)
def _prices(database: Database) -> None:
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW - timedelta(days=9))


def verify(database: Database, cast: Cast, domain: str) -> None:
    with database.transaction() as session:
        domain_requests.verify_domain(
            session, cast.organization_id, domain, links=LINKS, actor=None, now=NOW
        )


def test_verifying_a_domain_answers_every_request_for_it(database: Database, cast: Cast) -> None:
    about = replace(NEW, kind=RequestKind.DOMAIN, organization_id=cast.organization_id)
    named = asked(database, replace(about, reference="Elm.example"))
    by_address = asked(database, replace(about, email="pat@elm.example"))
    other = asked(database, replace(about, reference="oak.example", email="pat@elm.example"))
    verify(database, cast, "elm.example")
    assert read(database, named).state is RequestState.DONE
    assert read(database, by_address).state is RequestState.DONE
    assert read(database, other).state is RequestState.NEW
    told = newest(database, "dan@example.org", "request_answered").text
    assert "elm.example is verified" in told


def test_another_organizations_request_stays_open(database: Database, cast: Cast) -> None:
    foreign = asked(database, replace(NEW, kind=RequestKind.DOMAIN, reference="elm.example"))
    verify(database, cast, "elm.example")
    assert read(database, foreign).state is RequestState.NEW


def test_reassigning_a_seat_answers_the_request_about_it(database: Database, cast: Cast) -> None:
    home = make_home(database, 2)
    pat, kim = people(database, 2)
    seat, others = take_seat(database, home.pool_id, pat), take_seat(database, home.pool_id, kim)
    facts = []
    for one in (seat, others):
        with database.transaction() as session:
            seat_id = find_seat(session, one).id
        facts.append(asked(database, replace(NEW, kind=RequestKind.REASSIGN, seat_id=seat_id)))
    with database.transaction() as session:
        to = Invitee(read_address("lee@example.org"), "Lee")
        seat_transfer_requests.reassign(session, seat, to, links=LINKS, actor=None, now=NOW)
    assert [read(database, one).state for one in facts] == [RequestState.DONE, RequestState.NEW]
    kinds = [letter.kind for letter in letters(database, "dan@example.org")]
    assert set(kinds) == {"request_received"}


def test_renewing_a_contract_by_order_answers_the_renewal_request(
    database: Database, cast: Cast
) -> None:
    placed(database, CONTRACT)
    with database.read_session() as session:
        pool_id = session.scalars(select(Pool.id)).one()
    renewal = asked(database, replace(NEW, kind=RequestKind.RENEWAL, pool_id=pool_id))
    more = asked(database, replace(NEW, kind=RequestKind.MORE_SEATS, pool_id=pool_id))
    order = placed(database, RENEWAL)
    assert read(database, renewal).state is RequestState.DONE
    assert read(database, more).state is RequestState.NEW
    with database.read_session() as session:
        entry = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.subject == renewal.public_id)
            .order_by(-AuditEntry.id)
        ).first()
    assert entry is not None
    assert (entry.act, entry.detail) == ("request.done", {"order": order.public_id})


def test_buying_a_webinar_answers_that_persons_request_for_it(
    database: Database, cast: Cast
) -> None:
    mine = replace(NEW, email="Dan@Example.org", webinar_id=cast.webinar_id)
    same = asked(database, mine)
    others = [
        asked(database, replace(mine, email="eve@example.org")),
        asked(database, replace(mine, kind=RequestKind.SHOWING)),
        asked(database, replace(mine, message="Is there a student discount?")),
        asked(database, replace(mine, kind=RequestKind.TROUBLE)),
    ]
    placed(database)  # one seat, bought by Dan
    assert read(database, same).state is RequestState.DONE
    assert {read(database, one).state for one in others} == {RequestState.NEW}
    kinds = [letter.kind for letter in letters(database, "dan@example.org")]
    assert "request_answered" not in kinds


@pytest.mark.parametrize(
    ("reason", "state"),
    [(CreditReason.RETURN, RequestState.DONE), (CreditReason.GOODWILL, RequestState.NEW)],
)
def test_only_a_return_answers_a_refund_request(
    database: Database, cast: Cast, reason: CreditReason, state: RequestState
) -> None:
    order = placed(database, replace(SEAT, terms=Terms.INVOICE))
    new = replace(NEW, kind=RequestKind.TROUBLE, refusal=MONEY_BACK, order_id=order.id)
    with database.transaction() as session:
        facts = requests.ask(session, new, mail_context=OFFICE, actor=None, now=NOW)
    credited(database, order, reason)
    assert read(database, facts).state is state
