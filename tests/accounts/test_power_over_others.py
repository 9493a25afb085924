"""Accounts with power over others: addresses added or merged earlier can't open them."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.accounts import (
    accounts,
    browser_sessions,
    email_aliases,
    sign_in_codes_and_password_resets,
)
from lms.accounts.browser_sessions import Browser
from lms.accounts.power_over_others import has_power
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.mail.links import Links
from lms.models.accounts import Login, SellerRole, SignIn
from lms.models.mail import Mail
from lms.models.organizations import Organization, Role
from lms.organizations.organizations import add_member, find_organization
from lms.people import login_merges, team
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import give_password, letters

OTHER = "alice@other.example"
LINKS = Links("http://localhost")


def join_team(session: Session, cast: Cast, actor: str | None) -> None:
    team.set_role(session, cast.alice.public_id, SellerRole.STAFF, actor=actor, now=NOW)


def become_manager(session: Session, cast: Cast, actor: str | None) -> None:
    slug = session.get_one(Organization, cast.organization_id).slug
    elm = find_organization(session, slug)
    add_member(session, elm, cast.alice.id, role=Role.MANAGER, actor=actor, now=NOW)


GAINS = pytest.mark.parametrize("gain", [join_team, become_manager])
Gain = Callable[[Session, Cast, str | None], None]


def add_address(session: Session, cast: Cast) -> None:
    address = read_address(OTHER)
    email_aliases.add_alias(session, cast.alice.id, address, actor=cast.ada.public_id, now=NOW)


def merge_bob(session: Session, cast: Cast) -> None:
    login_merges.merge(
        session,
        kept=cast.alice.public_id,
        merged=cast.bob.public_id,
        hooks=(),
        actor=cast.ada.public_id,
        now=NOW,
    )


def ask_to_sign_in(database: Database, typed: str) -> list[tuple[str, str]]:
    """Request a code and a password reset for an address; returns which emails were sent where."""
    with database.transaction() as session:
        address = read_address(typed)
        sign_in_codes_and_password_resets.ask_code(
            session, address, links=LINKS, onward=None, now=NOW
        )
        sign_in_codes_and_password_resets.ask_new_password(session, address, links=LINKS, now=NOW)
        mails = session.scalars(select(Mail).order_by(Mail.id)).all()
        return [
            (mail.kind, mail.recipient)
            for mail in mails
            if mail.kind in ("sign_in_code", "reset_password")
        ]


@GAINS
def test_address_added_before_the_role_cannot_sign_in_after_it(
    database: Database, cast: Cast, gain: Gain
) -> None:
    with database.transaction() as session:
        add_address(session, cast)
        assert not has_power(session, cast.alice.id)
        gain(session, cast, cast.ada.public_id)
        assert has_power(session, cast.alice.id)
    own = cast.alice.email
    assert ask_to_sign_in(database, OTHER) == [("sign_in_code", own), ("reset_password", own)]


@GAINS
def test_address_of_a_login_merged_before_the_role_cannot_sign_in_after_it(
    database: Database, cast: Cast, gain: Gain
) -> None:
    with database.transaction() as session:
        merge_bob(session, cast)
        gain(session, cast, cast.ada.public_id)
    own = cast.alice.email
    assert ask_to_sign_in(database, cast.bob.email or "") == [
        ("sign_in_code", own),
        ("reset_password", own),
    ]


@GAINS
@pytest.mark.parametrize(
    ("has_other", "is_by_themselves"), [(True, False), (False, False), (True, True)]
)
def test_browsers_that_another_address_could_have_opened_are_signed_out(
    database: Database, cast: Cast, gain: Gain, has_other: bool, is_by_themselves: bool
) -> None:
    """People without another address stay signed in, and so do people who accepted the role."""
    with database.transaction() as session:
        if has_other:
            add_address(session, cast)
        browser = Browser("Firefox", remembered=True, earlier=None)
        browser_sessions.open_sign_in(session, cast.alice.id, browser=browser, now=NOW)
        gain(session, cast, cast.alice.public_id if is_by_themselves else cast.ada.public_id)
        is_out = has_other and not is_by_themselves
        assert session.scalars(select(SignIn.ended_at)).all() == [NOW if is_out else None]


@GAINS
@pytest.mark.parametrize("further", [add_address, merge_bob, None])
@pytest.mark.parametrize("is_by_themselves", [True, False])
def test_passwords_that_another_address_could_have_set_are_removed(
    database: Database,
    cast: Cast,
    gain: Gain,
    further: Callable[[Session, Cast], None] | None,
    is_by_themselves: bool,
) -> None:
    """So is the recovery address, which could reset the password. The person is emailed."""
    for login in (cast.alice, cast.bob):
        give_password(database, login.id)
    actor = cast.alice.public_id if is_by_themselves else cast.ada.public_id
    with database.transaction() as session:
        alice = session.get_one(Login, cast.alice.id)
        alice.recovery_email = alice.recovery_key = "mallory@other.example"
        alice.recovery_confirmed_at = NOW
        if further is not None:
            further(session, cast)
        gain(session, cast, actor)
    is_kept = further is None or is_by_themselves
    with database.read_session() as session:
        account = accounts.read_account(session, cast.alice.id)
        bob = session.get_one(Login, cast.bob.id)
        assert account.has_password is is_kept
        assert (account.recovery_email is not None) is is_kept
        assert (bob.password_hash is not None) is (is_kept or further is not merge_bob)
    told = [mail.kind for mail in letters(database, cast.alice.email)]
    assert told == ([] if is_kept else ["password_removed"])


def test_account_without_a_password_gets_no_email_about_one(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        add_address(session, cast)
        join_team(session, cast, cast.ada.public_id)
    assert not letters(database, cast.alice.email)


@pytest.mark.parametrize(("gain", "ended"), [(join_team, NOW), (become_manager, None)])
def test_role_without_an_actor_signs_out_team_members_but_not_managers(
    database: Database, cast: Cast, gain: Gain, ended: datetime | None
) -> None:
    """An order makes its buyer a manager. Only `carrel login role` adds team members this way."""
    with database.transaction() as session:
        add_address(session, cast)
        browser = Browser("Firefox", remembered=True, earlier=None)
        browser_sessions.open_sign_in(session, cast.alice.id, browser=browser, now=NOW)
        gain(session, cast, None)
        assert session.scalars(select(SignIn.ended_at)).all() == [ended]


def test_address_opens_the_account_again_after_the_role_ended(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        add_address(session, cast)
        join_team(session, cast, None)
        team.set_role(session, cast.alice.public_id, None, actor=None, now=NOW)
        assert session.get_one(Login, cast.alice.id).seller_role is None
    assert ask_to_sign_in(database, OTHER)[0] == ("sign_in_code", OTHER)
