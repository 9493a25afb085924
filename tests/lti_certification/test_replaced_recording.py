"""A course link plays the replacement recording, and grades remain."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Final

import pytest

from lms.core.runtime import Carrel
from lti.selftest.platform.records import Link
from tests.cast import Cast
from tests.clock import Clock
from tests.lti.recording_replacement import FILE, Staff, Version
from tests.lti_certification.course_visits import CLIP_S, Lesson, Visit
from tests.lti_certification.picker_choices import choose
from tests.removed_items_purge import clear
from tests.visitor import Visitor

HALF_S: Final = CLIP_S // 2
LATER: Final = timedelta(hours=1)
A_MONTH: Final = timedelta(days=31)


@pytest.fixture(autouse=True)
def _of_the_same_time(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """Make media delivery use the test's clock."""

    def told() -> float:
        return clock.moment.timestamp()

    monkeypatch.setattr("media.delivery.authorization.time", SimpleNamespace(time=told))


@pytest.fixture
def staff(carrel: Carrel, client: Visitor, cast: Cast) -> Staff:
    """Return the staff's actions on recordings."""
    return Staff(carrel, client, cast)


@pytest.fixture(params=["chosen in the course", "a clip of it"])
def link(request: pytest.FixtureRequest, lesson: Lesson) -> Link:
    """Return a link that was made before any replacement."""
    if request.param == "a clip of it":
        return lesson.connection.link
    [made] = choose(lesson, {"accept_lineitem": True}, 1).answer.links
    return made


def launch(lesson: Lesson, link: Link) -> Visit:
    """Launch the link an hour later."""
    lesson.clock.advance(LATER)
    return lesson.open(lesson.connection.learner, link)


def shown(lesson: Lesson, folder: str) -> bytes:
    """Return the bytes that play from a media folder."""
    answer = lesson.connection.browser.get(f"{folder}/{FILE}")
    assert answer.status_code == 200
    return answer.content


def plays(lesson: Lesson, link: Link, version: Version) -> bool:
    """Tell whether a new launch plays this version."""
    folder = lesson.watch(launch(lesson, link), 0)
    return folder.endswith(f"/{version.run}") and shown(lesson, folder) == version.film


def grades(lesson: Lesson, link: Link) -> list[float]:
    """Return the learner's scores that the gradebook received, oldest first."""
    lesson.report()
    told = lesson.connection.platform.scores(link, lesson.connection.learner)
    return [score.given for score in told]


def test_link_plays_the_new_recording_and_viewers_resume_in_it(
    lesson: Lesson, staff: Staff, link: Link
) -> None:
    former = staff.first(CLIP_S)
    playing = lesson.watch(launch(lesson, link), HALF_S)
    assert shown(lesson, playing) == former.film
    assert grades(lesson, link) == []

    second = staff.replace(CLIP_S + 2)
    assert shown(lesson, playing) == former.film  # a current viewer can finish the old version
    again = launch(lesson, link)
    assert f'data-resume="{HALF_S}.0"' in again.get("watch").text
    folder = lesson.watch(again, CLIP_S, since=HALF_S)
    assert shown(lesson, folder) == second.film
    assert grades(lesson, link) == [100.0]

    staff.delete(former)
    assert plays(lesson, link, second)
    assert grades(lesson, link) == [100.0]


def test_progress_on_a_deleted_recording_counts_toward_the_new_one(
    lesson: Lesson, staff: Staff, link: Link
) -> None:
    former = staff.first(CLIP_S)
    lesson.watch(launch(lesson, link), HALF_S)
    second = staff.replace(CLIP_S)
    staff.delete(former)
    lesson.clock.advance(A_MONTH)
    clear(staff.carrel)
    visit = launch(lesson, link)
    assert f'data-resume="{HALF_S}.0"' in visit.get("watch").text
    assert shown(lesson, lesson.watch(visit, CLIP_S, since=HALF_S)) == second.film
    assert grades(lesson, link) == [100.0]


def test_earned_grade_remains_when_a_longer_recording_replaces_it(
    lesson: Lesson, staff: Staff, link: Link
) -> None:
    former = staff.first(CLIP_S)
    lesson.watch(launch(lesson, link))
    assert grades(lesson, link) == [100.0]

    second = staff.replace(CLIP_S * 3)
    again = launch(lesson, link)
    lesson.watch(again, CLIP_S * 2, since=CLIP_S)
    assert plays(lesson, link, second)
    assert grades(lesson, link) == [100.0]
    assert lesson.connection.platform.grade(lesson.connection.learner, link) == 100

    staff.delete(former)
    assert plays(lesson, link, second)
    lesson.clock.advance(A_MONTH)
    clear(staff.carrel)
    assert plays(lesson, link, second)
    assert grades(lesson, link) == [100.0]
    assert lesson.connection.platform.grade(lesson.connection.learner, link) == 100


def test_completion_before_a_replacement_is_sent_after_it(
    lesson: Lesson, staff: Staff, link: Link
) -> None:
    former = staff.first(CLIP_S)
    lesson.watch(launch(lesson, link))
    staff.replace(CLIP_S * 3)
    staff.delete(former)
    assert grades(lesson, link) == [100.0]


def test_teachers_row_for_a_learner_is_unchanged_by_a_replacement(
    lesson: Lesson, staff: Staff, link: Link
) -> None:
    former = staff.first(CLIP_S)
    lesson.watch(launch(lesson, link))
    lesson.report()

    def line() -> str:
        lesson.clock.advance(LATER)
        page = lesson.open(lesson.connection.teacher, link).get("people.csv")
        assert page.status_code == 200
        return page.text

    before = line()
    assert lesson.connection.learner.family in before
    staff.replace(CLIP_S * 3)
    lesson.report()
    assert line() == before
    staff.delete(former)
    lesson.report()
    assert line() == before
