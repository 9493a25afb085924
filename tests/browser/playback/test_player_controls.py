"""What the player's own controls do in a real browser: the film in a window of its own, and loudness."""

from typing import Final

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Served, Visit
from tests.browser.person import Person
from tests.factories import make_grant

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SLUG: Final = "in-a-window-of-its-own"
OTHER: Final = "as-loud-as-before"
IN_A_WINDOW: Final = "document.pictureInPictureElement === document.querySelector('video')"
LOUDNESS: Final = "document.querySelector('video').volume"


@pytest.fixture(scope="session")  # as the house in which it writes
def alice_id(served: Served) -> int:
    """Alice, who holds two webinars."""
    with served.carrel.database.transaction() as session:
        alice = served.add_person(session, "Alice")
        for slug in (SLUG, OTHER):
            make_grant(session, alice, served.add_webinar(session, slug, title="Two doors"))
        return alice.id


def playing(visit: Visit, alice_id: int) -> Person:
    alice = visit(alice_id)
    alice.page.goto(f"/webinars/{SLUG}/watch")
    alice.until("!!customElements.get('media-controller')")
    alice.page.keyboard.press("k")
    alice.until("document.querySelector('video').currentTime > 0.5")
    return alice


def test_the_film_goes_into_a_window_of_its_own_and_back(visit: Visit, alice_id: int) -> None:
    alice = playing(visit, alice_id)
    page = alice.page

    def press(name: str, *, by_key: bool) -> None:
        if by_key:
            page.keyboard.press("i")
        else:
            page.mouse.move(300, 300)  # the controls leave a film that plays
            page.get_by_role("button", name=name).click()

    for by_key in (False, True):
        press("enter picture in picture mode", by_key=by_key)
        alice.until(IN_A_WINDOW)
        press("exit picture in picture mode", by_key=by_key)
        alice.until("document.pictureInPictureElement === null")
    assert alice.faults == []


def test_how_loud_it_is_is_remembered_on_the_next_page_and_while_it_is_muted(
    visit: Visit, alice_id: int
) -> None:
    alice = playing(visit, alice_id)
    page = alice.page
    loudness = page.get_by_role("slider", name="volume")
    loudness.fill("0.4")
    alice.until(f"{LOUDNESS} === 0.4")
    page.locator(".player-bar media-play-button").focus()
    page.keyboard.press("ArrowDown")
    alice.until(f"{LOUDNESS} === 0.35")
    # the event that is kept by comes a moment after the change
    alice.until("JSON.parse(localStorage.getItem('carrel-player')).volume === 0.35")
    page.goto(f"/webinars/{OTHER}/watch")
    alice.until("!!customElements.get('media-controller')")
    alice.until(f"{LOUDNESS} === 0.35")
    expect(loudness).to_have_value("0.35")
    assert page.evaluate("document.querySelector('video').muted") is False

    loudness.fill("0.6")
    page.keyboard.press("m")  # though the focus is on the slider still
    alice.until("JSON.parse(localStorage.getItem('carrel-player')).muted")
    page.reload()
    alice.until("!!customElements.get('media-controller')")
    alice.until("document.querySelector('video').muted")
    page.keyboard.press("m")
    alice.until(f"!document.querySelector('video').muted && {LOUDNESS} === 0.6")
