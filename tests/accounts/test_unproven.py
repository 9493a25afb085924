"""Accounts created by a copied claim link, with an unconfirmed address (PRODUCT.md, S13)."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.accounts import accounts, sign_up
from lms.accounts import email_and_recovery_email_changes as changes
from lms.accounts import sign_in_codes_and_password_resets as codes
from lms.accounts.accounts import NewLogin
from lms.accounts.sign_up import Person
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.errors import Conflict, Invalid
from lms.mail import link_tokens_and_codes
from lms.mail.link_tokens_and_codes import LinkOver
from lms.mail.links import Links
from lms.models.accounts import EmailPurpose, Login
from lms.models.mail import Mail
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import BASE, link_in

LINKS = Links(BASE)
PAT = read_address("pat@elm.example")
NEW = NewLogin(PAT, "Pat", password_hash="hash")


def begin(database: Database) -> int:
    with database.transaction() as session:
        return accounts.add_unproven(session, NEW, now=NOW).id


def test_address_with_a_password_or_an_account_is_rejected(database: Database, cast: Cast) -> None:
    begin(database)
    for address in (PAT, read_address(cast.dan.email)):
        with pytest.raises(Conflict), database.transaction() as session:
            accounts.add_unproven(session, NewLogin(address, "X", password_hash="h"), now=NOW)


def test_unfinished_account_without_a_password_is_taken_over(database: Database) -> None:
    with database.transaction() as session:
        accounts.add_unconfirmed(session, PAT, now=NOW)
    login_id = begin(database)
    with database.read_session() as session:
        login = session.get_one(Login, login_id)
    assert (login.name, login.password_hash, login.confirmed_at) == ("Pat", "hash", None)


def test_account_that_proves_the_address_takes_over_the_claimed_one(
    database: Database, cast: Cast
) -> None:
    login_id = begin(database)
    with database.transaction() as session:
        accounts.give_up_unproven(session, login_id, to=cast.dan.id, now=NOW)
    with database.read_session() as session:
        login = session.get_one(Login, login_id)
    assert (login.email, login.password_hash, login.merged_into) == (None, None, cast.dan.id)


def test_confirmed_account_is_never_taken_over(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        accounts.give_up_unproven(session, cast.dan.id, to=cast.alice.id, now=NOW)
    with database.read_session() as session:
        assert session.get_one(Login, cast.dan.id).merged_into is None


def prove_by_a_new_account(session: Session, _dan: int) -> None:
    accounts.add_proven(session, NewLogin(PAT, "Pat", password_hash="new"), now=NOW)


def prove_by_signing_up(session: Session, _dan: int) -> None:
    sign_up.ask_sign_up(session, PAT, links=LINKS, onward=None, now=NOW)
    session.flush()
    mail = session.scalars(select(Mail).where(Mail.kind == "confirm_sign_up")).one()
    secret = link_in(mail).rpartition("/")[2]
    person = Person("Pat", "UTC", "new", None)
    sign_up.confirm_sign_up(session, secret, person=person, now=NOW)


def prove_by_moving_another_account(session: Session, dan: int) -> None:
    purpose = EmailPurpose.CHANGE_EMAIL
    secret = link_tokens_and_codes.issue(session, dan, purpose, email=PAT.shown, now=NOW)
    changes.confirm_change(session, secret, links=LINKS, now=NOW)


WAYS: list[Callable[[Session, int], None]] = [
    prove_by_a_new_account,
    prove_by_signing_up,
    prove_by_moving_another_account,
]


@pytest.mark.parametrize("prove", WAYS)
def test_person_who_claimed_cannot_sign_in_after_the_address_is_proven(
    database: Database, cast: Cast, prove: Callable[[Session, int], None]
) -> None:
    """They know the password, have a recovery address, and requested links to their own mailbox."""
    eve = read_address("eve@else.example")
    login_id = begin(database)
    with database.transaction() as session:
        purpose = EmailPurpose.RECOVERY_ADDRESS
        secret = link_tokens_and_codes.issue(session, login_id, purpose, email=eve.shown, now=NOW)
        changes.confirm_recovery(session, secret, links=LINKS, now=NOW)
        later = [
            link_tokens_and_codes.issue(session, login_id, one, email=eve.shown, now=NOW)
            for one in (EmailPurpose.CHANGE_EMAIL, EmailPurpose.RECOVERY_ADDRESS)
        ]
    with database.transaction() as session:
        prove(session, cast.dan.id)
    for secret, use in zip(later, (changes.confirm_change, changes.confirm_recovery), strict=True):
        with pytest.raises(LinkOver), database.transaction() as session:
            use(session, secret, links=LINKS, now=NOW)
    with database.transaction() as session:
        codes.ask_new_password(session, eve, links=LINKS, now=NOW)
    with database.read_session() as session:
        kinds = session.scalars(select(Mail.kind).where(Mail.recipient == eve.shown)).all()
        assert "reset_password" not in kinds
        assert accounts.read_kept(session, PAT).password_hash != NEW.password_hash


def test_account_cannot_change_its_address_before_it_is_proven(database: Database) -> None:
    """Anything given to the address, such as an invitation to manage, would move along (S13)."""
    eve = read_address("eve@else.example")
    login_id = begin(database)
    with database.read_session() as session:
        account = accounts.read_account(session, login_id)
    with pytest.raises(Invalid) as asked, database.transaction() as session:
        changes.ask_change(session, account, eve, links=LINKS, now=NOW)
    assert asked.value.message == accounts.UNCONFIRMED
    with database.transaction() as session:  # a link from before this rule
        purpose = EmailPurpose.CHANGE_EMAIL
        secret = link_tokens_and_codes.issue(session, login_id, purpose, email=eve.shown, now=NOW)
    with pytest.raises(Invalid) as moved, database.transaction() as session:
        changes.confirm_change(session, secret, links=LINKS, now=NOW)
    assert moved.value.message == accounts.UNCONFIRMED
    with database.read_session() as session:
        assert session.get_one(Login, login_id).email == PAT.shown
