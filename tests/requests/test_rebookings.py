"""Switching from a canceled or moved webinar to another, for people who bought nothing."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from lms.access.decision_facts import load_case
from lms.access.policy import ADMITTING, Action, decide
from lms.catalog import webinars
from lms.core.database import Database
from lms.core.errors import NotFound
from lms.core.runtime import Carrel
from lms.live.change_notices import NewDate
from lms.models.catalog import Webinar
from lms.models.grants import Grant
from lms.models.live import Registration
from lms.models.organizations import Organization
from lms.requests import rebookings
from lms.sales import orders
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_webinar
from tests.live.upcoming_webinar import DAY, HELD_AT, LINKS, go_round, kinds, tell_changes
from tests.mailbox import newest
from tests.sales.order_fixtures import SEAT, grants, placed, with_line
from tests.seat_rows import add_pool, seat
from tests.visitor import Visitor

OTHER = "mending-spines"
THIRD = "paper-and-glue"
GONE = "long-past"


@pytest.fixture
def to_come(carrel: Carrel, to_come: Cast, database: Database) -> Cast:
    """Return the cast, with one more upcoming webinar and one past webinar."""
    with database.transaction() as session:
        make_webinar(session, OTHER, held_at=HELD_AT + 9 * DAY)
        make_webinar(session, GONE)
    go_round(carrel)
    return to_come


def cancel(database: Database, carrel: Carrel, slug: str) -> None:
    with database.transaction() as session:
        webinars.cancel_webinar(session, slug, said="The hall is shut.", actor=None, now=NOW)
    tell_changes(carrel)


def postpone(database: Database, carrel: Carrel, slug: str) -> None:
    with database.transaction() as session:
        new = NewDate(HELD_AT + 2 * DAY, "The presenter travels.")
        webinars.postpone_webinar(session, slug, new, actor=None, now=NOW)
    tell_changes(carrel)


def coming(database: Database, slug: str) -> set[int]:
    with database.read_session() as session:
        rows = session.scalars(
            select(Registration.login_id)
            .join(Webinar, Webinar.id == Registration.webinar_id)
            .where(Webinar.slug == slug, Registration.left_at.is_(None))
        )
        return set(rows)


def holds(database: Database, login_id: int, slug: str) -> bool:
    """Return whether a person can attend a webinar or watch it later."""
    with database.read_session() as session:
        webinar_id = session.scalars(select(Webinar.id).where(Webinar.slug == slug)).one()
        case = load_case(session, login_id=login_id, webinar_id=webinar_id)
    return decide(case.login, case.webinar, Action.HANDOUT, NOW).code in ADMITTING


def test_unchanged_webinar_offers_no_switch(client: Visitor, to_come: Cast) -> None:
    for who in (to_come.alice, to_come.bob):
        client.sign_in(who.id)
        page = client.get(f"/webinars/{to_come.slug}").text
        assert "Switch to this webinar" not in page
        data = {"other": OTHER}
        assert client.post(f"/webinars/{to_come.slug}/choose", data=data).status_code == 404


@pytest.mark.parametrize("who", ["dan", "carol"])
def test_unregistered_person_cannot_switch(
    client: Visitor, carrel: Carrel, to_come: Cast, database: Database, who: str
) -> None:
    cancel(database, carrel, to_come.slug)
    client.sign_in(getattr(to_come, who).id)
    page = client.get(f"/webinars/{to_come.slug}").text
    assert "This webinar was canceled" in page
    assert "Switch to this webinar" not in page
    data = {"other": OTHER}
    assert client.post(f"/webinars/{to_come.slug}/choose", data=data).status_code == 404


def test_person_with_a_pass_is_registered_for_the_other_webinar(
    client: Visitor, carrel: Carrel, to_come: Cast, database: Database
) -> None:
    cancel(database, carrel, to_come.slug)
    client.sign_in(to_come.bob.id)
    page = client.get(f"/webinars/{to_come.slug}").text
    assert "The hall is shut." in page
    assert "Mending spines" in page
    answer = client.post(f"/webinars/{to_come.slug}/choose", data={"other": OTHER})
    assert answer.location == f"/webinars/{OTHER}"
    assert coming(database, OTHER) == {to_come.bob.id}
    assert to_come.bob.id not in coming(database, to_come.slug)
    assert kinds(database, "bob@example.org") == [
        "live_registered",
        "live_canceled",
        "live_registered",
    ]


def test_access_given_by_our_team_moves_to_the_chosen_webinar(
    client: Visitor, carrel: Carrel, to_come: Cast, database: Database
) -> None:
    cancel(database, carrel, to_come.slug)
    client.sign_in(to_come.alice.id)
    client.post(f"/webinars/{to_come.slug}/choose", data={"other": OTHER})
    assert holds(database, to_come.alice.id, OTHER)
    with database.read_session() as session:
        lines = session.scalars(select(Grant).where(Grant.login_id == to_come.alice.id)).all()
        other_id = session.scalar(select(Webinar.id).where(Webinar.slug == OTHER))
        assert [line.webinar_id for line in lines] == [other_id]
    # it can be exchanged only once
    data = {"other": OTHER}
    assert client.post(f"/webinars/{to_come.slug}/choose", data=data).status_code == 404


def test_access_that_replaced_a_removed_webinar_moves_too(
    client: Visitor, carrel: Carrel, to_come: Cast, database: Database
) -> None:
    """The access comes from an order whose payer chooses only for the removed webinar."""
    with database.transaction() as session:
        make_webinar(session, THIRD)
    bought = placed(database, with_line(SEAT, covers=f"webinar:{THIRD}"))
    with database.transaction() as session:
        line = orders.lines_of(session, bought.id)[0]
        mine = session.scalars(select(Grant).where(Grant.login_id == to_come.alice.id)).one()
        mine.order_line_id = line.id
    cancel(database, carrel, to_come.slug)
    client.sign_in(to_come.alice.id)
    client.post(f"/webinars/{to_come.slug}/choose", data={"other": OTHER})
    assert holds(database, to_come.alice.id, OTHER)


@pytest.mark.parametrize("other", [GONE, "nothing", "", "reading-rooms"])
def test_only_an_upcoming_webinar_can_be_chosen(
    client: Visitor, carrel: Carrel, to_come: Cast, database: Database, other: str
) -> None:
    cancel(database, carrel, to_come.slug)
    client.sign_in(to_come.alice.id)
    client.post(f"/webinars/{to_come.slug}/choose", data={"other": other})
    assert "Choose an upcoming webinar." in client.get("/webinars").text
    assert to_come.alice.id in coming(database, to_come.slug)


def test_only_one_of_two_concurrent_choices_succeeds(
    carrel: Carrel, to_come: Cast, database: Database
) -> None:
    with database.transaction() as session:
        make_webinar(session, THIRD, held_at=HELD_AT + 10 * DAY)
    cancel(database, carrel, to_come.slug)
    ready, refused = Barrier(2), []

    def choose(other: str) -> None:
        ready.wait()
        try:
            with database.transaction() as session:
                rebookings.choose(
                    session, to_come.slug, other, to_come.alice.id, links=LINKS, now=NOW
                )
        except NotFound:
            refused.append(other)

    choosers = [Thread(target=choose, args=(other,)) for other in (OTHER, THIRD)]
    for chooser in choosers:
        chooser.start()
    for chooser in choosers:
        chooser.join()
    [lost] = refused
    [chosen] = {OTHER, THIRD} - {lost}
    assert coming(database, chosen) == {to_come.alice.id}
    assert coming(database, lost) == set()
    with database.read_session() as session:
        held = select(Webinar.slug).join(Grant, Grant.webinar_id == Webinar.id)
        assert session.scalars(held.where(Grant.login_id == to_come.alice.id)).all() == [chosen]


def test_moved_webinar_offers_a_switch_until_it_starts(
    client: Visitor, carrel: Carrel, to_come: Cast, database: Database, clock: Clock
) -> None:
    postpone(database, carrel, to_come.slug)
    client.sign_in(to_come.alice.id)
    page = client.get(f"/webinars/{to_come.slug}").text
    assert "This webinar has a new date" in page
    assert "We moved it from Thursday, March 5, 2026, 10:00\u00a0AM\u00a0ET to" in page
    assert "The presenter travels." in page
    assert "Switch to this webinar" in page
    clock.set(HELD_AT + 2 * DAY)
    assert "Switch to this webinar" not in client.get(f"/webinars/{to_come.slug}").text


def test_person_who_registered_after_the_move_is_offered_no_switch(
    client: Visitor, carrel: Carrel, to_come: Cast, database: Database, clock: Clock
) -> None:
    postpone(database, carrel, to_come.slug)
    clock.set(NOW + timedelta(hours=1))
    with database.transaction() as session:
        session.get_one(Webinar, to_come.webinar_id).free = True
    client.sign_in(to_come.dan.id)
    client.post(f"/webinars/{to_come.slug}/register")
    assert "Switch to this webinar" not in client.get(f"/webinars/{to_come.slug}").text


def test_organization_seat_does_not_move(
    client: Visitor, carrel: Carrel, to_come: Cast, database: Database
) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, to_come.organization_id)
        seat(session, add_pool(session, elm, to_come.webinar_id), to_come.dan.id)
    cancel(database, carrel, to_come.slug)
    client.sign_in(to_come.dan.id)
    page = client.get(f"/webinars/{to_come.slug}").text
    assert "Your options" in page
    client.post(f"/webinars/{to_come.slug}/choose", data={"other": OTHER})
    assert "The organization owns the seat" in client.get("/webinars").text
    assert coming(database, OTHER) == set()


def test_staff_move_a_registration_and_undo_it(
    client: Visitor, carrel: Carrel, to_come: Cast, database: Database
) -> None:
    here = f"/staff/webinars/{to_come.slug}/registrants"
    client.sign_in(to_come.ada.id)
    page = client.get(here).text
    assert "Alice" in page
    assert "Bob" in page
    data = {"login": to_come.alice.public_id, "other": OTHER}
    moved = client.post(f"{here}/move", data=data)
    assert moved.status_code == 303
    page = client.get(moved.location).text
    assert "Alice was moved to" in page
    assert coming(database, OTHER) == {to_come.alice.id}
    assert holds(database, to_come.alice.id, OTHER)
    assert not holds(database, to_come.alice.id, to_come.slug)
    assert newest(database, "alice@example.org").kind == "live_registered"
    client.sign_in(to_come.ada.id)
    client.post(f"{here}/undo", data={"login": to_come.alice.public_id})
    assert coming(database, OTHER) == set()
    assert to_come.alice.id in coming(database, to_come.slug)
    assert holds(database, to_come.alice.id, to_come.slug)
    assert not holds(database, to_come.alice.id, OTHER)
    client.sign_in(to_come.ada.id)
    again = client.post(f"{here}/undo", data={"login": to_come.alice.public_id})
    assert "t moved" in client.get(again.location).text


def test_staff_cannot_move_a_buyer_of_the_webinar(
    client: Visitor, carrel: Carrel, to_come: Cast, database: Database
) -> None:
    order = placed(database, SEAT, at=NOW - timedelta(hours=1))
    go_round(carrel)
    client.sign_in(to_come.ada.id)
    here = f"/staff/webinars/{to_come.slug}/registrants"
    answer = client.post(f"{here}/move", data={"login": to_come.dan.public_id, "other": OTHER})
    assert "This webinar was bought." in client.get(answer.location).text
    [grant] = grants(database, order)
    assert grant.slug == to_come.slug


def test_move_away_from_a_canceled_webinar_can_be_undone(
    client: Visitor, carrel: Carrel, to_come: Cast, database: Database
) -> None:
    cancel(database, carrel, to_come.slug)
    client.sign_in(to_come.ada.id)
    here = f"/staff/webinars/{to_come.slug}/registrants"
    for who in (to_come.alice, to_come.bob):
        client.post(f"{here}/move", data={"login": who.public_id, "other": OTHER})
    assert coming(database, OTHER) == {to_come.alice.id, to_come.bob.id}
    for who in (to_come.alice, to_come.bob):
        client.post(f"{here}/undo", data={"login": who.public_id})
    assert coming(database, OTHER) == set()
    assert coming(database, to_come.slug) == {to_come.alice.id, to_come.bob.id}


def test_move_cannot_be_undone_after_the_other_webinar_was_held(
    client: Visitor, carrel: Carrel, to_come: Cast, database: Database, clock: Clock
) -> None:
    client.sign_in(to_come.ada.id)
    here = f"/staff/webinars/{to_come.slug}/registrants"
    client.post(f"{here}/move", data={"login": to_come.bob.public_id, "other": OTHER})
    clock.set(HELD_AT + 9 * DAY)
    client.sign_in(to_come.ada.id)
    answer = client.post(f"{here}/undo", data={"login": to_come.bob.public_id})
    assert "be undone" in client.get(answer.location).text
    assert coming(database, OTHER) == {to_come.bob.id}


def test_move_cannot_be_undone_after_the_access_moved_again(
    client: Visitor, carrel: Carrel, to_come: Cast, database: Database
) -> None:
    with database.transaction() as session:
        make_webinar(session, THIRD, held_at=HELD_AT + 10 * DAY)
    client.sign_in(to_come.ada.id)
    here = f"/staff/webinars/{to_come.slug}/registrants"
    client.post(f"{here}/move", data={"login": to_come.alice.public_id, "other": OTHER})
    client.post(
        f"/staff/webinars/{OTHER}/registrants/move",
        data={"login": to_come.alice.public_id, "other": THIRD},
    )
    answer = client.post(f"{here}/undo", data={"login": to_come.alice.public_id})
    assert "was exchanged for another one" in client.get(answer.location).text
    assert to_come.alice.id not in coming(database, to_come.slug)
    assert coming(database, THIRD) == {to_come.alice.id}
    assert holds(database, to_come.alice.id, THIRD)
