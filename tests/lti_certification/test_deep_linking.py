"""1EdTech certification, deep linking: seven answers that a teacher's choice has to give, and no student's.

Each goes by HTTP from the platform's request to the platform's door, which verifies the signed
answer with the keys that the tool publishes and makes links and columns of what it says.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Final

import pytest
import requests
from sqlalchemy import select

from lms.db import Database
from lms.models.people import Organisation
from lti.models.launches import FrameSession, LaunchEntry
from tests.cast import Cast
from tests.factories import make_pool, make_pool_grant, make_recording, make_webinar
from tests.lti.tool_server import is_open
from tests.lti_certification.lesson import Lesson
from tests.platform.deep_linking import Answer
from tests.platform.platform import Platform
from tests.platform.records import Person
from tests.platform.vocabulary import DEEP_LINKING

Items = Sequence[Mapping[str, Any]]
OFFERED: Final = re.compile(r'name="add"\s+value="(webinar:[0-9a-z]{26})"')
HIDDEN: Final = re.compile(r'name="JWT"\s+value="([^"]+)"')
ACTION: Final = re.compile(r'method="post"\s+action="([^"]+)"')
DATA: Final = "csrf:7; ünder +%2F&="
LINK_TYPE: Final = "ltiResourceLink"


@dataclass(frozen=True, slots=True)
class Choosing:
    """What the platform asks for, how much is chosen, how many links that makes, and what is true of them."""

    name: str
    chosen: int
    made: int
    asks: Mapping[str, Any] = field(default_factory=dict)
    holds: Callable[[Platform, Answer], bool] = lambda _platform, _answer: True


def _names_a_webinar(_platform: Platform, answer: Answer) -> bool:
    return all(item["custom"]["webinar"] and item["title"] and item["url"] for item in answer.items)


def _has_columns(platform: Platform, answer: Answer) -> bool:
    told = [item["lineItem"] for item in answer.items]
    columns = [platform.column(link) for link in answer.links]
    made = [(one.label, one.maximum, one.resource_id) for one in columns if one is not None]
    return made == [(one["label"], one["scoreMaximum"], one["resourceId"]) for one in told]


def _has_no_columns(platform: Platform, answer: Answer) -> bool:
    return not platform.line_items() and all("lineItem" not in item for item in answer.items)


def _gives_data_back(_platform: Platform, answer: Answer) -> bool:
    return answer.claims[DEEP_LINKING + "data"] == DATA


def _says_no_data(_platform: Platform, answer: Answer) -> bool:
    return DEEP_LINKING + "data" not in answer.claims


def _is_links_alone(_platform: Platform, answer: Answer) -> bool:
    return {item["type"] for item in answer.items} == {LINK_TYPE}


CERTIFICATION: Final = (
    Choosing("1. nothing is chosen", 0, 0),
    Choosing("2. one link", 1, 1, holds=_names_a_webinar),
    Choosing("3. several links", 2, 2, holds=_names_a_webinar),
    Choosing("4. one alone where several are not accepted", 2, 1, {"accept_multiple": False}),
    Choosing("5. a column with each link", 2, 2, {"accept_lineitem": True}, _has_columns),
    Choosing("6. data comes back", 1, 1, {"data": DATA}, _gives_data_back),
    Choosing(
        "7. of the kinds that are accepted",
        2,
        2,
        {"accept_types": ["file", LINK_TYPE]},
        _is_links_alone,
    ),
)
FURTHER: Final = (
    Choosing("no column where none is taken", 2, 2, {"accept_lineitem": False}, _has_no_columns),
    Choosing("no column where none is spoken of", 1, 1, {"accept_lineitem": None}, _has_no_columns),
    Choosing("no data where none was given", 1, 1, {"data": None}, _says_no_data),
    Choosing("one alone where nothing is said of several", 2, 1, {"accept_multiple": None}),
)
EACH: Final = pytest.mark.parametrize(
    "case", [*CERTIFICATION, *FURTHER], ids=lambda case: case.name
)


@pytest.fixture(autouse=True)
def _second(database: Database, cast: Cast) -> None:
    """Elm County has another webinar besides."""
    with database.transaction() as session:
        webinar = make_webinar(session, "mold")
        make_recording(session, webinar)
        elm = session.get_one(Organisation, cast.organisation_id)
        make_pool_grant(session, make_pool(session, elm, webinar))


def _asked(lesson: Lesson, person: Person, asks: Mapping[str, Any]) -> requests.Response:
    tool = lesson.connection.tool
    begun = lesson.connection.platform.begin_deep_linking(person, tool, deep_linking=asks)
    return lesson.connection.post(lesson.connection.answered(begun))


def test_the_list_is_the_certifications() -> None:
    assert [case.name.partition(".")[0] for case in CERTIFICATION] == list("1234567")


@EACH
def test_a_teachers_choice_arrives_as_it_was_asked_for(lesson: Lesson, case: Choosing) -> None:
    connection = lesson.connection
    visit = lesson.inside(_asked(lesson, connection.teacher, case.asks))
    offered = list(dict.fromkeys(OFFERED.findall(visit.get("pick").text)))
    form = [("chosen", each) for each in offered[: case.chosen]] or [("act", "cancel")]
    page = visit.post("pick", form)
    assert page.status_code == 200, page.text
    token, action = HIDDEN.search(page.text), ACTION.search(page.text)
    assert token is not None
    assert action is not None
    received = requests.post(unescape(action[1]), data={"JWT": token[1]}, timeout=30)
    answer = connection.platform.answers[-1]
    assert (received.status_code, answer.faults) == (200, ())
    assert (len(answer.items), len(answer.links)) == (case.made, case.made)
    assert case.holds(connection.platform, answer)
    assert visit.post("pick", form).status_code == 410  # sent once, and no second time
    for link in answer.links:
        assert lesson.open(connection.learner, link).get().status_code == 200


@EACH
def test_a_student_chooses_nothing(lesson: Lesson, database: Database, case: Choosing) -> None:
    connection = lesson.connection
    answer = _asked(lesson, connection.learner, case.asks)
    assert answer.status_code == 403
    assert "chosen by those who teach" in answer.text
    with database.read_session() as session:
        assert session.scalars(select(FrameSession)).all() == []
        line = session.scalars(select(LaunchEntry)).one()
        assert (line.status, line.code) == (403, "choosing_not_theirs")
    visit = lesson.open(connection.learner)
    for act in (("act", "cancel"), ("chosen", "webinar:" + "0" * 26)):
        assert visit.post("pick", [act]).status_code == 404
    assert visit.get("pick").status_code == 404
    assert connection.platform.answers == []
    assert connection.platform.line_items() == []


@pytest.mark.parametrize(
    ("roles", "status"),
    [
        ([], 303),
        (["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"], 303),
        (["ContentDeveloper"], 303),
        (["Learner", "Instructor"], 303),
        (["Learner"], 403),
        (["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"], 403),
        (["http://purl.imsglobal.org/vocab/lis/v2/membership/Learner#GuestLearner"], 403),
    ],
)
def test_who_is_a_learner_and_nothing_else_in_this_course_does_not_choose(
    lesson: Lesson, roles: list[str], status: int
) -> None:
    connection = lesson.connection
    claims = {"https://purl.imsglobal.org/spec/lti/claim/roles": roles}
    begun = connection.platform.begin_deep_linking(
        connection.teacher, connection.tool, claims=claims
    )
    answer = connection.post(connection.answered(begun))
    assert answer.status_code == status
    assert is_open(answer) is (status == 303)
