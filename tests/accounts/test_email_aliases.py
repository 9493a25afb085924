"""Additional addresses of a login."""

import pytest
from sqlalchemy import select

from lms.accounts import (
    accounts,
    browser_sessions,
    email_aliases,
    email_and_recovery_email_changes,
    sign_in_codes_and_password_resets,
    sign_up,
)
from lms.accounts.accounts import NewLogin
from lms.accounts.browser_sessions import Browser
from lms.accounts.email_aliases import Alias
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.errors import Conflict, NotFound
from lms.mail import link_tokens_and_codes
from lms.mail.link_tokens_and_codes import LinkOver, WrongCode
from lms.mail.links import Links
from lms.models.accounts import EmailPurpose, Login, LoginAlias, SignIn
from lms.models.audit import AuditEntry
from lms.models.mail import Mail
from lms.people import login_merges
from tests.cast import Cast, Person
from tests.clock import NOW

OTHER = "alice@other.example"
LINKS = Links("http://localhost")


def _add(database: Database, person: Person, email: str = OTHER) -> Alias:
    with database.transaction() as session:
        return email_aliases.add_alias(session, person.id, read_address(email), actor=None, now=NOW)


def _letters(database: Database) -> list[tuple[str, str]]:
    with database.read_session() as session:
        return [
            (one.kind, one.recipient) for one in session.scalars(select(Mail).order_by(Mail.id))
        ]


def test_alias_finds_the_login_in_any_case(database: Database, cast: Cast) -> None:
    _add(database, cast.alice)
    with database.read_session() as session:
        assert accounts.find_by_email(session, " Alice@OTHER.example").id == cast.alice.id


def test_alias_of_a_merged_login_finds_the_kept_login(database: Database, cast: Cast) -> None:
    _add(database, cast.alice)
    with database.transaction() as session:
        login_merges.merge(
            session,
            kept=cast.dan.public_id,
            merged=cast.alice.public_id,
            hooks=(),
            actor=None,
            now=NOW,
        )
        assert accounts.find_by_email(session, OTHER).id == cast.dan.id
        assert [one.email for one in email_aliases.list_for(session, cast.dan.id)] == [OTHER]


def test_alias_signs_in_with_the_logins_password(database: Database, cast: Cast) -> None:
    _add(database, cast.alice)
    with database.transaction() as session:
        session.get_one(Login, cast.alice.id).password_hash = "a hash"  # noqa: S105
        session.flush()
        kept = accounts.read_kept(session, read_address(OTHER))
    assert (kept.login_id, kept.password_hash) == (cast.alice.id, "a hash")


def test_code_is_sent_to_the_alias_as_stored(database: Database, cast: Cast) -> None:
    _add(database, cast.alice)
    with database.transaction() as session:
        asked = read_address("\uff21lice@other.example")
        sign_in_codes_and_password_resets.ask_code(
            session, asked, links=LINKS, onward=None, now=NOW
        )
    assert _letters(database) == [("sign_in_code", OTHER)]


def test_password_reset_is_sent_to_every_address(database: Database, cast: Cast) -> None:
    _add(database, cast.alice)
    with database.transaction() as session:
        sign_in_codes_and_password_resets.ask_new_password(
            session, read_address(OTHER), links=LINKS, now=NOW
        )
    assert _letters(database) == [
        ("reset_password", cast.alice.email),
        ("reset_password", OTHER),
    ]


def test_alias_cannot_be_used_for_a_second_account(database: Database, cast: Cast) -> None:
    _add(database, cast.alice)
    address = read_address(OTHER)
    with database.transaction() as session:
        sign_up.ask_sign_up(session, address, links=LINKS, onward=None, now=NOW)
    assert _letters(database) == [("account_exists", OTHER)]
    with pytest.raises(Conflict), database.transaction() as session:
        accounts.add_login(session, NewLogin(address, "Alice"), actor=None, now=NOW)


def test_another_person_cannot_change_their_address_to_an_alias(
    database: Database, cast: Cast
) -> None:
    _add(database, cast.alice)
    with database.transaction() as session:
        bob = accounts.read_account(session, cast.bob.id)
        email_and_recovery_email_changes.ask_change(
            session, bob, read_address(OTHER), links=LINKS, now=NOW
        )
    assert _letters(database) == [("account_exists", OTHER)]


def test_person_can_make_their_alias_the_primary_address(database: Database, cast: Cast) -> None:
    _add(database, cast.alice)
    with database.transaction() as session:
        alice = accounts.read_account(session, cast.alice.id)
        email_and_recovery_email_changes.ask_change(
            session, alice, read_address(OTHER), links=LINKS, now=NOW
        )
    with database.read_session() as session:
        text = session.scalars(select(Mail.text)).one()
    secret = text.split("/account/email/confirm/")[1].split()[0]
    with database.transaction() as session:
        assert (
            email_and_recovery_email_changes.confirm_change(session, secret, links=LINKS, now=NOW)
            == OTHER
        )
        assert session.scalars(select(LoginAlias)).all() == []
        assert accounts.read_account(session, cast.alice.id).email == OTHER


def test_alias_belongs_to_one_login_only(database: Database, cast: Cast) -> None:
    _add(database, cast.alice)
    for person, email in (
        (cast.alice, OTHER),
        (cast.bob, OTHER),
        (cast.bob, cast.alice.email),
        (cast.alice, cast.alice.email),
    ):
        with pytest.raises(Conflict):
            _add(database, person, email)


def test_unconfirmed_sign_up_gives_way_to_an_alias(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        sign_up.ask_sign_up(session, read_address(OTHER), links=LINKS, onward=None, now=NOW)
    _add(database, cast.alice)
    with database.read_session() as session:
        assert accounts.find_by_email(session, OTHER).id == cast.alice.id


def test_removed_alias_finds_no_login(database: Database, cast: Cast) -> None:
    made = _add(database, cast.alice)
    with database.transaction() as session:
        with pytest.raises(NotFound):
            email_aliases.remove_alias(session, cast.bob.id, made.public_id, actor=None, now=NOW)
        email_aliases.remove_alias(session, cast.alice.id, made.public_id, actor=None, now=NOW)
        with pytest.raises(NotFound):
            accounts.find_by_email(session, OTHER)


@pytest.mark.parametrize("is_merged", [False, True])
def test_removing_an_alias_ends_the_access_it_gave(
    database: Database, cast: Cast, is_merged: bool
) -> None:
    """For example, our team mistyped it, and the mailbox's owner signed in."""
    made, kept = _add(database, cast.alice), cast.dan if is_merged else cast.alice
    with database.transaction() as session:
        if is_merged:
            login_merges.merge(
                session,
                kept=kept.public_id,
                merged=cast.alice.public_id,
                hooks=(),
                actor=None,
                now=NOW,
            )
        browser_sessions.open_sign_in(
            session, kept.id, browser=Browser("Firefox", remembered=True, earlier=None), now=NOW
        )
        reset = link_tokens_and_codes.issue(
            session, kept.id, EmailPurpose.RESET_PASSWORD, email=OTHER, now=NOW
        )
        code = link_tokens_and_codes.issue_code(session, kept.id, email=OTHER, now=NOW)
        email_aliases.remove_alias(session, cast.alice.id, made.public_id, actor=None, now=NOW)
        assert session.scalars(select(SignIn.ended_at)).all() == [NOW]
        assert isinstance(link_tokens_and_codes.try_code(session, code, now=NOW), WrongCode)
        with pytest.raises(LinkOver):
            link_tokens_and_codes.use(session, reset, EmailPurpose.RESET_PASSWORD, now=NOW)


def test_login_has_up_to_twenty_aliases(database: Database, cast: Cast) -> None:
    for number in range(20):
        _add(database, cast.alice, f"alice{number}@other.example")
    with pytest.raises(Conflict):
        _add(database, cast.alice)


def test_alias_for_an_unknown_login_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound), database.transaction() as session:
        email_aliases.add_alias(session, 999, read_address(OTHER), actor=None, now=NOW)


def test_audit_trail_has_no_address(database: Database, cast: Cast) -> None:
    made = _add(database, cast.alice)
    with database.read_session() as session:
        entry = session.scalars(select(AuditEntry)).one()
    assert (entry.act, entry.detail) == ("login.alias_added", {"alias": made.public_id})
