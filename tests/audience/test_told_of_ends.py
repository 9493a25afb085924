"""Who is emailed when a contract or pass ends: the table in docs/audience.md."""

from dataclasses import replace
from datetime import datetime, timedelta

from lms.contracts import mails
from lms.contracts.jobs import TELLING
from lms.contracts.pass_and_seat_reminders import due_passes
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.documents.payment_links import payment_links
from lms.grants.grants import Term
from lms.models.organizations import Organization, Role
from lms.own_orders import pass_renewals
from lms.seats import allotments
from lms.seats.pool_reconciliation import settle
from lms.seats.pools import allotments_of
from tests.cast import Cast
from tests.clock import NOW
from tests.contracts.contract_fixtures import END, OFFICE, Contract, letters, make_contract, renewed
from tests.factories import make_grant, make_login, make_membership, make_organization
from tests.mailbox import newest
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
    "manager of a pass": [*("contract_expiring",) * 3, "organization_pass_ended", "-"],
    "manager of seats from a consortium": [*("allotment_term",) * 3, "-", "allotment_term"],
    "person with their own pass": [*("pass_expiring",) * 3, "-", "-"],
    "person with a seat": ["-"] * 5,
}


def tell(carrel: Carrel, at: datetime) -> None:
    """Send what is due, as the jobs do."""
    with carrel.database.transaction() as session:
        for one in TELLING:
            one(session, mail_context=OFFICE, now=at)
        pay = payment_links(carrel.settings)
        for ending in due_passes(session, zone=OFFICE.zone, now=at):
            pass_renewals.tell(session, ending, pay=pay, mail_context=OFFICE, now=at)


def allotted(database: Database, made: Contract) -> str:
    """Give a member of a consortium two of its seats; returns its manager's address."""
    with database.transaction() as session:
        branch = make_organization(session, name="Elmwood Branch")
        branch.parent_id = made.home.organization_id
        manager = make_login(session)
        make_membership(session, branch, manager, role=Role.MANAGER)
        allotments.allot(session, made.pool_id, branch.id, 2, actor=None, now=BOUGHT)
        assert manager.email is not None
        return manager.email


def test_each_person_is_told_of_an_end_once(database: Database, cast: Cast, carrel: Carrel) -> None:
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


def test_managers_of_seats_from_a_consortium_read_who_can_renew_them(database: Database) -> None:
    made = make_contract(database, term=Term(BOUGHT, ENDS))
    branch = allotted(database, made)
    with database.transaction() as session:
        pool_id = allotments_of(session, made.pool_id)[0].id
        consortium = session.get_one(Organization, made.home.organization_id).name
    [seated] = people(database, 1)
    take_seat(database, pool_id, seated)
    for at, words in ((ENDS - DAY, "1 person has a seat."), (ENDS + 14 * DAY, "1 person lost")):
        with database.transaction() as session:
            for one in TELLING:
                one(session, mail_context=OFFICE, now=at)
        mail = newest(database, branch)
        assert words in mail.text
        assert f"Only {consortium} can renew" in " ".join(mail.text.split())
        assert "/renew" not in mail.text


def test_managers_of_seats_from_a_consortium_hear_that_they_are_renewed(database: Database) -> None:
    made = make_contract(database)
    branch = allotted(database, made)
    later = END + 365 * DAY
    done = renewed(database, made.pool_id, 4, at=NOW, ends_at=later)
    post = mails.Post(OFFICE.links, OFFICE.zone)
    term = mails.NewTerm(done.seats, done.starts_at, done.ends_at)
    held = replace(term, is_held=True)
    for told, is_again in ((held, False), (term, True), (term, True)):
        with database.transaction() as session:
            mails.send_renewed(session, done.pool, post, told, now=NOW, is_again=is_again)
        heard = [kind for kind, to in letters(database) if to == branch]
        assert heard == ([] if told.is_held else ["allotment_term"])
    assert "renewed" in newest(database, branch).subject
