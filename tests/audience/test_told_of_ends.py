"""Who is emailed when a contract, a pass, or a role ends: the tables in docs/audience.md."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lms.contracts import grace_periods, mails
from lms.contracts.jobs import TELLING
from lms.contracts.pass_and_seat_reminders import due_passes
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.documents.payment_links import payment_links
from lms.grants.grants import Term
from lms.models.accounts import Login, SellerRole
from lms.models.organizations import Organization, Role
from lms.organizations import memberships, organizations
from lms.organizations.manager_emails import MANAGER_LEFT
from lms.own_orders import pass_renewals
from lms.people import team
from lms.seats import allotments
from lms.seats.pool_reconciliation import settle
from lms.seats.pools import allotments_of
from tests.cast import Cast, Roles
from tests.clock import NOW
from tests.contracts.contract_fixtures import (
    END,
    OFFICE,
    Contract,
    letters,
    make_contract,
    renewed,
)
from tests.factories import make_grant, make_login, make_membership, make_organization
from tests.mailbox import newest
from tests.page_texts import says
from tests.sales.order_fixtures import placed
from tests.sales.test_payer_and_holder import BOUGHT, DAY, ELM, ENDS, pool_of
from tests.seats.pool_fixtures import people, take_seat

DAYS = (-30, -7, -1, 0, 14)
TOLD = {
    "manager of a contract": [
        *("contract_expiring",) * 3,
        "contract_expired",
        "contract_grace_ended",
    ],
    "manager of a pass": [*("contract_expiring",) * 3, "contract_grace_ended", "-"],
    "manager of seats from a consortium": [*("allotment_term",) * 3, "-", "allotment_term"],
    "person with their own pass": [*("pass_expiring",) * 4, "-"],
    "person with a seat": ["-"] * 5,
}


def tell(carrel: Carrel, at: datetime) -> None:
    """Send the emails that are due, as the jobs do."""
    with carrel.database.transaction() as session:
        for one in TELLING:
            one(session, mail_context=OFFICE, now=at)
        pay = payment_links(carrel.settings)
        for ending in due_passes(session, zone=OFFICE.zone, now=at):
            pass_renewals.tell(session, ending, pay=pay, mail_context=OFFICE, now=at)


def allotted(database: Database, made: Contract) -> str:
    """Allot two seats of a consortium to a member; returns the address of its manager."""
    with database.transaction() as session:
        branch = make_organization(session, name="Elmwood Branch")
        branch.parent_id = made.home.organization_id
        manager = make_login(session)
        make_membership(session, branch, manager, role=Role.MANAGER)
        allotments.allot(session, made.pool_id, branch.id, 2, actor=None, now=BOUGHT)
        assert manager.email is not None
        return manager.email


def test_people_are_emailed_once_per_end(database: Database, cast: Cast, carrel: Carrel) -> None:
    made = make_contract(database, 10, Term(BOUGHT, ENDS))
    [seated] = people(database, 1)
    take_seat(database, made.pool_id, seated)
    branch = allotted(database, made)
    pools = (made.pool_id, pool_of(database, placed(database, ELM, at=BOUGHT)))
    with database.transaction() as session:
        owner = make_login(session, "owner@example.com")
        make_grant(session, owner, starts_at=BOUGHT, ends_at=ENDS)
    addresses = {
        "manager of a contract": made.manager,
        "manager of a pass": cast.mia.email,
        "manager of seats from a consortium": branch,
        "person with their own pass": "owner@example.com",
    }
    found: dict[str, list[str]] = {who: [] for who in TOLD}
    for days in DAYS:
        at, before = ENDS + days * DAY, len(letters(database))
        tell(carrel, at)
        with database.transaction() as session:
            for pool_id in pools:
                settle(session, pool_id, now=at)
        tell(carrel, at + timedelta(minutes=15))
        new = letters(database)[before:]
        for who, kinds in found.items():
            kinds.append("+".join(kind for kind, to in new if to == addresses.get(who)) or "-")
        assert {to for _kind, to in new} <= set(addresses.values())
    assert found == TOLD


def test_managers_of_allotted_seats_read_who_can_renew_them(database: Database) -> None:
    made = make_contract(database, term=Term(BOUGHT, ENDS))
    branch = allotted(database, made)
    with database.transaction() as session:
        pool_id = allotments_of(session, made.pool_id)[0].id
        consortium = session.get_one(Organization, made.home.organization_id).name
    [seated] = people(database, 1)
    take_seat(database, pool_id, seated)
    for at, name in ((ENDS - DAY, "have_a_seat"), (ENDS + 14 * DAY, "lost_access")):
        with database.transaction() as session:
            for one in TELLING:
                one(session, mail_context=OFFICE, now=at)
        mail = newest(database, branch)
        assert says(mail.text, mail.kind, name, num=1)
        assert says(mail.text, mail.kind, "can_renew", parent=consortium)
        assert "/renew" not in mail.text


def test_managers_of_allotted_seats_are_emailed_about_the_renewal(database: Database) -> None:
    made = make_contract(database)
    branch = allotted(database, made)
    later = END + 365 * DAY
    done = renewed(database, made.pool_id, 4, at=NOW, ends_at=later)
    term = mails.NewTerm(done.seats, done.starts_at, done.ends_at)
    held = replace(term, is_held=True)
    for told, is_again in ((held, False), (term, True), (term, True)):
        with database.transaction() as session:
            mails.send_renewed(session, done.pool, OFFICE, told, now=NOW, is_again=is_again)
        heard = [kind for kind, to in letters(database) if to == branch]
        assert heard == ([] if told.is_held else ["allotment_term"])
    assert "renewed" in newest(database, branch).subject


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (Role.MANAGER, None, {"person", "manager"}),
        (Role.OWNER, None, {"person", "manager"}),
        (Role.MANAGER, Role.BILLING, {"person", "manager"}),
        (Role.OWNER, Role.MANAGER, set()),
        (Role.BILLING, None, {"person"}),
        (Role.SUPERVISOR, Role.MEMBER, {"person"}),
        (Role.SUPERVISOR, Role.BILLING, set()),
        (Role.MEMBER, None, set()),
        (Role.MEMBER, Role.MANAGER, set()),
    ],
)
def test_people_are_emailed_about_a_role_that_ended(
    database: Database, cast: Cast, before: Role, after: Role | None, told: set[str]
) -> None:
    addresses = {"person": cast.dan.email, "manager": cast.mia.email, "actor": cast.bob.email}
    with database.transaction() as session:
        elm = organizations.find_organization(session, "elm-county")
        for login, role in ((cast.dan.id, before), (cast.bob.id, Role.OWNER)):
            organizations.add_member(session, elm, login, role=role, actor=None, now=NOW)
        given = {"links": OFFICE.links, "actor": cast.bob.public_id, "now": NOW}
        if after is None:
            memberships.remove_member(session, elm, cast.dan.public_id, **given)
        else:
            memberships.change_role(session, elm, cast.dan.public_id, after, **given)
    assert sorted(letters(database, "role_ended")) == sorted(
        ("role_ended", addresses[who]) for who in told
    )


def test_removed_manager_reads_whom_to_ask_and_other_managers_where_to_check(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        elm = organizations.find_organization(session, "elm-county")
        organizations.add_member(session, elm, cast.dan.id, role=Role.OWNER, actor=None, now=NOW)
        memberships.remove_member(
            session, elm, cast.dan.public_id, links=OFFICE.links, actor=None, now=NOW
        )
    own, other = newest(database, cast.dan.email), newest(database, cast.mia.email)
    assert "ask Mia." in own.text
    assert other.subject == MANAGER_LEFT % {
        "organization": "Elm County Library",
        "name": "Dan",
    }
    assert f"{elm.public_id}/members" in other.text


def test_no_one_is_emailed_about_a_role_that_a_merged_account_still_has(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        elm = organizations.find_organization(session, "elm-county")
        for login_id in (cast.alice.id, cast.dan.id):
            organizations.add_member(session, elm, login_id, role=Role.MANAGER, actor=None, now=NOW)
        session.get_one(Login, cast.dan.id).merged_into = cast.alice.id
        memberships.remove_member(
            session, elm, cast.dan.public_id, links=OFFICE.links, actor=None, now=NOW
        )
    assert letters(database, "role_ended") == []


def test_removed_team_member_and_other_owners_are_emailed(
    database: Database, cast: Cast, roles: Roles
) -> None:
    with database.transaction() as session:
        team.set_role(session, cast.dan.public_id, SellerRole.OWNER, actor=None, now=NOW)
        given = {"links": OFFICE.links, "actor": cast.dan.public_id, "now": NOW}
        for _twice in range(2):
            team.remove_from_team(session, cast.ada.public_id, **given)
    assert letters(database) == [
        ("team_left", cast.ada.email),
        ("team_left", roles.owen.email),
    ]
    assert newest(database, roles.owen.email).subject == team.LEFT_TEAM % {"name": "Ada"}


def test_managers_are_emailed_about_an_extended_grace_period(database: Database) -> None:
    made = make_contract(database, term=Term(BOUGHT, ENDS))
    branch = allotted(database, made)
    for at, passage in (
        (ENDS - DAY, "before_its_start"),
        (ENDS + DAY, "watch_until"),
        (ENDS + 60 * DAY, "access_again"),
    ):
        with database.transaction() as session:
            until = at + 30 * DAY
            grace_periods.extend_grace(
                session, made.pool_id, until, mail_context=OFFICE, actor=None, now=at
            )
        mail = newest(database, made.manager)
        assert (mail.kind, newest(database, branch).kind) == ("grace_extended", "allotment_term")
        assert says(mail.text, mail.kind, passage)
        assert "/renew" in mail.text
        assert "extended until" in newest(database, branch).subject
