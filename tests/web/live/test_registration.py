"""Registering free for a webinar to come that one holds (A6), and going away again."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lms.catalog import webinars
from lms.core.database import Database
from lms.models.catalog import Webinar
from lms.models.live import Registration
from lms.models.orders import Order
from lms.models.organizations import Organization
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.mailbox import letters, newest
from tests.seat_rows import add_pool, seat
from tests.visitor import Visitor


@pytest.fixture(autouse=True)
def _now(clock: Clock) -> None:
    """The clock stands still at NOW."""


@pytest.fixture
def to_come(cast: Cast, database: Database) -> Cast:
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).held_at = NOW + timedelta(days=3)
    return cast


def count(database: Database) -> int:
    with database.read_session() as session:
        return session.scalar(select(func.count()).select_from(Registration)) or 0


def test_a_stranger_signs_in_first(client: Visitor, to_come: Cast, database: Database) -> None:
    assert client.post(f"/webinars/{to_come.slug}/register").status_code == 403
    assert count(database) == 0


@pytest.mark.parametrize("who", ["carol", "dan"])
def test_who_holds_nothing_is_offered_no_registration(
    client: Visitor, to_come: Cast, database: Database, who: str
) -> None:
    client.sign_in(getattr(to_come, who).id)
    assert "register for free" not in client.get(f"/webinars/{to_come.slug}").text
    assert client.post(f"/webinars/{to_come.slug}/register").status_code == 403
    assert count(database) == 0


def test_a_holder_registers_at_no_charge_and_without_an_order(
    client: Visitor, to_come: Cast, database: Database
) -> None:
    client.sign_in(to_come.bob.id)
    page = f"/webinars/{to_come.slug}"
    assert "Included: register for free" in client.get(page).text
    assert client.post(f"{page}/register").status_code == 303
    assert "re registered" in client.get(page).text
    letter = newest(database, "bob@example.org")
    assert letter.kind == "live_registered"
    assert f"http://localhost{page}" in letter.text
    assert count(database) == 1
    with database.read_session() as session:
        assert session.scalars(select(Order)).all() == []


def test_a_seat_of_a_contract_is_included_and_a_seat_for_good_needs_none(
    client: Visitor, to_come: Cast, database: Database
) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, to_come.organization_id)
        seat(session, add_pool(session, elm, ends_at=NOW + timedelta(days=90)), to_come.dan.id)
        seat(session, add_pool(session, elm, to_come.webinar_id), to_come.carol.id)
    page = f"/webinars/{to_come.slug}"
    client.sign_in(to_come.dan.id)
    assert "Included: register for free" in client.get(page).text
    client.sign_in(to_come.carol.id)
    assert "re registered" in client.get(page).text


def test_who_bought_the_webinar_is_registered_by_that(client: Visitor, to_come: Cast) -> None:
    client.sign_in(to_come.alice.id)
    page = client.get(f"/webinars/{to_come.slug}").text
    assert "re registered" in page
    assert "register for free" not in page


def test_anybody_registers_for_a_free_webinar(
    client: Visitor, to_come: Cast, database: Database
) -> None:
    with database.transaction() as session:
        session.get_one(Webinar, to_come.webinar_id).free = True
    client.sign_in(to_come.dan.id)
    page = f"/webinars/{to_come.slug}"
    assert "Included: register for free" in client.get(page).text
    assert client.post(f"{page}/register").status_code == 303
    assert "re registered" in client.get(page).text


@pytest.mark.parametrize("who", ["bob", "alice"])
def test_who_cannot_come_says_so_and_may_come_after_all(
    client: Visitor, to_come: Cast, database: Database, who: str
) -> None:
    person = getattr(to_come, who)
    client.sign_in(person.id)
    page = f"/webinars/{to_come.slug}"
    client.post(f"{page}/register")
    assert client.post(f"{page}/register/leave").status_code == 303
    assert "You said you can\N{RIGHT SINGLE QUOTATION MARK}t attend" in client.get(page).text
    assert newest(database, person.email).kind == "live_unregistered"
    assert client.post(f"{page}/register").status_code == 303
    assert "re registered" in client.get(page).text
    assert [one.kind for one in letters(database, person.email)][-2:] == [
        "live_unregistered",
        "live_registered",
    ]
    assert count(database) == 1


def test_nobody_goes_and_comes_back_without_end(
    client: Visitor, to_come: Cast, database: Database
) -> None:
    client.sign_in(to_come.bob.id)
    page = f"/webinars/{to_come.slug}"
    answers = []
    for _ in range(6):
        client.post(f"{page}/register")
        answers.append(client.post(f"{page}/register/leave").status_code)
    assert answers == [303, 303, 303, 303, 429, 429]
    assert len(letters(database, "bob@example.org")) == 9


def test_nobody_leaves_what_they_do_not_hold(client: Visitor, to_come: Cast) -> None:
    client.sign_in(to_come.dan.id)
    assert client.post(f"/webinars/{to_come.slug}/register/leave").status_code == 403


def test_registering_twice_writes_once(client: Visitor, to_come: Cast, database: Database) -> None:
    client.sign_in(to_come.bob.id)
    for _ in range(2):
        assert client.post(f"/webinars/{to_come.slug}/register").status_code == 303
    assert len(letters(database, "bob@example.org")) == 1


def test_the_letter_is_sent_again_to_who_registered_alone(
    client: Visitor, to_come: Cast, database: Database
) -> None:
    client.sign_in(to_come.bob.id)
    page = f"/webinars/{to_come.slug}"
    assert client.post(f"{page}/register/email").status_code == 404
    client.post(f"{page}/register")
    assert "Resend email" in client.get(page).text
    assert client.post(f"{page}/register/email").status_code == 303
    assert len(letters(database, "bob@example.org")) == 2


def test_nobody_is_written_to_again_about_a_webinar_that_was_canceled(
    client: Visitor, to_come: Cast, database: Database
) -> None:
    client.sign_in(to_come.bob.id)
    client.post(f"/webinars/{to_come.slug}/register")
    with database.transaction() as session:
        webinars.cancel_webinar(session, to_come.slug, actor=None, now=NOW)
    assert client.post(f"/webinars/{to_come.slug}/register/email").status_code == 403
    assert [one.kind for one in letters(database, "bob@example.org")] == ["live_registered"]


def test_what_was_held_needs_no_registration(
    client: Visitor, cast: Cast, database: Database
) -> None:
    client.sign_in(cast.bob.id)
    assert "register for free" not in client.get(f"/webinars/{cast.slug}").text
    assert client.post(f"/webinars/{cast.slug}/register").status_code == 403


def test_a_webinar_that_never_was_is_not_found(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.bob.id)
    assert client.post("/webinars/none/register").status_code == 404


def test_once_the_door_is_open_it_alone_counts(
    client: Visitor, to_come: Cast, clock: Clock
) -> None:
    page = f"/webinars/{to_come.slug}"
    clock.set(NOW + timedelta(days=3) - timedelta(minutes=61))
    client.sign_in(to_come.bob.id)
    assert "Register for free" in client.get(page).text
    clock.set(NOW + timedelta(days=3) - timedelta(minutes=60))
    assert "Register for free" not in client.get(page).text
