"""Payers and seat users: an organization owns what it buys, even a single seat or pass."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Code, decide
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.errors import Conflict, Invalid
from lms.mail.links import Links
from lms.models.documents import CreditReason
from lms.models.grants import Grant, OfferKind
from lms.models.orders import LineAct, OrderLine, Terms
from lms.models.seats import Assignment, AssignmentState, Pool, Seat
from lms.requests.asker import Asker
from lms.sales import contract_lines, credit_notes, requested_orders
from lms.sales.credit_notes import NewCreditNote
from lms.sales.new_orders import NewLine, NewOrder
from lms.sales.read_models import OrderFacts
from lms.seats import claims, pools, transfers, waitlist
from lms.seats.invitations import Invitee
from lms.seats.pool_reconciliation import settle
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import newest
from tests.page_texts import says
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, ONE_SEAT, SEAT, grants, locked, placed, with_line

BOUGHT = datetime(2026, 10, 6, 18, tzinfo=UTC)
ENDS = datetime(2027, 10, 7, 4, tzinfo=UTC)
RENEWED_UNTIL = datetime(2028, 10, 7, 4, tzinfo=UTC)
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
LINKS = Links("http://localhost")
PASS = NewLine(kind=OfferKind.PASS, covers="everything", price_minor=49900)
ELM = NewOrder(
    lines=(PASS,),
    email="mia@example.org",
    name="Mia",
    organization="elm-county",
    terms=Terms.INVOICE,
    currency="USD",
)
ONE_FOR_ELM = replace(ELM, lines=(ONE_SEAT,))


def code_of(database: Database, cast: Cast, login_id: int, at: datetime) -> Code:
    with database.read_session() as session:
        case = load_case(session, login_id=login_id, webinar_id=cast.webinar_id)
    return decide(case.login, case.webinar, Action.RECORDING, at).code


def people_of(database: Database, pool_id: int | None) -> list[tuple[int | None, AssignmentState]]:
    with database.read_session() as session:
        rows = session.execute(
            select(Assignment.login_id, Assignment.state)
            .where(Assignment.pool_id == pool_id, Assignment.ended_at.is_(None))
            .order_by(Assignment.id)
        )
        return [(row.login_id, row.state) for row in rows]


def pool_of(database: Database, order: OrderFacts) -> int:
    [grant] = grants(database, order)
    assert grant.pool_id is not None
    assert grant.login_id is None
    return grant.pool_id


def settled(database: Database, pool_id: int, at: datetime) -> None:
    with database.transaction() as session:
        settle(session, pool_id, now=at)


def renewed(database: Database, *, at: datetime, pool: str | None = None) -> OrderFacts:
    line = replace(PASS, act=LineAct.RENEWAL, pool=pool)
    return placed(database, replace(ELM, lines=(line,)), at=at)


def test_single_seat_bought_by_an_organization_is_assigned_to_its_contact(
    database: Database, cast: Cast
) -> None:
    order = placed(database, ONE_FOR_ELM)
    pool_id = pool_of(database, order)
    assert people_of(database, pool_id) == [(cast.mia.id, AssignmentState.CLAIMED)]
    assert code_of(database, cast, cast.mia.id, BOUGHT) is Code.OK_PERMANENT
    with database.read_session() as session:
        line = session.scalars(select(OrderLine)).one()
        assert (line.pool_id, line.login_id) == (pool_id, None)


def test_seat_of_the_contact_can_be_reassigned(database: Database, cast: Cast) -> None:
    pool_id = pool_of(database, placed(database, ONE_FOR_ELM))
    with database.transaction() as session:
        seat = session.scalars(select(Seat.public_id).where(Seat.pool_id == pool_id)).one()
        dan = Invitee(read_address("dan@example.org"), "Dan")
        transfers.reassign(session, seat, dan, links=LINKS, actor=None, now=BOUGHT)
    assert code_of(database, cast, cast.mia.id, BOUGHT) is Code.SEAT_RELEASED
    assert code_of(database, cast, cast.dan.id, BOUGHT) is Code.INVITE_NOT_CLAIMED


def test_second_single_seat_is_available_for_another_person(database: Database, cast: Cast) -> None:
    pool_id = pool_of(database, placed(database, ONE_FOR_ELM))
    assert pool_of(database, placed(database, ONE_FOR_ELM)) == pool_id
    assert people_of(database, pool_id) == [(cast.mia.id, AssignmentState.CLAIMED)]
    with database.read_session() as session:
        assert pools.read_pool(session, pool_id).free == 1


def test_contact_has_the_seat_while_the_order_is_on_hold(database: Database, cast: Cast) -> None:
    order = placed(database, replace(ONE_FOR_ELM, is_held=True))
    assert people_of(database, pool_of(database, order)) == [(cast.mia.id, AssignmentState.CLAIMED)]
    assert code_of(database, cast, cast.mia.id, BOUGHT) is Code.PAYMENT_PENDING


def test_several_single_seats_are_not_assigned_to_the_contact(
    database: Database, cast: Cast
) -> None:
    order = placed(database, with_line(ONE_FOR_ELM, quantity=2, price_minor=19800))
    assert people_of(database, pool_of(database, order)) == []


def test_a_person_who_pays_owns_what_they_buy(database: Database, cast: Cast) -> None:
    for line in (ONE_SEAT, PASS):
        [grant] = grants(database, placed(database, replace(SEAT, lines=(line,))))
        assert (grant.login_id, grant.pool_id) == (cast.dan.id, None)


def test_organization_pass_lasts_a_year_without_a_grace_period(
    database: Database, cast: Cast
) -> None:
    pool_id = pool_of(database, placed(database, ELM, at=BOUGHT))
    with database.read_session() as session:
        pool = session.get_one(Pool, pool_id)
        grant = session.scalars(select(Grant).where(Grant.pool_id == pool_id)).one()
    assert (pool.is_pass, pool.capacity, grant.kind) == (True, 1, OfferKind.PASS)
    assert (grant.starts_at, grant.ends_at, grant.grace_until) == (BOUGHT, ENDS, None)
    assert people_of(database, pool_id) == [(cast.mia.id, AssignmentState.CLAIMED)]
    assert code_of(database, cast, cast.mia.id, ENDS - MOMENT) is Code.OK_TERM
    assert code_of(database, cast, cast.mia.id, ENDS) is Code.PASS_EXPIRED
    settled(database, pool_id, ENDS + DAY)
    assert code_of(database, cast, cast.mia.id, ENDS + DAY) is Code.PASS_EXPIRED


def test_each_pass_has_its_own_pool_separate_from_contracts(database: Database, cast: Cast) -> None:
    contract = replace(PASS, kind=OfferKind.CONTRACT, quantity=3)
    made = {
        pool_of(database, placed(database, replace(ELM, lines=(line,)), at=at))
        for line, at in ((PASS, BOUGHT), (PASS, BOUGHT + DAY), (contract, BOUGHT + 2 * DAY))
    }
    assert len(made) == 3
    with database.read_session() as session:
        passes = session.scalars(select(Pool.is_pass).order_by(Pool.id)).all()
    assert passes == [True, True, False]


def test_renewed_pass_keeps_its_anniversary_and_assigned_person(
    database: Database, cast: Cast
) -> None:
    pool_id = pool_of(database, placed(database, ELM, at=BOUGHT))
    [grant] = grants(database, renewed(database, at=ENDS - 20 * DAY))
    assert (grant.pool_id, grant.kind) == (pool_id, OfferKind.PASS)
    assert (grant.starts_at, grant.ends_at) == (ENDS, RENEWED_UNTIL)
    settled(database, pool_id, ENDS)
    assert code_of(database, cast, cast.mia.id, ENDS) is Code.OK_TERM


def test_pass_renewed_late_starts_now_and_restores_its_assignment(
    database: Database, cast: Cast
) -> None:
    pool_id = pool_of(database, placed(database, ELM, at=BOUGHT))
    late = ENDS + 40 * DAY
    settled(database, pool_id, ENDS)
    assert people_of(database, pool_id) == [(cast.mia.id, AssignmentState.FROZEN)]
    [grant] = grants(database, renewed(database, at=late))
    assert grant.starts_at == late
    assert people_of(database, pool_id) == [(cast.mia.id, AssignmentState.CLAIMED)]
    assert code_of(database, cast, cast.mia.id, late) is Code.OK_TERM


def test_renewal_applies_to_the_pass_that_ends_first_unless_one_is_named(
    database: Database, cast: Cast
) -> None:
    first = pool_of(database, placed(database, ELM, at=BOUGHT))
    second = pool_of(database, placed(database, ELM, at=BOUGHT + DAY))
    with database.read_session() as session:
        named = pools.read_pool(session, second).public_id
    assert pool_of(database, renewed(database, at=BOUGHT + 9 * DAY, pool=named)) == second
    assert pool_of(database, renewed(database, at=BOUGHT + 9 * DAY)) == first


def test_one_order_renews_each_pass_once(database: Database, cast: Cast) -> None:
    both = {pool_of(database, placed(database, ELM, at=BOUGHT + each * DAY)) for each in (0, 1)}
    line = replace(PASS, act=LineAct.RENEWAL)
    order = placed(database, replace(ELM, lines=(line, line)), at=BOUGHT + 9 * DAY)
    assert {one.pool_id for one in grants(database, order)} == both


@pytest.mark.parametrize("act", [LineAct.RENEWAL, LineAct.MORE_SEATS])
def test_missing_pass_cannot_be_renewed_or_get_more_seats(
    database: Database, cast: Cast, act: LineAct
) -> None:
    with pytest.raises(Invalid) as refused:
        placed(database, replace(ELM, lines=(replace(PASS, act=act),)))
    assert "act" in refused.value.fields


def test_another_organizations_pass_cannot_be_renewed(database: Database, cast: Cast) -> None:
    others = replace(ELM, organization="", organization_name="Oak County", email="o@example.org")
    with database.read_session() as session:
        pool_id = pool_of(database, placed(database, others, at=BOUGHT))
        named = pools.read_pool(session, pool_id).public_id
    with pytest.raises(Invalid):
        renewed(database, at=BOUGHT + DAY, pool=named)


def test_seat_of_a_pass_can_be_reassigned_after_seven_days(database: Database, cast: Cast) -> None:
    pool_id = pool_of(database, placed(database, ELM, at=BOUGHT))
    dan = Invitee(read_address("dan@example.org"), "Dan")
    with database.read_session() as session:
        seat = session.scalars(select(Seat.public_id).where(Seat.pool_id == pool_id)).one()
    with pytest.raises(Conflict), database.transaction() as session:
        transfers.reassign(session, seat, dan, links=LINKS, actor=None, now=BOUGHT + 6 * DAY)
    with database.transaction() as session:
        transfers.reassign(session, seat, dan, links=LINKS, actor=None, now=BOUGHT + 7 * DAY)
    assert code_of(database, cast, cast.mia.id, BOUGHT + 7 * DAY) is Code.SEAT_RELEASED


def test_returned_pass_gives_no_access(database: Database, cast: Cast) -> None:
    order = placed(database, ELM, at=BOUGHT)
    with database.transaction() as session:
        credit_notes.credit(
            session,
            locked(session, order),
            NewCreditNote(CreditReason.RETURN),
            mail_context=OFFICE,
            actor=None,
            now=BOUGHT + DAY,
        )
    assert code_of(database, cast, cast.mia.id, BOUGHT + DAY) is Code.REFUNDED


def test_confirmation_says_the_contact_has_the_organizations_seat(
    database: Database, cast: Cast
) -> None:
    placed(database, ONE_FOR_ELM)
    kind = "order_confirmation_organization"
    told = newest(database, "mia@example.org", kind).text
    assert says(told, kind, "own_seat", buyer="Elm County Library")
    assert not says(told, kind, "how_to_invite")


def test_renewal_request_is_for_the_given_pass(database: Database, cast: Cast) -> None:
    placed(database, ELM, at=BOUGHT)
    second = pool_of(database, placed(database, ELM, at=BOUGHT + DAY))
    with database.transaction() as session:
        pool = pools.read_pool(session, second)
        asker = Asker(cast.mia.id, cast.mia.public_id, "Mia", "mia@example.org")
        requested_orders.ask_to_renew(
            session, pool, asker, mail_context=OFFICE, now=BOUGHT + 9 * DAY
        )
        line = session.scalars(select(OrderLine).where(OrderLine.act == LineAct.RENEWAL)).one()
        assert (line.kind, line.pool_id, line.net_minor) == (OfferKind.PASS, second, 49900)
        with pytest.raises(Conflict):
            contract_lines.line_of_more_seats(session, pool, 1, OFFICE.zone, now=BOUGHT)


def awaited(database: Database, cast: Cast, *, has_seat: str) -> int:
    """Return a pool of one seat, assigned to a person, with Dan on its waitlist."""
    buyer = {"mia": "mia@example.org", "bob": "bob@example.org"}[has_seat]
    pool_id = pool_of(database, placed(database, replace(ONE_FOR_ELM, email=buyer, name="B")))
    with database.transaction() as session:
        waitlist.join(session, pool_id, cast.dan.id, actor=None, now=NOW)
    return pool_id


def test_buyer_of_one_seat_gets_it_before_the_waitlist(database: Database, cast: Cast) -> None:
    pool_id = awaited(database, cast, has_seat="bob")
    placed(database, ONE_FOR_ELM)
    assert people_of(database, pool_id)[1:] == [(cast.mia.id, AssignmentState.CLAIMED)]
    with database.read_session() as session:
        assert [one.name for one in waitlist.list_waiting(session, pool_id)] == ["Dan"]


def test_buyer_of_several_seats_can_claim_one_before_the_waitlist(
    database: Database, cast: Cast
) -> None:
    pool_id = awaited(database, cast, has_seat="bob")
    with database.transaction() as session:
        for login_id in (cast.alice.id, cast.carol.id, cast.mia.id):
            waitlist.join(session, pool_id, login_id, actor=None, now=NOW)
    placed(database, with_line(GROUP, quantity=3))
    offered = [(one.id, AssignmentState.OFFERED) for one in (cast.mia, cast.dan, cast.alice)]
    assert people_of(database, pool_id)[1:] == offered
    with database.transaction() as session:
        claims.claim(session, pool_id, cast.mia.id, actor=None, now=NOW)
        assert [one.name for one in waitlist.list_waiting(session, pool_id)] == ["Carol"]
    assert (cast.mia.id, AssignmentState.CLAIMED) in people_of(database, pool_id)


def test_buyer_with_a_seat_leaves_the_new_one_to_the_waitlist(
    database: Database, cast: Cast
) -> None:
    pool_id = awaited(database, cast, has_seat="mia")
    placed(database, ONE_FOR_ELM)
    assert people_of(database, pool_id)[1:] == [(cast.dan.id, AssignmentState.OFFERED)]


def test_added_seats_go_to_the_waitlist(database: Database, cast: Cast) -> None:
    pool_id = awaited(database, cast, has_seat="bob")
    more = with_line(GROUP, quantity=1, act=LineAct.MORE_SEATS)
    placed(database, more)
    assert people_of(database, pool_id)[1:] == [(cast.dan.id, AssignmentState.OFFERED)]
