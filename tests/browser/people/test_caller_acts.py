"""People call because they can't watch; staff help each from one page in up to four clicks."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.policy import Code
from lms.core.clock import now
from lms.models.accounts import Login, SellerRole
from lms.models.mail import Mail
from lms.models.organizations import Role
from lms.models.playback import PlaybackEnd, PlaybackSession
from lms.models.recordings import Recording
from lms.models.seats import Assignment
from lms.web.people.staff_answer_texts import PLAYER_ENDINGS
from tests.browser.conftest import Served, Visit
from tests.browser.people.phone_desk import Desk
from tests.factories import (
    make_grant,
    make_login,
    make_membership,
    make_organization,
    make_webinar,
)
from tests.seat_rows import add_pool, seat
from tests.servers.axe import axe_faults

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

HOUSE = "Juniper Library"
TITLE = "Answering the phone"


@pytest.fixture
def desk(served: Served, visit: Visit) -> Desk:
    with served.carrel.database.transaction() as session:
        _callers(session, served)
        staff = served.add_person(session, "Ada", seller_role=SellerRole.STAFF).id
    return Desk(visit(staff, viewport={"width": 1440, "height": 900}).page)


def _callers(session: Session, served: Served) -> None:
    """Add people of Juniper Library, each with a different problem."""
    at = now()
    webinar = make_webinar(session, "answering-the-phone")
    webinar.title = TITLE
    house = make_organization(session, "juniper", name=HOUSE)
    pool = add_pool(session, house, webinar.id, seats=20)
    for name in ("bea", "dot", "eli"):
        row = seat(session, pool, email=f"{name}@juniper.example")
        invited = session.scalars(select(Assignment).where(Assignment.seat_id == row.id)).one()
        invited.created_at, invited.expires_at = at - timedelta(days=9), at + timedelta(days=5)
    fay, gus, ida = (
        make_login(session, f"{name.lower()}@juniper.example", name=f"{name} Moss")
        for name in ("Fay", "Gus", "Ida")
    )
    make_membership(session, house, fay, role=Role.MEMBER)
    make_grant(session, gus, webinar)
    make_grant(session, ida, webinar)
    ida.blocked_at, ida.blocked_reason = at, "A test"
    for name in ("Hal Reed", "Hal Reeve"):
        login = make_login(session, f"{name.lower().replace(' ', '.')}@juniper.example", name=name)
        make_grant(session, login, webinar)
    session.add(
        Login(email="jo@juniper.example", email_key="jo@juniper.example", name="Jo", created_at=at)
    )
    other = served.add_webinar(session, "played-elsewhere", title="Played elsewhere")
    session.add(
        PlaybackSession(
            login_id=gus.id,
            recording_id=session.scalars(
                select(Recording.id).where(Recording.webinar_id == other.id)
            ).one(),
            sign_in_id=None,
            opened_at=at - timedelta(minutes=9),
            expires_at=at + timedelta(hours=4),
            beat_at=at - timedelta(minutes=2),
            ended_at=at - timedelta(minutes=1),
            ended_as=PlaybackEnd.TAKEN_OVER,
        )
    )


def emailed(served: Served, address: str) -> list[str]:
    """Return the kinds of the emails to an address."""
    with served.carrel.database.read_session() as session:
        return list(session.scalars(select(Mail.kind).where(Mail.recipient_key == address)))


def test_each_caller_is_helped_from_one_page(desk: Desk, served: Served) -> None:
    calls: tuple[Callable[[Desk, Served], None], ...] = (
        never_arrived,
        blocked_mail,
        on_vacation,
        without_seat,
        second_screen,
        one_of_two,
        blocked,
        unconfirmed,
    )
    for call in calls:
        call(desk, served)
    assert axe_faults(desk.page) == []


def never_arrived(desk: Desk, served: Served) -> None:
    desk.ask("bea@juniper", TITLE)
    desk.answers(Code.INVITE_NOT_CLAIMED, HOUSE)
    desk.act("/resend")
    desk.done()
    assert len(emailed(served, "bea@juniper.example")) == 1


def blocked_mail(desk: Desk, served: Served) -> None:
    desk.ask("dot", TITLE)
    desk.act("/link")
    expect(desk.page.locator("#claim-link")).to_have_value(re.compile("/claim/"))
    desk.press(desk.page.locator("[data-copy=claim-link]"))
    desk.check_clicks()


def on_vacation(desk: Desk, served: Served) -> None:
    desk.ask("eli", TITLE)
    desk.act("/extend")
    desk.done("14")


def without_seat(desk: Desk, served: Served) -> None:
    desk.ask("fay moss", TITLE)
    desk.answers(Code.NO_GRANT)
    desk.act("/invite")
    desk.done("fay@juniper.example")
    desk.answers(Code.INVITE_NOT_CLAIMED, HOUSE)


def second_screen(desk: Desk, served: Served) -> None:
    desk.ask("gus", "")
    desk.told(PLAYER_ENDINGS[PlaybackEnd.TAKEN_OVER])
    desk.press(desk.page.get_by_role("link", name=TITLE))
    desk.answers(Code.RECORDING_NOT_READY)
    desk.act("/sign-in-email")
    desk.done("gus@juniper.example")


def one_of_two(desk: Desk, served: Served) -> None:
    desk.ask("hal", TITLE)
    expect(desk.page.get_by_role("link", name="Hal Reed")).to_be_visible()
    desk.press(desk.page.get_by_role("link", name="Hal Reeve"))
    desk.answers(Code.RECORDING_NOT_READY)
    desk.act("/sign-in-email")
    desk.done("hal.reeve@juniper.example")


def blocked(desk: Desk, served: Served) -> None:
    desk.ask("ida", TITLE)
    desk.answers(Code.ACCOUNT_BLOCKED)
    desk.act("/unblock")
    desk.done("Ida Moss")
    desk.answers(Code.RECORDING_NOT_READY)


def unconfirmed(desk: Desk, served: Served) -> None:
    desk.ask("jo@juniper.example", TITLE)
    desk.told("They created an account but never confirmed the address.")
    desk.act("/sign-in-email")
    desk.done("jo@juniper.example")
