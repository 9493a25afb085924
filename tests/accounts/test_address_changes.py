"""What moves to a person's new address: email choices, and group viewing certificates."""

import pytest
from sqlalchemy import select

from lms.accounts import accounts, email_and_recovery_email_changes
from lms.certificates import certificates
from lms.certificates.certificates import Award
from lms.certificates.read_models import list_own, read_certificate
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.runtime import Carrel
from lms.mail.links import Links
from lms.mail.opt_outs import opt_out, opted_out
from lms.mailings.subscriptions import confirm, subscriptions_of
from lms.models.accounts import Login
from lms.models.certificates import CertificateKind
from lms.models.grants import Grant
from lms.models.group_showings import Attendee
from lms.people.erasure import erase
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_attendee
from tests.live.conftest import to_come
from tests.mailbox import link_in, newest
from tests.mailings.conftest import topical
from tests.mailings.mailing_fixtures import PRESENTER, SERIES, subscribe

__all__ = ["to_come", "topical"]
LINKS = Links("http://localhost")
NEW = "alice@new.example"


def secret_in(database: Database, email: str, kind: str) -> str:
    return link_in(newest(database, email, kind)).rpartition("/")[2]


def move(database: Database, cast: Cast) -> None:
    """Change the address of Alice's account."""
    with database.transaction() as session:
        alice, address = accounts.read_account(session, cast.alice.id), read_address(NEW)
        email_and_recovery_email_changes.ask_change(session, alice, address, links=LINKS, now=NOW)
    with database.transaction() as session:
        secret = secret_in(database, NEW, "change_email")
        email_and_recovery_email_changes.confirm_change(session, secret, links=LINKS, now=NOW)


def take_back(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        secret = secret_in(database, cast.alice.email, "restore_email")
        email_and_recovery_email_changes.restore(session, secret, now=NOW)


def topics(database: Database, key: str) -> list[str]:
    with database.read_session() as session:
        return [one.topic for one in subscriptions_of(session, key)]


def test_opting_out_of_reminders_applies_to_the_new_address(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        opt_out(session, cast.alice.email, now=NOW)
    move(database, cast)
    with database.read_session() as session:
        both = {cast.alice.email, NEW}
        assert opted_out(session, both) == both


@pytest.mark.usefixtures("topical")
def test_subscriptions_move_to_the_new_address_and_back(
    carrel: Carrel, database: Database, cast: Cast
) -> None:
    subscribe(carrel, cast.alice.email, SERIES)
    subscribe(carrel, cast.alice.email, PRESENTER)
    subscribe(carrel, NEW, PRESENTER, is_confirmed=False)
    move(database, cast)
    assert topics(database, NEW) == ["Calm desks", "Pat Doe"]
    assert topics(database, cast.alice.email) == []
    take_back(database, cast)
    assert topics(database, cast.alice.email) == ["Calm desks", "Pat Doe"]


@pytest.mark.usefixtures("topical")
def test_unconfirmed_subscription_stays_with_its_address(
    carrel: Carrel, database: Database, cast: Cast
) -> None:
    made = subscribe(carrel, cast.alice.email, SERIES, is_confirmed=False)
    move(database, cast)
    with database.transaction() as session:
        confirm(session, made, now=NOW)
    assert topics(database, NEW) == []
    assert topics(database, cast.alice.email) == ["Calm desks"]


@pytest.fixture
def certificate(database: Database, cast: Cast) -> str:
    """Add Alice's certificate from a group viewing that Bob hosted."""
    with database.transaction() as session:
        grant = session.scalars(select(Grant).where(Grant.login_id == cast.bob.id)).one()
        email = cast.alice.email
        seen = make_attendee(session, grant, cast.webinar_id, name="Alice", email=email)
        award = Award(cast.webinar_id, CertificateKind.GROUP, 60, NOW, attendee_id=seen.id)
        made = certificates.issue(session, award, actor=None, links=LINKS, now=NOW)
        assert made is not None
        return made


def own(database: Database, login_id: int) -> list[str]:
    with database.read_session() as session:
        return [one.public_id for one in list_own(session, login_id)]


def test_group_viewing_certificate_stays_with_its_person(
    database: Database, cast: Cast, certificate: str
) -> None:
    move(database, cast)
    assert own(database, cast.alice.id) == [certificate]
    with database.transaction() as session:
        session.get_one(Login, cast.dan.id).email_key = cast.alice.email
    assert own(database, cast.dan.id) == []


def test_undoing_the_change_moves_back_only_the_persons_own_certificates(
    database: Database, cast: Cast, certificate: str
) -> None:
    move(database, cast)
    take_back(database, cast)
    assert own(database, cast.alice.id) == [certificate]
    with database.transaction() as session:
        row = session.scalars(select(Attendee)).one()
        row.email = row.email_key = NEW
    move(database, cast)
    assert own(database, cast.alice.id) == [certificate]
    take_back(database, cast)
    assert own(database, cast.alice.id) == []


def test_erased_person_is_not_on_a_certificate_of_their_former_address(
    database: Database, cast: Cast, certificate: str
) -> None:
    move(database, cast)
    with database.transaction() as session:
        erase(session, cast.alice.id, hooks=(), links=LINKS, actor=None, now=NOW)
        assert read_certificate(session, certificate).holder == ""
        assert "alice" not in session.scalars(select(Attendee)).one().email
