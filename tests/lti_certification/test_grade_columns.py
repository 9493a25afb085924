"""Grade columns that are created with a link, in each product's gradebook."""

import re
from collections.abc import Iterator

import pytest

from lms.core.runtime import Carrel
from lms.models.catalog import Webinar
from lti.selftest.platform.records import Link, Person
from tests.cast import Cast
from tests.clock import Clock
from tests.lti.tool_server import Browser, connected
from tests.lti_certification.course_visits import CLIP_S, Lesson, lesson_of
from tests.lti_certification.picker_choices import ask, choose
from tests.platform.app import running_platform
from tests.platform.product_quirks import BY_NAME
from tests.seat_rows import add_pool


@pytest.fixture(params=sorted(BY_NAME))
def each_lesson(
    request: pytest.FixtureRequest, carrel: Carrel, cast: Cast, clock: Clock
) -> Iterator[Lesson]:
    """Yield a course of Elm County in an LMS with the quirks of each product."""
    with carrel.database.transaction() as session:
        add_pool(session, cast.organization_id, cast.webinar_id)
    with (
        running_platform(habits=BY_NAME[request.param]) as platform,
        connected(carrel, platform, token_audience=platform.tokens.audience) as connection,
    ):
        yield lesson_of(connection, carrel, clock, cast.slug)


@pytest.fixture
def name(carrel: Carrel, cast: Cast) -> str:
    """Return the webinar's public ID, as the picker uses it."""
    with carrel.database.read_session() as session:
        return session.get_one(Webinar, cast.webinar_id).public_id


def clip(name: str, **entered: str) -> dict[str, str]:
    """Return picker fields for the first minute of a recording."""
    return {f"start:{name}": "0:00", f"end:{name}": str(CLIP_S), "asked": name, **entered}


def seen(lesson: Lesson, person: Person, page: str = "") -> str:
    """Return a page of the LMS course as a person sees it."""
    platform = lesson.connection.platform
    with Browser() as browser:
        browser.post(f"{platform.url}/become/{person.id}")
        return browser.get(f"{platform.url}/courses/{platform.course.id}{page}").text


def watched(lesson: Lesson, link: Link) -> None:
    """Let a learner watch a whole link, and send the score."""
    lesson.watch(lesson.open(lesson.connection.learner, link))
    lesson.report()


def test_column_belongs_to_the_link_before_viewing_and_receives_the_points(
    each_lesson: Lesson, name: str
) -> None:
    connection, platform = each_lesson.connection, each_lesson.connection.platform
    teacher, learner = connection.teacher, connection.learner
    [link] = choose(each_lesson, {}, 1, **clip(name, graded=name, points="20")).answer.links
    [column] = platform.line_items()
    assert (link.line_item_id, column.resource_link_id) == (column.id, link.id)
    assert (column.label, column.maximum) == (link.title, 20)
    assert "of 20" in seen(each_lesson, teacher, "/gradebook")
    assert "Graded, up to 20" in seen(each_lesson, learner)
    watched(each_lesson, link)
    assert platform.line_items() == [column]
    assert platform.grade(learner, link) == 20
    assert "20 of 20" in seen(each_lesson, learner)
    assert re.search(
        rf'data-column="{re.escape(column.id)}">\s*20', seen(each_lesson, teacher, "/gradebook")
    )
    picker = each_lesson.inside(ask(each_lesson, teacher, {})).get(f"pick?add=webinar:{name}")
    assert re.search(r'name="points"\s+value="20"', picker.text)


def test_link_added_without_a_column_gets_none_when_watched(each_lesson: Lesson, name: str) -> None:
    connection, platform = each_lesson.connection, each_lesson.connection.platform
    [link] = choose(each_lesson, {}, 1, **clip(name)).answer.links
    watched(each_lesson, link)
    assert (platform.line_items(), platform.scores()) == ([], [])
    assert platform.calls("line_items", "scores", "token") == []
    page = each_lesson.open(connection.teacher, link).get().text
    assert 'data-testid="not-graded"' in page
    assert 'data-testid="stuck"' not in page
    platform.add_column(connection.tool, link)  # the teacher turns on grading in the course
    each_lesson.open(connection.learner, link)
    each_lesson.report()
    assert platform.grade(connection.learner, link) == 100
