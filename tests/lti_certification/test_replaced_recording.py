"""A link of a course outlives the recording it was made for: another one plays, and grades stay."""

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
    """Let the films be given out by the test's clock too."""

    def told() -> float:
        return clock.moment.timestamp()

    monkeypatch.setattr("media.delivery.authorization.time", SimpleNamespace(time=told))


@pytest.fixture
def staff(carrel: Carrel, client: Visitor, cast: Cast) -> Staff:
    """The staff of the house."""
    return Staff(carrel, client, cast)


@pytest.fixture(params=["chosen in the course", "a clip of it"])
def link(request: pytest.FixtureRequest, lesson: Lesson) -> Link:
    """A link that a teacher made before anything was replaced."""
    if request.param == "a clip of it":
        return lesson.connection.link
    [made] = choose(lesson, {"accept_lineitem": True}, 1).answer.links
    return made


def launch(lesson: Lesson, link: Link) -> Visit:
    """Press the link again, some time later."""
    lesson.clock.advance(LATER)
    return lesson.open(lesson.connection.learner, link)


def shown(lesson: Lesson, folder: str) -> bytes:
    """What is really played from a folder of addresses."""
    answer = lesson.connection.browser.get(f"{folder}/{FILE}")
    assert answer.status_code == 200
    return answer.content


def plays(lesson: Lesson, link: Link, version: Version) -> bool:
    """Tell whether the link plays this version from now on."""
    folder = lesson.watch(launch(lesson, link), 0)
    return folder.endswith(f"/{version.run}") and shown(lesson, folder) == version.film


def grades(lesson: Lesson, link: Link) -> list[float]:
    """What the gradebook was told for the learner, one after the other."""
    lesson.report()
    told = lesson.connection.platform.scores(link, lesson.connection.learner)
    return [score.given for score in told]


def test_the_same_link_plays_the_new_recording_and_who_had_begun_goes_on_in_it(
    lesson: Lesson, staff: Staff, link: Link
) -> None:
    former = staff.first(CLIP_S)
    playing = lesson.watch(launch(lesson, link), HALF_S)
    assert shown(lesson, playing) == former.film
    assert grades(lesson, link) == []

    second = staff.replace(CLIP_S + 2)
    assert shown(lesson, playing) == former.film  # who watches at this moment sees it through
    again = launch(lesson, link)
    assert f'data-resume="{HALF_S}.0"' in again.get("watch").text
    folder = lesson.watch(again, CLIP_S, since=HALF_S)
    assert shown(lesson, folder) == second.film
    assert grades(lesson, link) == [100.0]

    staff.delete(former)
    assert plays(lesson, link, second)
    assert grades(lesson, link) == [100.0]


def test_who_had_half_of_a_deleted_recording_earns_the_grade_by_the_rest_of_the_new_one(
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


def test_a_grade_that_was_earned_stands_when_a_longer_recording_takes_over(
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


def test_what_was_complete_before_a_longer_recording_took_over_is_told_after_it(
    lesson: Lesson, staff: Staff, link: Link
) -> None:
    former = staff.first(CLIP_S)
    lesson.watch(launch(lesson, link))
    staff.replace(CLIP_S * 3)
    staff.delete(former)
    assert grades(lesson, link) == [100.0]


def test_the_teachers_line_of_a_learner_is_the_same_after_it(
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
