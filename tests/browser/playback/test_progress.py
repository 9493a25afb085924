"""Watched parts are saved despite network, tab, and device problems; and gaps are found."""

import re
import time

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from lms.core.clock import now
from lms.models.playback import PlaybackEnd, WatchRecord
from lms.playback import sessions, watch_page
from lms.playback.progress_bitmap import parts
from lms.playback.sessions import Screen
from tests.browser.conftest import Served, Visit
from tests.browser.person import Person
from tests.browser.playback.test_watch import (
    ADD_UP_SHIFTS,
    PLAYING,
    Scene,
    ends_of,
    play,
    scene,
    seek,
    watch_in_peace,
)
from tests.wait_until import until

__all__ = ["scene"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PLACE = "document.querySelector('video').currentTime"
PAUSED = "document.querySelector('video').paused"
KEEP_HINTS = """() => {
    window.hints = [];
    const line = document.querySelector("[data-hint]");
    const keep = () => line.textContent && window.hints.push(line.textContent);
    new MutationObserver(keep).observe(line, {childList: true});
}"""
FAIL_LATE = """() => {
    const fetch = window.fetch;
    const online = new Promise(told => addEventListener("online", told));
    window.fetch = (...request) => fetch(...request).catch(async fault => {
        await online;
        await new Promise(told => setTimeout(told, 500));
        throw fault;
    });
}"""
AHEAD = """from => {
    const {buffered} = document.querySelector('video');
    return buffered.length > 0 && buffered.end(buffered.length - 1) > from;
}"""


def seen(served: Served, login_id: int) -> list[tuple[float, float]]:
    """Return the saved watched parts of a person."""
    with served.carrel.database.read_session() as session:
        buckets = session.scalar(
            select(WatchRecord.buckets).where(WatchRecord.login_id == login_id)
        )
    spans = parts(buckets or b"", served.film.encoded.seconds)
    return [(span.starts_s, span.ends_s) for span in spans]


def test_offline_playback_is_reported_when_the_connection_returns(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    watch_in_peace(alice, scene, past=1.0)
    alice.until(AHEAD, 18)
    alice.context.set_offline(True)
    alice.until(PLAYING.format(16))
    alice.page.keyboard.press("k")
    alice.until(PAUSED)
    assert seen(served, scene.alice) in ([], [(0.0, 5.0)])
    with alice.page.expect_response(re.compile("/beat$")) as beat:
        alice.context.set_offline(False)
    assert beat.value.status == 200
    [(starts, ends)] = seen(served, scene.alice)
    assert starts == 0
    assert ends >= 15


def test_failed_heartbeat_is_resent_after_reconnecting(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    watch_in_peace(alice, scene, past=6.0)
    alice.page.evaluate(FAIL_LATE)
    alice.context.set_offline(True)
    alice.page.keyboard.press("k")
    alice.until(PAUSED)
    with alice.page.expect_response(re.compile("/beat$")) as beat:
        alice.context.set_offline(False)
    assert beat.value.status == 200
    [(starts, ends)] = seen(served, scene.alice)
    assert starts == 0
    assert ends >= 5


def play_while_offline(person: Person, scene: Scene) -> None:
    """Play the first 16 seconds while all reports fail."""
    person.page.route(re.compile("/(beat|close)$"), lambda route: route.abort())
    watch_in_peace(person, scene, past=16.0)
    with person.page.expect_event("requestfailed", lambda failed: failed.url.endswith("/beat")):
        person.page.keyboard.press("k")


def leave_unheard(person: Person) -> None:
    """Leave a page whose final report is lost."""
    # a broken connection accepts a beacon and loses it
    person.page.evaluate("navigator.sendBeacon = () => true")
    person.page.goto("about:blank")
    person.page.unroute_all()


def leave_while_offline(person: Person, scene: Scene) -> None:
    """Play the first 16 seconds while all reports fail, and leave with the final one lost."""
    play_while_offline(person, scene)
    leave_unheard(person)


@pytest.mark.parametrize("width", [390, 820])
def test_offline_playback_is_reported_by_the_next_page(
    served: Served, visit: Visit, scene: Scene, width: int
) -> None:
    alice = visit(scene.alice)
    leave_while_offline(alice, scene)
    assert seen(served, scene.alice) == []
    alice.page.add_init_script(ADD_UP_SHIFTS)
    alice.page.set_viewport_size({"width": width, "height": 900})
    with alice.page.expect_response(re.compile("/close$")) as told:
        alice.page.goto(scene.path)
    assert told.value.status == 200
    [(starts, ends)] = seen(served, scene.alice)
    assert starts == 0
    assert ends >= 15
    expect(alice.page.get_by_text("Resume at 0:1")).to_be_visible()
    expect(alice.page.get_by_role("button", name="Copy link at 0:1")).to_be_visible()
    assert alice.page.evaluate("window.moved") < 0.02
    alice.page.keyboard.press("k")  # it resumes where the last page stopped, without a take-over
    alice.until(PLAYING.format(16))
    assert alice.page.evaluate("localStorage.getItem('carrel-untold')") is None


def test_newer_position_from_another_device_is_shown(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    watch_in_peace(alice, scene, past=6.0)
    alice.page.goto("about:blank")
    until(lambda: ends_of(served, scene.alice) == [PlaybackEnd.CLOSED])
    with served.carrel.database.transaction() as session:
        record = session.scalars(
            select(WatchRecord).where(WatchRecord.login_id == scene.alice)
        ).one()
        record.position_s, record.updated_at = 40.0, now()
    with alice.page.expect_response(re.compile("/close$")) as told:
        alice.page.goto(scene.path)
    assert told.value.status == 200
    alice.page.wait_for_timeout(1000)
    expect(alice.page.get_by_text("Resume at 0:40")).to_be_visible()


def test_lost_final_report_is_resent_by_the_next_page(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    watch_in_peace(alice, scene, past=6.0)
    leave_unheard(alice)  # as when the server restarts just then, with no failure before
    assert seen(served, scene.alice) == []
    with alice.page.expect_response(re.compile("/close$")) as told:
        alice.page.goto(scene.path)
    assert told.value.status == 200
    assert seen(served, scene.alice) == [(0.0, 5.0)]


def test_resending_a_received_report_changes_nothing(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    watch_in_peace(alice, scene, past=6.0)
    alice.page.goto("about:blank")
    until(lambda: seen(served, scene.alice) == [(0.0, 5.0)])
    alice.faults.clear()
    with alice.page.expect_response(re.compile("/close$")) as told:
        alice.page.goto(scene.path)
    assert told.value.status == 200
    alice.until("localStorage.getItem('carrel-untold') === null")
    assert (seen(served, scene.alice), alice.faults) == ([(0.0, 5.0)], [])


def fail_posts(route: Route) -> None:
    """Respond as a server does whose database is down: it serves pages but saves nothing."""
    if route.request.method == "POST":
        route.fulfill(status=503, json={"code": "unavailable"})
    else:
        route.fallback()


def test_offline_playback_is_reported_after_a_server_error(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    page = alice.page
    play_while_offline(alice, scene)
    page.unroute_all()
    page.route("**/*", fail_posts)
    with page.expect_response(re.compile("/beat$")) as faulty:
        page.keyboard.press("ArrowLeft")
    assert faulty.value.status == 503
    # a restarting server shows no message, because the next heartbeat reports everything
    expect(page.locator("[data-message]")).to_be_hidden()
    leave_unheard(alice)
    assert seen(served, scene.alice) == []
    with page.expect_response(re.compile("/close$")) as told:
        page.goto(scene.path)
    assert told.value.status == 200
    [(starts, ends)] = seen(served, scene.alice)
    assert starts == 0
    assert ends >= 15


def test_offline_playback_is_dropped_after_another_device_plays(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    leave_while_offline(alice, scene)
    with served.carrel.database.transaction() as session:
        sessions.open_playback(
            session,
            screen=Screen(scene.alice, None),
            webinar_id=watch_page.webinar_id_of(session, scene.slug, with_drafts=False),
            takes_over=True,
            now=now(),
        )
    with alice.page.expect_response(re.compile("/close$")) as told:
        alice.page.goto(scene.path)
    assert told.value.status == 403
    alice.until("localStorage.getItem('carrel-untold') === null")
    assert seen(served, scene.alice) == []


def test_lost_heartbeats_are_reported_with_the_next_one(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    alice.page.route(re.compile("/beat$"), lambda route: route.abort())
    watch_in_peace(alice, scene, past=6.0)
    for _ in range(2):  # each press sends a heartbeat
        alice.page.keyboard.press("k")
    alice.until(PLAYING.format(11))
    assert seen(served, scene.alice) == []
    alice.page.unroute_all()
    with alice.page.expect_response(re.compile("/beat$")):
        alice.page.keyboard.press("k")
    assert seen(served, scene.alice) == [(0.0, 10.0)]


def test_playback_on_two_devices_adds_up(served: Served, visit: Visit, scene: Scene) -> None:
    first, second = visit(scene.alice), visit(scene.alice)
    watch_in_peace(first, scene, past=6.0)
    with first.page.expect_response(re.compile("/beat$")):
        first.page.keyboard.press("k")
    second.page.goto(f"{scene.path}?t=30")
    second.page.keyboard.press("k")
    second.page.locator("[data-message-take-over]").click()
    second.until(PLAYING.format(36))
    with second.page.expect_response(re.compile("/beat$")):
        second.page.keyboard.press("k")
    assert seen(served, scene.alice) == [(0.0, 5.0), (30.0, 35.0)]


def test_unwatched_parts_are_listed_and_a_key_seeks_to_the_next(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    page = alice.page
    watch_in_peace(alice, scene, past=6.0)
    seek(page, 30.0)
    alice.until(PLAYING.format(36))
    with page.expect_response(re.compile("/beat$")):
        page.keyboard.press("k")
    named = page.locator("[data-gaps-words]")
    expect(named).to_have_text("Not watched yet: 0:05 to 0:30, 0:35 to 1:03.")
    expect(page.locator(".strip-hole")).to_have_attribute("x", "5")
    page.keyboard.press("u")
    alice.until("(({currentTime: at}) => at >= 5 && at < 20)(document.querySelector('video'))")
    expect(page.locator("[data-hint]")).to_have_text("0:05 to 0:30")
    page.keyboard.press("u")
    alice.until("(({currentTime: at}) => at >= 35 && at < 50)(document.querySelector('video'))")
    page.reload()
    expect(named).to_have_text(re.compile(r"^Not watched yet: 0:\d\d to 0:30, 0:\d\d to 1:03\.$"))


def test_stalled_request_is_announced_and_playback_recovers(visit: Visit, scene: Scene) -> None:
    alice = visit(scene.alice)
    page = alice.page
    watch_in_peace(alice, scene, past=2.0)
    page.route(re.compile(r"/media/.*\.mp4"), lambda _route: None)  # no response and no error
    seek(page, 56.0)
    hint = page.locator("[data-hint]")
    expect(hint).to_contain_text("The connection is slow")
    page.unroute_all(behavior="ignoreErrors")
    alice.until(PLAYING.format(57))
    expect(hint).to_be_hidden()
    assert not page.evaluate(PAUSED)


def tap(page: Page, place: tuple[float, float], *, at: float, times: int = 1) -> None:
    """Tap a place several times, a tenth of a second apart by the timestamps of the touch events.

    `at` is the timestamp of the first tap; a busy machine may deliver it later.
    """
    screen = page.context.new_cdp_session(page)
    finger = [{"x": place[0], "y": place[1]}]
    for moment in (at + number / 10 for number in range(times)):
        screen.send(
            "Input.dispatchTouchEvent",
            {"type": "touchStart", "touchPoints": finger, "timestamp": moment},
        )
        screen.send(
            "Input.dispatchTouchEvent",
            {"type": "touchEnd", "touchPoints": [], "timestamp": moment + 0.02},
        )
    screen.detach()


def test_double_tap_seeks_ten_seconds_and_single_tap_does_not_seek(
    visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice, has_touch=True, viewport={"width": 390, "height": 800})
    page = alice.page
    page.goto(scene.path)
    play(alice, past=1.0, rate=1.0)
    page.evaluate(KEEP_HINTS)
    box = page.locator("[data-film]").bounding_box()
    assert box is not None
    right = box["x"] + box["width"] * 0.85, box["y"] + box["height"] * 0.4
    left = box["x"] + box["width"] * 0.15, box["y"] + box["height"] * 0.4
    clock = time.time()
    tap(page, right, at=clock, times=2)
    alice.until("window.hints.join() === 'Forward 10 seconds'")  # may be hidden again
    alice.until(PLAYING.format(11))
    page.keyboard.press("k")
    alice.until(PAUSED)
    place = page.evaluate(PLACE)
    tap(page, left, at=clock + 1, times=3)
    alice.until(f"{PLACE} <= {max(0, place - 20) + 0.1}")
    assert page.evaluate("new Set(window.hints).size") == 2
    gone_back, said = page.evaluate(PLACE), page.evaluate("window.hints.length")
    assert gone_back == pytest.approx(max(0, place - 20), abs=0.1)
    tap(page, right, at=clock + 2)
    page.wait_for_timeout(500)
    assert page.evaluate(PLACE) == gone_back
    assert page.evaluate("window.hints.length") == said


def test_theater_mode_is_remembered(visit: Visit, scene: Scene) -> None:
    alice = visit(scene.alice, viewport={"width": 1440, "height": 900})
    page = alice.page
    page.goto(scene.path)
    film, rail = page.locator("[data-film]"), page.locator("[data-rail]")

    def is_below() -> bool:
        one, other = film.bounding_box(), rail.bounding_box()
        return bool(one and other and other["y"] >= one["y"] + one["height"])

    assert not is_below()
    page.get_by_role("button", name="Theater mode").click()
    assert is_below()
    page.reload()
    alice.until("document.querySelector('.watch-theatre') !== null")
    assert is_below()
    page.keyboard.press("t")
    assert not is_below()


def test_playback_recovers_from_damaged_segments(visit: Visit, scene: Scene) -> None:
    alice = visit(scene.alice)
    page = alice.page
    watch_in_peace(alice, scene, past=2.0)
    damaged: list[str] = []

    def damage(route: Route) -> None:
        if len(damaged) == 3 or "audio" in route.request.url:
            route.fallback()
            return
        damaged.append(route.request.url)
        answer = route.fetch()
        route.fulfill(response=answer, body=bytes(255 - each for each in answer.body()))

    page.route(re.compile(r"/media/.*\.mp4"), damage)
    seek(page, 40.0)
    alice.until(PLAYING.format(47))
    assert len(damaged) == 3
    assert not page.evaluate(PAUSED)
