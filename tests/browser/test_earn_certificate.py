"""Watching a whole recording in a browser, up to the page linked by the certificate's QR code."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lms.models.certificates import Certificate
from tests.browser.conftest import Served, Visit
from tests.browser.person import Person
from tests.browser.sent_mail import found_in_letter
from tests.factories import make_grant

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

TITLE = "Getting the most from a recording"
PLACE = "document.querySelector('video').currentTime"
PIXELS_A_POINT = 3
TELEPHONE = {"viewport": {"width": 390, "height": 844}}


@dataclass(frozen=True, slots=True)
class Scene:
    """Alice has permanent access to the webinar."""

    alice: int
    email: str
    slug: str

    @property
    def path(self) -> str:
        return f"/webinars/{self.slug}/watch"


@pytest.fixture
def scene(served: Served, slug: str) -> Scene:
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, slug, title=TITLE)
        alice = served.add_person(session, "Alice")
        make_grant(session, alice, webinar)
        return Scene(alice.id, alice.email or "", slug)


def play(person: Person, *, past: float, rate: float = 2.0) -> None:
    person.page.locator("media-controller .player-bar media-play-button").click()
    person.page.evaluate("rate => (document.querySelector('video').playbackRate = rate)", rate)
    person.until(f"{PLACE} > {past}")


def seek(page: Page, to: float) -> None:
    page.evaluate("to => (document.querySelector('video').currentTime = to)", to)


def issued(served: Served, scene: Scene) -> list[str]:
    with served.carrel.database.read_session() as session:
        return list(
            session.scalars(
                select(Certificate.public_id).where(Certificate.login_id == scene.alice)
            )
        )


def test_seeking_to_the_end_issues_no_certificate(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    alice.page.goto(scene.path)
    play(alice, past=2.0)
    with alice.page.expect_response(re.compile("/beat$")):
        seek(alice.page, 58.0)
    alice.until("document.querySelector('video').ended")
    alice.page.reload()
    assert issued(served, scene) == []
    expect(alice.page.locator("[data-certificate-words]")).to_have_text(re.compile(r"\b0:\d\d\b"))


def test_watching_on_two_devices_earns_a_verifiable_certificate(
    served: Served, visit: Visit, scene: Scene
) -> None:
    desk = visit(scene.alice)
    desk.page.goto(scene.path)
    expect(desk.page.locator("[data-certificate-words]")).to_be_visible()
    play(desk, past=12.0)
    with desk.page.expect_response(re.compile("/beat$")):
        seek(desk.page, 40.0)
    desk.until(f"{PLACE} > 50")
    _hide(desk.page)
    desk.until(f"{PLACE} > 52")
    desk.page.close()

    telephone = visit(scene.alice, **TELEPHONE)
    telephone.page.goto(scene.path)
    _take_over(telephone)
    with telephone.page.expect_response(re.compile("/beat$")):
        seek(telephone.page, 9.0)
    telephone.page.evaluate("document.querySelector('video').playbackRate = 2")
    telephone.until(f"{PLACE} > 42")
    seek(telephone.page, 50.0)
    telephone.until("document.querySelector('video').ended")
    card = telephone.page.locator("[data-certificate]")
    expect(card).to_contain_text("You earned your certificate.", timeout=60_000)

    (number,) = issued(served, scene)
    link = found_in_letter(served, scene.email, r"(http\S+/verify/\w+)\s")
    assert link == f"{served.url}/verify/{number}"
    assert _code_on_paper(telephone.page, link) == link
    stranger = visit()
    stranger.page.goto(urlsplit(link).path)
    expect(stranger.page.locator(".certificate-page .notice-done")).to_be_visible()
    expect(stranger.page.get_by_text("Alice", exact=True)).to_be_visible()
    assert telephone.faults + stranger.faults == []


def test_empty_certificate_list_is_linked_from_my_webinars(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    alice.page.goto("/certificates")
    expect(alice.page.get_by_role("heading", name="No certificates yet")).to_be_visible()
    alice.page.goto("/library")
    alice.page.get_by_role("link", name="My certificates").first.click()
    expect(alice.page).to_have_url(re.compile("/certificates$"))
    assert alice.faults == []


def _take_over(person: Person) -> None:
    """Press play, and take over if another screen is still playing."""
    person.page.locator("media-controller .player-bar media-play-button").click()
    take = person.page.locator("[data-message-take-over]")
    playing = person.page.locator("video")
    expect(take.or_(playing).first).to_be_attached()
    person.page.wait_for_timeout(1500)
    if take.is_visible():
        take.click()
        person.faults.clear()  # the browser logs the 409 that offered to take over
    person.until(f"{PLACE} > 0.2")


def _hide(page: Page) -> None:
    """Make the page think that its tab is hidden."""
    page.evaluate(
        "Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )


def _code_on_paper(page: Page, link: str) -> str:
    """Return the text of the QR code on the certificate."""
    with page.expect_response(re.compile(r"certificate\.pdf")) as sent:
        page.evaluate("url => fetch(url).then(() => 0)", f"{link}/certificate.pdf")
    picture = pypdfium2.PdfDocument(sent.value.body())[0].render(scale=PIXELS_A_POINT).to_pil()
    (code,) = zxingcpp.read_barcodes(picture)
    return str(code.text)
