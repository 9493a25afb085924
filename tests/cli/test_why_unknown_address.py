"""carrel why for addresses without an account, and the staff page for the same."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from lms.access.explanations import SEAT_RESERVED
from lms.core.database import Database
from lms.mail import outbox
from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.catalog import Webinar
from lms.models.seats import WaitingEntry
from tests.cast import Cast
from tests.cli.command_runner import Ran, Shell
from tests.clock import NOW, Clock
from tests.seats.pool_fixtures import (
    YEAR,
    Home,
    invite,
    invite_by_mail,
    make_home,
    people,
    take_seat,
)
from tests.visitor import Visitor

EVE = "eve@elm.example"
Why = Callable[..., Ran]


@pytest.fixture
def home(database: Database, clock: Clock) -> Home:
    """Two seats for one webinar."""
    clock.set(NOW)
    return make_home(database, 2)


@pytest.fixture
def why(carrel_command: Shell, database: Database, home: Home) -> Why:
    with database.read_session() as session:
        slug = session.scalars(select(Webinar.slug).where(Webinar.id == home.webinar_id)).one()

    def ask(who: str, *options: str) -> Ran:
        return carrel_command("why", who, slug, *options, "--json")

    return ask


def rows(database: Database) -> tuple[int, ...]:
    with database.read_session() as session:
        return tuple(
            session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Login, AuditEntry)
        )


def test_address_with_nothing_gets_no_grant(why: Why, database: Database) -> None:
    before = rows(database)
    ran = why(EVE)
    assert (ran.code, ran.answer["code"], ran.answer["login"]) == (0, "NO_GRANT", None)
    assert ran.answer["candidates"] == []
    assert rows(database) == before


def test_invited_address_gets_its_unclaimed_invitation(
    why: Why, database: Database, home: Home
) -> None:
    invite_by_mail(database, home, EVE)
    told = why("Eve@Elm.example").answer
    assert (told["code"], told["next_step"]) == ("INVITE_NOT_CLAIMED", "claim")
    assert SEAT_RESERVED.removeprefix("%(organization)s") in told["sentence"]


def test_answer_for_an_invited_address_depends_on_the_date(
    carrel_command: Shell, database: Database, clock: Clock
) -> None:
    clock.set(NOW)
    home = make_home(database, 2, YEAR)
    invite_by_mail(database, home, EVE)
    with database.read_session() as session:
        slug = session.scalars(select(Webinar.slug).where(Webinar.id == home.webinar_id)).one()

    def code_at(moment: datetime) -> str:
        told = carrel_command("why", EVE, slug, "--at", moment.isoformat(), "--json").answer
        return str(told["code"])

    assert code_at(NOW) == "INVITE_NOT_CLAIMED"
    assert code_at(YEAR.starts_at - timedelta(days=1)) == "NOT_STARTED"
    assert code_at(NOW + timedelta(days=800)) == "CONTRACT_LAPSED"


def test_address_on_the_waitlist_gets_waitlisted(why: Why, database: Database, home: Home) -> None:
    for login in people(database, 2):
        take_seat(database, home.pool_id, login)
    with database.transaction() as session:
        session.add(WaitingEntry(pool_id=home.pool_id, email=EVE, email_key=EVE, joined_at=NOW))
    assert why(EVE).answer["code"] == "POOL_FULL_WAITLISTED"


def test_bounced_address_is_shown_with_the_decision(
    why: Why, database: Database, home: Home, client: Visitor, cast: Cast
) -> None:
    invite(database, home.pool_id, EVE)
    with database.transaction() as session:
        letter = outbox.post(
            session,
            kind="no_account",
            to=EVE,
            login_id=None,
            subject="Hello",
            values={"action_url": "http://localhost/"},
            now=NOW,
        )
        letter.bounced_at, letter.failure = NOW, "No such mailbox"
    told = why(EVE).answer
    assert (told["code"], told["bounced_at"]) == ("INVITE_NOT_CLAIMED", "2026-03-02T15:00:00Z")
    client.sign_in(cast.ada.id)
    with database.read_session() as session:
        slug = session.scalars(select(Webinar.slug).where(Webinar.id == home.webinar_id)).one()
    page = client.get(
        "/staff/people/why", query_string={"address": EVE, "webinar": slug, "action": "recording"}
    ).text
    assert 'data-testid="bounced"' in page


def test_login_can_be_named_by_its_id(why: Why, cast: Cast) -> None:
    assert why(cast.bob.public_id).answer["login"] == cast.bob.public_id


@pytest.mark.parametrize("who", ["eve", "eve@", "@elm.example", "a b@elm.example", "", "0" * 26])
def test_neither_address_nor_login_is_not_found(why: Why, who: str) -> None:
    assert why(who).code == 3


def test_unknown_webinar_is_not_found(carrel_command: Shell, cast: Cast) -> None:
    assert carrel_command("why", EVE, "no-such-webinar", "--json").code == 3
