"""A Spanish reader claims a seat, watches, and gets a certificate; longer texts fit on a phone."""

import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from lms.certificates import staff_manual_issue_and_attendance
from lms.certificates.staff_manual_issue_and_attendance import ByHand
from lms.core.clock import now
from lms.core.email_addresses import read_address
from lms.core.model_base import new_public_id
from lms.mail.links import Links
from lms.seats import invitations
from lms.seats.invitations import Invitee
from tests.browser.conftest import Served, Visit
from tests.browser.person import PATIENCE_MS
from tests.browser.sent_mail import found_in_letter
from tests.cast import Cast
from tests.factories import make_membership, make_organization, make_pool, make_pool_grant
from tests.languages.pseudo_locale import use_pseudo_locale
from tests.visitor import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

TELEPHONE = {"viewport": {"width": 390, "height": 844}}
PASSWORD = "cuatro palabras seguidas aquí"  # noqa: S105  (a made-up person's)
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Texts that are longer than their box, so a part of them isn't visible.
CUT_OFF = """() => [...document.querySelectorAll("button, a, h1, h2, h3, label, th, td, p, dt, dd")]
  .filter((each) => {
    const style = getComputedStyle(each);
    return each.checkVisibility() && each.clientWidth > 1 && style.overflowX !== "visible"
      && each.scrollWidth > each.clientWidth + 1;
  })
  .map((each) => each.textContent.trim())"""
OVERLAP = """() => {
  const [brand, nav] = [".brand > span", ".site-nav"]
    .map((name) => document.querySelector(name).getBoundingClientRect());
  return brand.right > nav.left && brand.bottom > nav.top && nav.bottom > brand.top;
}"""
PAGES = (
    "/",
    "/webinars",
    "/webinars/reading-rooms",
    "/passes",
    "/purchasing",
    "/sign-in",
    "/sign-up",
    "/ask",
    "/privacy",
)
PAGES_OF_ALICE = (
    "/library",
    "/webinars/reading-rooms",
    "/account",
    "/account/details",
    "/account/security",
    "/certificates",
)


def look(page: Page, name: str) -> None:
    """Check that a page fits the screen, and take a screenshot (CARREL_SCREENSHOTS=directory)."""
    assert page.evaluate(WIDER) <= 0, f"{page.url} scrolls sideways"
    assert not page.evaluate(OVERLAP), f"{page.url}: the menu covers the name of the site"
    if place := os.environ.get("CARREL_SCREENSHOTS"):
        page.screenshot(path=Path(place) / f"{name}.png", full_page=True)


@dataclass(frozen=True, slots=True)
class Invited:
    """Rosa is invited to a seat for a webinar whose recording plays."""

    webinar_id: int
    slug: str
    email: str
    manager: str


@pytest.fixture
def invited(served: Served) -> Invited:
    slug, email = f"salas-{new_public_id()[:6]}", f"rosa-{new_public_id()[:6]}@example.org"
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, slug, title="Reading rooms")
        library = make_organization(session, slug, name="Elm County Library")
        mia = served.add_person(session, "Mia")
        make_membership(session, library, mia)
        pool = make_pool(session, library, webinar, capacity=3)
        make_pool_grant(session, pool, ends_at=now() + timedelta(days=300))
        people = [Invitee(read_address(email))]
        invitations.invite(
            session, pool.id, people, links=Links(served.url), actor=mia.public_id, now=now()
        )
        return Invited(webinar.id, slug, email, mia.public_id)


def issue_certificate(served: Served, invited: Invited) -> None:
    with served.carrel.database.transaction() as session:
        staff_manual_issue_and_attendance.issue_by_hand(
            session,
            invited.webinar_id,
            ByHand(invited.email, "She was in the room."),
            actor=invited.manager,
            links=Links(served.url),
            now=now(),
        )


def test_invited_person_chooses_spanish_claims_watches_and_gets_a_certificate(
    served: Served, visit: Visit, invited: Invited
) -> None:
    rosa = visit(**TELEPHONE)
    page = rosa.page
    page.goto("/")
    page.get_by_role("link", name="Español").click()
    expect(page.get_by_role("link", name="Español")).to_have_attribute("aria-current", "true")

    page.goto(urlsplit(found_in_letter(served, invited.email, r"(http\S+/claim/\S+)")).path)
    expect(page.get_by_role("heading")).to_contain_text("tiene un lugar para usted")
    look(page, "claim")
    page.get_by_label("Su nombre").fill("Rosa Ortiz")
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Reclamar su lugar").click()
    panel = page.get_by_role("heading", name="Puede ver este seminario web por medio de")
    expect(panel).to_be_visible()
    look(page, "webinar")

    page.goto(f"/webinars/{invited.slug}/watch")
    page.locator("media-controller .player-bar media-play-button").click()
    rosa.until("document.querySelector('video').currentTime > 0.5")
    expect(page.locator("[data-certificate-words]")).to_contain_text("para obtener su certificado")
    look(page, "watch")

    issue_certificate(served, invited)
    link = found_in_letter(
        served,
        invited.email,
        r"(?s)Obtuvo un certificado de participación.*?(http\S+/verify/\w+)\s",
    )
    page.goto(urlsplit(link).path)
    expect(page.get_by_text("Este certificado es válido")).to_be_visible()
    look(page, "certificate")
    assert rosa.faults == []


@pytest.fixture
def pseudo(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a server that shows accented, longer texts to Spanish readers."""
    use_pseudo_locale(monkeypatch)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


def test_longer_texts_are_not_cut_off_on_a_phone(
    browser: "Browser", pseudo: str, client: Visitor, cast: Cast
) -> None:
    client.sign_in(cast.alice.id)
    cookie = next(iter(client._cookies.values()))
    context = browser.new_context(base_url=pseudo, viewport={"width": 390, "height": 844})
    context.set_default_timeout(2 * PATIENCE_MS)  # one process both renders and serves the pages
    page = context.new_page()
    page.goto("/language/es-US")
    faults = [fault for path in PAGES for fault in cut_off(page, path)]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": pseudo}])
    faults += [fault for path in PAGES_OF_ALICE for fault in cut_off(page, path)]
    context.close()
    assert faults == []


def cut_off(page: Page, path: str) -> list[str]:
    """Return what is wider than a phone on a page, or cut off."""
    page.goto(path)
    assert not page.evaluate(OVERLAP), f"{path}: the menu covers the name of the site"
    assert re.search(r"\[\w", page.inner_text("main")), f"{path} is not in the pseudo-locale"
    found = [f"{path}: {text!r} is cut off" for text in page.evaluate(CUT_OFF)]
    return [*found, f"{path} scrolls sideways"] if page.evaluate(WIDER) > 0 else found
