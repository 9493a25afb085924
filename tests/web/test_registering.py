"""Registering free for a webinar to come that one's pass or contract covers (A6)."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lms.db import Database
from lms.models.catalogue import Webinar
from lms.models.orders import Registration, Sale
from lms.models.people import Organisation
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.seating import add_pool, seat
from tests.visitor import Visitor
from tests.web.letters import letters, newest


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


@pytest.mark.parametrize("who", ["carol", "dan", "alice"])
def test_who_has_no_pass_is_offered_no_registration(
    client: Visitor, to_come: Cast, database: Database, who: str
) -> None:
    client.sign_in(getattr(to_come, who).id)
    assert "register free" not in client.get(f"/webinars/{to_come.slug}").text
    assert client.post(f"/webinars/{to_come.slug}/register").status_code == 403
    assert count(database) == 0


def test_a_holder_registers_at_no_charge_and_without_an_order(
    client: Visitor, to_come: Cast, database: Database
) -> None:
    client.sign_in(to_come.bob.id)
    page = f"/webinars/{to_come.slug}"
    assert "Included: register free" in client.get(page).text
    assert client.post(f"{page}/register").status_code == 303
    assert "You are registered" in client.get(page).text
    letter = newest(database, "bob@example.org")
    assert letter.kind == "registered"
    assert f"http://localhost{page}" in letter.text
    assert count(database) == 1
    with database.read_session() as session:
        assert session.scalars(select(Sale)).all() == []


def test_a_seat_of_a_contract_is_included_and_a_seat_for_good_needs_none(
    client: Visitor, to_come: Cast, database: Database
) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organisation, to_come.organisation_id)
        seat(session, add_pool(session, elm, ends_at=NOW + timedelta(days=90)), to_come.dan.id)
        seat(session, add_pool(session, elm, to_come.webinar_id), to_come.carol.id)
    page = f"/webinars/{to_come.slug}"
    for who, may in ((to_come.dan, True), (to_come.carol, False)):
        client.sign_in(who.id)
        assert ("Included: register free" in client.get(page).text) is may
        assert client.post(f"{page}/register").status_code == (303 if may else 403)
    assert count(database) == 1


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
    assert client.post(f"{page}/register/letter").status_code == 404
    client.post(f"{page}/register")
    assert "Send it again" in client.get(page).text
    assert client.post(f"{page}/register/letter").status_code == 303
    assert len(letters(database, "bob@example.org")) == 2


def test_what_was_held_needs_no_registration(
    client: Visitor, cast: Cast, database: Database
) -> None:
    client.sign_in(cast.bob.id)
    assert "register free" not in client.get(f"/webinars/{cast.slug}").text
    assert client.post(f"/webinars/{cast.slug}/register").status_code == 403


def test_a_webinar_that_never_was_is_not_found(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.bob.id)
    assert client.post("/webinars/none/register").status_code == 404


def test_a_holder_is_told_so_beside_the_prices(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.alice.id)
    assert "there is nothing to pay" in client.get(f"/webinars/{cast.slug}").text
    client.sign_in(cast.dan.id)
    assert "there is nothing to pay" not in client.get(f"/webinars/{cast.slug}").text
