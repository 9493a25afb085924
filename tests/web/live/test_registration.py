"""Free registration for an upcoming webinar that a person has access to (A6), and canceling it."""

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
    """Stop the clock at NOW."""


@pytest.fixture
def to_come(cast: Cast, database: Database) -> Cast:
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).held_at = NOW + timedelta(days=3)
    return cast


def count(database: Database) -> int:
    with database.read_session() as session:
        return session.scalar(select(func.count()).select_from(Registration)) or 0


def test_signed_out_visitor_cannot_register(
    client: Visitor, to_come: Cast, database: Database
) -> None:
    assert client.post(f"/webinars/{to_come.slug}/register").status_code == 403
    assert count(database) == 0


@pytest.mark.parametrize("who", ["carol", "dan"])
def test_person_without_access_cannot_register(
    client: Visitor, to_come: Cast, database: Database, who: str
) -> None:
    client.sign_in(getattr(to_come, who).id)
    assert "register for free" not in client.get(f"/webinars/{to_come.slug}").text
    assert client.post(f"/webinars/{to_come.slug}/register").status_code == 403
    assert count(database) == 0


def test_person_with_access_registers_at_no_charge_without_an_order(
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


def test_contract_seat_includes_registration_and_permanent_seat_registers(
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


def test_buyer_of_the_webinar_is_registered(client: Visitor, to_come: Cast) -> None:
    client.sign_in(to_come.alice.id)
    page = client.get(f"/webinars/{to_come.slug}").text
    assert "re registered" in page
    assert "register for free" not in page


def test_anyone_can_register_for_a_free_webinar(
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
def test_person_can_decline_and_register_again(
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


def test_leaving_and_registering_again_is_rate_limited(
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


def test_person_without_access_cannot_leave(client: Visitor, to_come: Cast) -> None:
    client.sign_in(to_come.dan.id)
    assert client.post(f"/webinars/{to_come.slug}/register/leave").status_code == 403


def test_registering_twice_sends_one_email(
    client: Visitor, to_come: Cast, database: Database
) -> None:
    client.sign_in(to_come.bob.id)
    for _ in range(2):
        assert client.post(f"/webinars/{to_come.slug}/register").status_code == 303
    assert len(letters(database, "bob@example.org")) == 1


def test_email_is_resent_only_to_a_registered_person(
    client: Visitor, to_come: Cast, database: Database
) -> None:
    client.sign_in(to_come.bob.id)
    page = f"/webinars/{to_come.slug}"
    assert client.post(f"{page}/register/email").status_code == 404
    client.post(f"{page}/register")
    assert "Resend email" in client.get(page).text
    assert client.post(f"{page}/register/email").status_code == 303
    assert len(letters(database, "bob@example.org")) == 2


def test_email_is_not_resent_for_a_canceled_webinar(
    client: Visitor, to_come: Cast, database: Database
) -> None:
    client.sign_in(to_come.bob.id)
    client.post(f"/webinars/{to_come.slug}/register")
    with database.transaction() as session:
        webinars.cancel_webinar(session, to_come.slug, actor=None, now=NOW)
    assert client.post(f"/webinars/{to_come.slug}/register/email").status_code == 403
    assert [one.kind for one in letters(database, "bob@example.org")] == ["live_registered"]


def test_past_webinar_has_no_registration(client: Visitor, cast: Cast, database: Database) -> None:
    client.sign_in(cast.bob.id)
    assert "register for free" not in client.get(f"/webinars/{cast.slug}").text
    assert client.post(f"/webinars/{cast.slug}/register").status_code == 403


def test_unknown_webinar_is_not_found(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.bob.id)
    assert client.post("/webinars/none/register").status_code == 404


def test_registration_is_not_offered_once_people_can_join(
    client: Visitor, to_come: Cast, clock: Clock
) -> None:
    page = f"/webinars/{to_come.slug}"
    clock.set(NOW + timedelta(days=3) - timedelta(minutes=61))
    client.sign_in(to_come.bob.id)
    assert "Register for free" in client.get(page).text
    clock.set(NOW + timedelta(days=3) - timedelta(minutes=60))
    assert "Register for free" not in client.get(page).text
