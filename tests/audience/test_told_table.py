"""Who is emailed at each event: the table in told.tsv, for people with a role and without."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sqlalchemy.orm import Session

from lms.catalog import webinars
from lms.catalog.replacement_webinars import NewInstead
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.core.runtime import Carrel
from lms.live import registrations
from lms.live.change_notices import NewDate
from lms.models.accounts import Login, SellerRole
from lms.models.catalog import InsteadKind, Webinar
from lms.models.mail import MailingPart
from lms.models.organizations import Organization, Role
from lms.models.seats import Pool
from lms.models.training import Training
from lms.organizations.organizations import find_organization
from lms.people.account_blocks import block
from lms.seats.invitations import Invitee
from lms.seats.transfers import reassign
from lms.training.assignments import withdraw
from tests.audience.test_audience import DAY, HOUR, LATER, Mailbox, Story
from tests.audience.webinar_audience import ALL, TERM_ENDS, address, assign, furnish
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import (
    make_grant,
    make_login,
    make_membership,
    make_organization,
    make_recording,
)
from tests.live.conftest import to_come
from tests.live.upcoming_webinar import LINKS
from tests.mailings.mailing_fixtures import DETAILS, add, start, work
from tests.sales.order_fixtures import SEAT, credited, placed
from tests.seat_rows import add_pool, seat

__all__ = ["to_come"]
TABLE = Path(__file__).with_name("told.tsv")


def add_others(database: Database, cast: Cast) -> None:
    """Add people with two roles, people whose role ended, and people with none in this webinar."""
    refunded = placed(database, replace(SEAT, email=address("refunded"), name="Refunded"))
    placed(database, replace(SEAT, email=address("buyer-and-holder"), name="Buyer and holder"))
    credited(database, refunded)
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        elm = session.get_one(Organization, cast.organization_id)
        pool = session.query(Pool).filter_by(organization_id=elm.id, scope="webinar").one()
        named = {name: make_login(session, address(name), name=name.title()) for name in OTHERS}
        both = session.query(Login).filter_by(email=address("buyer-and-holder")).one()
        seat(session, pool, both)
        freed = seat(session, pool, named["former-holder"])
        newcomer = Invitee(read_address(address("newcomer")), "Newcomer")
        reassign(session, freed.public_id, newcomer, links=LINKS, actor=None, now=NOW)
        _end_plans(session, webinar, named)
        _add_colleagues(session, elm, webinar, named)
        make_login(session, address("bookkeeper")).seller_role = SellerRole.BOOKKEEPER
        make_grant(session, named["blocked-holder"], webinar)
        block(session, named["blocked-holder"].id, reason="Fraud", actor=None, now=NOW)


OTHERS = (
    "former-holder",
    "unregistered-pass",
    "ended-pass",
    "left-pass",
    "blocked-holder",
    "supervisor",
    "lms-admin",
    "member",
    "withdrawn-trainee",
    "other-manager",
    "other-holder",
    "visitor",
)


def _end_plans(session: Session, webinar: Webinar, named: dict[str, Login]) -> None:
    make_grant(session, named["unregistered-pass"], ends_at=TERM_ENDS)
    make_grant(session, named["ended-pass"], ends_at=NOW - DAY)
    make_grant(session, named["left-pass"], ends_at=TERM_ENDS)
    for name in ("ended-pass", "left-pass"):
        registrations.enter(session, login_id=named[name].id, webinar_id=webinar.id, now=NOW)
    values = {"login_id": named["left-pass"].id, "webinar_id": webinar.id}
    registrations.leave(session, **values, links=LINKS, now=NOW)


def _add_colleagues(
    session: Session, elm: Organization, webinar: Webinar, named: dict[str, Login]
) -> None:
    """Add people of Elm County without a role, and people of a library with another webinar."""
    for name, role in (("supervisor", Role.SUPERVISOR), ("lms-admin", Role.LMS_ADMIN)):
        make_membership(session, elm, named[name], role=role)
    make_membership(session, elm, named["member"])
    assign(session, elm, webinar, named["withdrawn-trainee"])
    training = session.query(Training).order_by(Training.id.desc()).first()
    assert training is not None
    facts = find_organization(session, elm.slug)
    withdraw(session, facts, training.public_id, actor=None, now=NOW)
    fir = make_organization(session, "fir-grove")
    make_membership(session, fir, named["other-manager"], role=Role.MANAGER)
    other = Webinar(
        slug="other", title="Other", held_at=webinar.held_at, zone=webinar.zone, minutes=60,
        state=webinar.state, created_at=NOW, updated_at=NOW, announced_at=NOW,
    )  # fmt: skip
    session.add(other)
    session.flush()
    seat(session, add_pool(session, fir, other), named["other-holder"])


def test_everyone_is_emailed_as_in_the_table_and_only_once(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    furnish(database, to_come)
    placed(database, replace(SEAT, email=address("single"), name="Single"))
    add_others(database, to_come)
    story, mailbox = Story(carrel, to_come, clock), Mailbox(database)
    story.wait(NOW)
    mailbox.new()

    def announce() -> None:
        mailing = add(database, to_come, replace(DETAILS, part=MailingPart.EVERYONE))
        start(database, mailing)
        work(carrel, mailing)

    def publish() -> None:
        with database.transaction() as session:
            webinar = session.get_one(Webinar, to_come.webinar_id)
            make_recording(session, webinar).ready_at = LATER + DAY
        story.wait(LATER + DAY)

    instead = NewInstead(InsteadKind.REFUND)
    acts: dict[str, Callable[[], object]] = {
        "postponed": lambda: story.change(webinars.postpone_webinar, new=NewDate(LATER)),
        "canceled": lambda: story.change(webinars.cancel_webinar, said="The presenter is ill."),
        "reinstated": lambda: story.change(webinars.restore_webinar),
        "removed": lambda: story.change(webinars.pull_webinar, reason="Court", instead=instead),
        "available again": lambda: story.change(webinars.restore_webinar),
        "mailing": announce,
        "tomorrow": lambda: story.wait(LATER - DAY),
        "hour before": lambda: story.wait(LATER - HOUR),
        "recording ready": publish,
    }
    found: dict[str, dict[str, list[str]]] = {}
    for name, act in acts.items():
        act()
        found[name] = {to: [one.kind for one in mails] for to, mails in mailbox.new().items()}
    listed = [line.split("\t")[0] for line in TABLE.read_text().splitlines()[1:]]
    people = dict.fromkeys([*listed, *sorted({to for told in found.values() for to in told})])
    rows = [["person", *acts]]
    rows += [[to, *("+".join(found[act].get(to, ["-"])) for act in acts)] for to in people]
    assert "\n".join("\t".join(row) for row in rows) + "\n" == TABLE.read_text()
    assert all(len(kinds) == 1 for told in found.values() for kinds in told.values())
    assert all(ALL in told for told in found.values())
