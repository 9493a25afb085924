"""Who is notified of what: each role and event, each person once, as in docs/audience.md."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import event as listeners
from sqlalchemy import func, select

from lms.audience.audience import audience, told_of, unused_seats
from lms.audience.events import ROLE_NAMES, TOLD, Event, Role
from lms.catalog import webinars
from lms.catalog.replacement_webinars import NewInstead
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.live import registrations
from lms.live.change_notices import NewDate
from lms.models.catalog import InsteadKind, Webinar
from lms.models.mail import Mail
from lms.models.organizations import Membership, Organization
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState
from tests.audience.webinar_audience import ALL, address, assign, furnish
from tests.cancellation_offers.offer_fixtures import go_round as go_round_of_offers
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_login, make_recording
from tests.live.conftest import to_come
from tests.live.upcoming_webinar import HELD_AT, go_round, tell_changes
from tests.seat_rows import add_pool, seat

__all__ = ["to_come"]
GUIDE = Path(__file__).resolve().parents[2] / "docs/audience.md"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LATER = HELD_AT + 2 * DAY


@dataclass(slots=True)
class Mailbox:
    """The emails written since the last event."""

    database: Database
    seen: int = 0

    def new(self) -> dict[str, list[Mail]]:
        """Return the new emails, by address."""
        found: dict[str, list[Mail]] = {}
        with self.database.read_session() as session:
            for mail in session.scalars(select(Mail).where(Mail.id > self.seen).order_by(Mail.id)):
                found.setdefault(mail.recipient, []).append(mail)
            self.seen = session.scalar(select(func.max(Mail.id))) or 0
        return found


@dataclass(slots=True)
class Story:
    """A webinar, and one event after another."""

    carrel: Carrel
    cast: Cast
    clock: Clock

    def change(self, act: Callable[..., object], **values: object) -> None:
        """Make a change as staff, and then run the worker."""
        self.clock.advance(HOUR)
        with self.carrel.database.transaction() as session:
            act(session, self.cast.slug, actor=None, now=self.clock.moment, **values)
        for _again in range(2):
            tell_changes(self.carrel)
            go_round_of_offers(self.carrel)

    def wait(self, until: datetime) -> None:
        """Run the worker's round at this time."""
        self.clock.set(until)
        go_round(self.carrel)
        go_round(self.carrel)


# Payers with an order to decide about get an email with a choice instead.
BY_OFFER = {Event.CANCELED, Event.POSTPONED, Event.REINSTATED}
EVENT_NAMES = {
    Event.CANCELED: "canceled",
    Event.POSTPONED: "new date",
    Event.PULLED: "removed",
    Event.REINSTATED: "reinstated",
    Event.READY: "recording ready",
    Event.TOMORROW: "tomorrow",
    Event.SOON: "in an hour",
}


def table() -> str:
    """Return the table of docs/audience.md."""
    lines = [
        f"| who | {' | '.join(EVENT_NAMES[event] for event in Event)} |",
        "|---|" + "---|" * len(Event),
    ]
    for role in Role:
        cells = [_cell(event, role) for event in Event]
        lines.append(f"| {ROLE_NAMES[role]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(event: Event, role: Role) -> str:
    if role not in TOLD[event]:
        return "-"
    if role in (Role.BUYER, Role.BILLING, Role.MANAGER):
        return "email with the choice" if event in BY_OFFER - {Event.REINSTATED} else "email"
    return "email"


def check(mailbox: Mailbox, event: Event, titled: str) -> None:
    """Check that everyone in a role that is notified has one email, and no one else has."""
    found = mailbox.new()
    for role in Role:
        if role in TOLD[event]:
            [mail] = found.pop(address(role.value))
            assert titled in mail.subject, (event, role)
            is_paying = role in (Role.BUYER, Role.BILLING)
            says_money = bool(re.search("refund|credit|invoice", mail.text))
            if event in (Event.CANCELED, Event.POSTPONED):
                assert says_money == is_paying, (event, role, mail.text)
            if event not in BY_OFFER or not is_paying:
                words = re.split(r"%\(\w+\)s", TOLD[event][role].replace("'", "\u2019"))
                assert all(each.strip() in mail.text for each in words), (event, role, mail.text)
        else:
            assert address(role.value) not in found, (event, role)
    [mine] = found.pop(ALL)
    assert titled in mine.subject
    # and the people of the cast with access: alice bought, mia ordered, bob has a pass
    others = {"alice@example.org", "mia@example.org", "bob@example.org", "ada@example.org"}
    assert set(found) <= others, (event, set(found) - others)
    assert all(len(each) == 1 for each in found.values()), event


def test_each_role_is_emailed_once_about_each_event_in_its_own_words(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    furnish(database, to_come)
    go_round(carrel)
    mailbox, story = Mailbox(database), Story(carrel, to_come, clock)
    mailbox.new()
    story.change(webinars.postpone_webinar, new=NewDate(LATER))
    check(mailbox, Event.POSTPONED, "New date")
    story.change(webinars.cancel_webinar, said="The presenter is ill.")
    check(mailbox, Event.CANCELED, "Canceled")
    story.change(webinars.restore_webinar)
    check(mailbox, Event.REINSTATED, "back on")
    instead = NewInstead(InsteadKind.REFUND)
    story.change(webinars.pull_webinar, reason="Court order", instead=instead)
    check(mailbox, Event.PULLED, "Removed")
    story.change(webinars.restore_webinar)
    check(mailbox, Event.REINSTATED, "Available again")
    story.wait(LATER - DAY)
    check(mailbox, Event.TOMORROW, "Tomorrow")
    story.wait(LATER - HOUR)
    check(mailbox, Event.SOON, "Starts in an hour")
    with database.transaction() as session:
        make_recording(session, session.get_one(Webinar, to_come.webinar_id)).ready_at = LATER + DAY
    story.wait(LATER + DAY)
    check(mailbox, Event.READY, "recording is ready")


def test_payer_with_several_orders_gets_one_email_with_a_link_for_each(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    furnish(database, to_come)
    mailbox, story = Mailbox(database), Story(carrel, to_come, clock)
    mailbox.new()
    story.change(webinars.cancel_webinar, said="The presenter is ill.")
    found = mailbox.new()
    [mine] = found[ALL]
    assert mine.text.count("http://localhost/canceled/") == 2
    assert "Elm County Library bought:" in mine.text
    assert "The presenter is ill." in mine.text
    assert mine.invitation is not None
    [manager] = found["mia@example.org"]
    assert "Elm County Library has 2 unused seats for it." in manager.text
    [other] = found[address("manager")]
    assert "Oak Grove Library has 8 unused seats for it." in other.text
    assert "canceled/" not in other.text


def test_reassigned_seat_is_in_the_audience_of_its_new_owner_only(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        pool = add_pool(session, elm, cast.webinar_id)
        seat(session, pool, cast.dan.id)
        former = session.scalars(select(Assignment)).one()
        former.state = AssignmentState.RELEASED
        former.ended_at, former.ended_as = NOW - 10 * MINUTE, AssignmentEnd.REASSIGNED
        session.flush()
        seat(session, pool, make_login(session, "new@example.org"))
    with database.read_session() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        people = {one.email: one for one in audience(session, webinar, now=NOW)}
    assert cast.dan.email not in people
    assert people["new@example.org"].roles == {Role.HOLDER}


def test_only_people_with_current_access_and_a_registration_have_a_pass_or_training_role(
    database: Database, cast: Cast
) -> None:
    """Bob registered with a login merged into his, Dan has no pass, and Carol's has ended."""
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        other = make_login(session, "bobby@example.org")
        other.merged_into = cast.bob.id
        gone, stays = (make_login(session, f"{name}@example.org") for name in ("gone", "stays"))
        for login_id in (other.id, cast.dan.id, cast.carol.id):
            registrations.enter(session, login_id=login_id, webinar_id=webinar.id, now=NOW)
        elm = session.get_one(Organization, cast.organization_id)
        assign(session, elm, webinar, gone, stays)
        session.query(Membership).filter_by(login_id=gone.id).delete()
    with database.read_session() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        found = audience(session, webinar, now=NOW)
    roles = {one.email: one.roles for one in found if Role.TEAM not in one.roles}
    assert roles == {
        cast.alice.email: {Role.HOLDER},
        cast.bob.email: {Role.PASS},
        "stays@example.org": {Role.TRAINEE},
    }


def test_hundreds_of_seats_take_as_many_statements(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        pool = add_pool(session, elm, cast.webinar_id, seats=600)
        for number in range(300):
            seat(session, pool, make_login(session, f"p{number}@example.org"))
            seat(session, pool, email=f"i{number}@example.org")
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    with database.read_session() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        listeners.listen(database.engine, "before_cursor_execute", note)
        try:
            people = audience(session, webinar, now=NOW)
            unused = unused_seats(session, webinar, now=NOW)
        finally:
            listeners.remove(database.engine, "before_cursor_execute", note)
    told = told_of(people, Event.CANCELED)
    assert sum(one.role is Role.HOLDER for one in told) == 301  # and alice
    assert sum(one.role is Role.INVITED for one in told) == 300
    assert unused == {cast.organization_id: 0}
    assert len(seen) == 2


def test_guide_has_the_current_table() -> None:
    assert table() in GUIDE.read_text()
