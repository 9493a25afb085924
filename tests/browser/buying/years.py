"""A seller over the years: one database and folder, served at different dates."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from lms.access.policy import Code
from lms.core.model_base import new_public_id
from lms.models.accounts import Login
from tests.browser.conftest import Film, Served, serving
from tests.browser.person import Person
from tests.browser.sales.arrived_mail import WITHIN_S, arrived, subject_of
from tests.clock import MovedClock
from tests.servers.smtp import Delivered, MailSink
from tests.servers.stripe import FakeStripe

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PLAY: Final = "media-controller .player-bar media-play-button"


@dataclass
class Moment:
    """The seller's site at one date, and the browsers open then."""

    served: Served
    browser: "Browser"
    people: list[Person] = field(default_factory=list)

    def visit(self, address: str | None = None) -> Person:
        """Open a browser for a visitor, or for the person with this address, signed in."""
        login_id = None
        if address is not None:
            with self.served.carrel.database.read_session() as session:
                mine = select(Login.id).where(Login.email_key == address)
                login_id = session.scalars(mine).one()
        person = Person.arrive(self.browser, self.served.url, self.served.carrel, login_id)
        self.people.append(person)
        return person

    def leave(self) -> None:
        """Close the browsers and check that none had errors."""
        assert [one for person in self.people for one in person.faults] == []
        for person in self.people:
            person.leave()


@dataclass
class House:
    """A seller over the years: one database, one folder, and its sent emails."""

    browser: "Browser"
    place: Path
    database_url: str
    film: Film
    sink: MailSink
    stripe: FakeStripe
    begins: timedelta  # time until its first Saturday
    mark: str = field(default_factory=lambda: new_public_id()[:6])
    paid: int = 0

    def address(self, name: str) -> str:
        return f"{name}@pine-{self.mark}.example"

    @property
    def library(self) -> str:
        return f"Pine County Library {self.mark}"

    @contextmanager
    def after(self, days: int) -> Iterator[Moment]:
        """Serve the site this many days after the first Saturday."""
        clock = MovedClock(self.begins + timedelta(days=days))
        with (
            pytest.MonkeyPatch.context() as patch,
            serving(
                self.place,
                self.database_url,
                self.film,
                smtp_url=self.sink.url,
                stripe_url=self.stripe.url,
                moved_by=clock.by,
            ) as served,
        ):
            patch.setattr("lms.core.clock.datetime", clock)
            moment = Moment(served, self.browser)
            yield moment
            moment.leave()

    def mail(self, name: str, subject: str) -> Delivered:
        return arrived(self.sink, self.address(name), subject=subject)

    def mails(self, name: str, subject: str) -> list[Delivered]:
        """Return the emails sent to a person whose whole subject matches."""
        found = self.sink.to(self.address(name))
        return [one for one in found if re.fullmatch(subject, subject_of(one))]

    def next_to_pay(self, subject: str) -> Delivered:
        """Wait for the next email to accounts payable, after those about paid invoices."""
        ends = time.monotonic() + WITHIN_S
        while time.monotonic() < ends:
            found = self.mails("ap", subject)
            if len(found) > self.paid:
                return found[self.paid]
            time.sleep(0.1)
        raise TimeoutError(f"accounts payable got only {self.told('ap')}")

    def told(self, name: str) -> list[str]:
        """Return the subjects of the emails sent to a person."""
        return [subject_of(one) for one in self.sink.to(self.address(name))]


def play(person: Person, slug: str, until_s: float = 0.5) -> None:
    """Play a webinar's recording from its page, until this many seconds in."""
    person.page.goto(f"/webinars/{slug}")
    person.page.get_by_role("main").get_by_role(
        "link", name=re.compile("^(Watch|Resume)")
    ).first.click()
    person.page.locator(PLAY).click()
    person.until(f"document.querySelector('video')?.currentTime > {until_s}")


def answer(moment: Moment, house: House, name: str, title: str, code: Code) -> None:
    """Check as staff why a person can or can't watch with a seat from the library."""
    ada = moment.visit(house.address("ada")).page
    asked = {"address": house.address(name), "webinar": title}
    ada.goto(f"/staff/people/why?{urlencode(asked)}")
    expect(ada.get_by_test_id(f"answer-{code}")).to_contain_text(house.library)
