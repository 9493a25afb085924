"""Callers and the staff page: what callers are sent, what staff see, and how callers then watch."""

import re
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Page
from sqlalchemy.orm import Session

from lms.component import work_of
from lms.core.clock import now
from lms.core.email_addresses import read_address
from lms.jobs.queue import JobRun
from lms.live.jobs import ROUND
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.registry import LIBRARY
from lms.seats import invitations
from lms.seats.invitations import Invitee
from tests.browser.buying.conftest import Sold
from tests.browser.buying.test_buy_for_a_library import link_in
from tests.browser.conftest import Served, Visit
from tests.browser.invited_person import claim_seat, create_account
from tests.browser.page_elements import submit_of
from tests.browser.people.phone_desk import Desk
from tests.browser.person import Person
from tests.browser.sales.arrived_mail import arrived
from tests.factories import make_login
from tests.live.upcoming_webinar import Quiet
from tests.servers.smtp import MailSink

PLAY: Final = "media-controller .player-bar media-play-button"
PLAYING: Final = "document.querySelector('video')?.currentTime > 0.5"
CODE: Final = r"\d{4} \d{4}"


@dataclass(frozen=True, slots=True)
class Phone:
    """What a call needs: the staff page, a library with available seats, and the sent emails."""

    desk: Desk
    served: Served
    visit: Visit
    sink: MailSink
    webinar: Sold
    library: str
    pool_id: int

    @property
    def links(self) -> Links:
        return Links(self.served.url)

    def address(self, name: str) -> str:
        """Return an email address that no other test uses."""
        return f"{name}@{self.webinar.slug}.example"

    def ask(self, who: str) -> None:
        self.desk.ask(who, self.webinar.title)

    def mail(self, name: str, subject: str, path: str) -> str:
        """Wait for an email to a person; returns the path of its link that starts with `path`."""
        return link_in(self.served, arrived(self.sink, self.address(name), subject=subject), path)

    def add(self, session: Session, name: str) -> Login:
        """Add a person with an account."""
        return make_login(session, self.address(name), name=f"{name.title()} Moss")


def play(person: Person) -> None:
    """Press Play on the player's page, and check that the recording plays."""
    person.page.locator(PLAY).click()
    person.until(PLAYING)
    assert person.faults == []


def watch(phone: Phone, person: Person) -> None:
    """Open the webinar's page as the person, go to the player, and check that it plays."""
    person.page.goto(phone.webinar.page)
    person.page.get_by_role("link", name=re.compile("^Watch")).first.click()
    play(person)


def claim_and_watch(phone: Phone, link: str) -> None:
    """Claim the seat by a link, creating an account, and watch."""
    person = phone.visit()
    person.page.goto(link)
    create_account(person.page, "Kim Larkspur")
    claim_seat(person.page, phone.library)
    watch(phone, person)


def sign_in_by_code(phone: Phone, page: Page, name: str) -> None:
    """Sign in with the emailed code."""
    page.goto(phone.mail(name, subject="How to sign in.*", path="/sign-in"))
    page.get_by_label("Email address").fill(phone.address(name))
    submit_of(page).click()
    page.get_by_label("Code").fill(newest_code(phone, name))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/library")


def newest_code(phone: Phone, name: str) -> str:
    """Wait for the email with a sign-in code; returns the code."""
    found = re.search(CODE, arrived(phone.sink, phone.address(name), subject=".*code.*").text)
    assert found
    return found[0]


def run_round(phone: Phone) -> None:
    """Run the worker's round for live webinars and new recordings."""
    work_of((LIBRARY,)).handlers[ROUND](phone.served.carrel, JobRun(0, "", "", {}, 1, 1, Quiet()))


def until_more(phone: Phone, name: str, before: int) -> None:
    """Wait until a person has received more emails than before."""
    for _ in range(600):
        if len(phone.sink.to(phone.address(name))) > before:
            return
        phone.desk.page.wait_for_timeout(100)
    raise TimeoutError(f"no further email to {name}")


def invite(phone: Phone, name: str) -> None:
    """Invite a person; the worker then sends the invitation."""
    with phone.served.carrel.database.transaction() as session:
        to = Invitee(read_address(phone.address(name)))
        invitations.invite(session, phone.pool_id, [to], links=phone.links, actor=None, now=now())
