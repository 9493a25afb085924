"""1EdTech certification, assignments and grades: students' scores are sent, teachers' aren't.

Each test runs over HTTP from the launch through the player's heartbeats to the gradebook of a
strict platform. The certification leaves these tests to the tool; the eight cases cover columns,
scores, results, and missing scopes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pytest
from sqlalchemy import select

from lms.core.clock import now
from lti.grades.jobs import services_of
from lti.http.authorized_platform_calls import find_platform
from lti.http.platform_calls_and_outcomes import Answered, Call, read_json
from lti.models.registrations_and_keys import Registration
from lti.protocol.spec_vocabulary import RESULT_READ_SCOPE
from lti.selftest.platform.vocabulary import RESULTS_TYPE, Scope
from tests.lti_certification.course_visits import Lesson, Visit

TOLD: Final = "Sent"
UNTOLD: Final = "No score yet"


@dataclass(frozen=True, slots=True)
class Grading:
    """How the gradebook is prepared, what has to arrive in it, and what the teacher reads."""

    name: str
    holds: Callable[[Lesson], None]
    prepare: Callable[[Lesson], None] = lambda _lesson: None
    says: str = TOLD
    watched_s: int = 60


def _resource_id(lesson: Lesson) -> str:
    return "&".join(f"{name}={value}" for name, value in lesson.connection.link.custom.items())


def _a_column(lesson: Lesson) -> None:
    lesson.connection.platform.add_column(lesson.connection.tool, lesson.connection.link)


def _a_copied_column(lesson: Lesson) -> None:
    tool, platform = lesson.connection.tool, lesson.connection.platform
    platform.add_column(tool, None, resource_id=_resource_id(lesson), tag="carrel")


def _may(*scopes: Scope) -> Callable[[Lesson], None]:
    def prepare(lesson: Lesson) -> None:
        lesson.connection.tool.scopes = (*scopes, Scope.MEMBERS_READ)

    return prepare


def _is_made(lesson: Lesson) -> None:
    [column] = lesson.connection.platform.line_items()
    link = lesson.connection.link
    assert (column.resource_link_id, column.resource_id) == (link.id, _resource_id(lesson))
    assert (column.label, column.maximum, column.tag) == (link.title, 100, "carrel")


def _is_used(lesson: Lesson) -> None:
    [column] = lesson.connection.platform.line_items()
    assert len(column.scores) == 1
    assert lesson.connection.platform.calls("line_items") == []


def _is_found(lesson: Lesson) -> None:
    [column] = lesson.connection.platform.line_items()
    assert len(column.scores) == 1
    assert {call.method for call in lesson.connection.platform.calls("line_items")} == {"GET"}


def _is_final(lesson: Lesson) -> None:
    [score] = lesson.connection.platform.scores()
    assert score.person_id == lesson.connection.learner.id
    assert (score.given, score.maximum) == (100, 100)
    assert (score.activity, score.grading) == ("Completed", "FullyGraded")
    for _ in range(3):
        lesson.report()
    assert len(lesson.connection.platform.scores()) == 1


def _is_read_back(lesson: Lesson) -> None:
    """Check the result in the gradebook, using the tool's own token."""
    with lesson.carrel.database.read_session() as session:
        registration_id = session.scalars(select(Registration.id)).one()
        platform = find_platform(session, registration_id)
    [column] = lesson.connection.platform.line_items()
    url = lesson.connection.platform.addresses.line_item(column, "/results")
    call = Call("GET", url, {"Accept": RESULTS_TYPE})
    answer = services_of(lesson.carrel).call(platform, (RESULT_READ_SCOPE,), call, now=now())
    assert isinstance(answer, Answered), answer
    [result] = read_json(answer)
    told = (result["userId"], result["resultScore"], result["resultMaximum"])
    assert told == (lesson.connection.learner.id, 100, 100)


def _is_not_told(lesson: Lesson) -> None:
    platform = lesson.connection.platform
    assert (platform.scores(), platform.line_items()) == ([], [])
    assert platform.calls("scores") == []


def _is_not_even_asked(lesson: Lesson) -> None:
    _is_not_told(lesson)
    assert lesson.connection.platform.calls("line_items", "token") == []


CERTIFICATION: Final = (
    Grading("1. a column is made where there is none", _is_made),
    Grading("2. the column of the launch is used", _is_used, _a_column),
    Grading("3. a copied column is found again", _is_found, _a_copied_column),
    Grading("4. a final score arrives once", _is_final, _a_column),
    Grading("5. the result is read back", _is_read_back),
    Grading("6. what is not complete is not told", _is_not_told, says=UNTOLD, watched_s=30),
    Grading(
        "7. no column may be made",
        _is_not_told,
        _may(Scope.LINE_ITEM_READ, Scope.SCORE, Scope.RESULT_READ),
        says="allow us to add one",
    ),
    Grading(
        "8. no scope for scores",
        _is_not_even_asked,
        _may(),
        says="allow this link to send grades",
    ),
)
EACH: Final = pytest.mark.parametrize("case", CERTIFICATION, ids=lambda case: case.name)


def _watched(lesson: Lesson, case: Grading) -> Visit:
    visit = lesson.open(lesson.connection.learner)
    lesson.watch(visit, case.watched_s)
    lesson.report()
    return visit


def test_cases_are_numbered() -> None:
    assert [case.name.partition(".")[0] for case in CERTIFICATION] == list("12345678")


@EACH
def test_students_score_is_sent_and_the_student_cannot_change_it(
    lesson: Lesson, case: Grading
) -> None:
    case.prepare(lesson)
    visit = _watched(lesson, case)
    case.holds(lesson)
    for act in ("rule", "scores"):
        form = [("rule", "proportional"), ("threshold", "1")]
        assert visit.post(act, form).status_code == 404
    for room in ("review", "people.csv"):
        assert visit.get(room).status_code == 404
    lesson.report()
    case.holds(lesson)


@EACH
def test_teacher_sees_what_was_sent_and_is_not_graded(lesson: Lesson, case: Grading) -> None:
    case.prepare(lesson)
    visit = lesson.open(lesson.connection.teacher)
    lesson.watch(visit)
    lesson.report()
    platform = lesson.connection.platform
    assert platform.scores() == []
    assert platform.calls("scores", "token") == []
    _watched(lesson, case)
    case.holds(lesson)
    page = lesson.open(lesson.connection.teacher).get()
    assert page.status_code == 200
    assert case.says in page.text
    assert lesson.connection.learner.family in page.text
    assert lesson.connection.teacher.family not in page.text


def test_submission_review_opens_only_for_the_teacher_and_that_learner(lesson: Lesson) -> None:
    _a_column(lesson)
    visit = lesson.open(lesson.connection.learner)
    lesson.watch(visit)
    lesson.report()
    connection, learner = lesson.connection, lesson.connection.learner
    other = connection.platform.course.learners[1]
    shown = {}
    for person in (connection.teacher, learner, other):
        begun = connection.platform.begin_review(person, connection.link, learner)
        page = lesson.inside(connection.post(connection.answered(begun))).get("review")
        shown[person.id] = (page.status_code, f"{learner.given} {learner.family}" in page.text)
    assert shown == {
        connection.teacher.id: (200, True),
        learner.id: (200, True),
        other.id: (404, False),
    }
