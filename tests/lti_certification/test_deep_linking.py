"""1EdTech certification, deep linking: the seven tests of its guide (6.2), and further settings.

Teachers' selections arrive, students are refused. Each test runs over HTTP from the request to the
return URL of the simulated LMS, which verifies the signed answer with the tool's published keys and
creates links and columns.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.organizations import Organization
from lti.launches.message_validation import NOT_THEIRS
from lti.models.launches import FrameSession, LaunchEntry
from lti.selftest.platform.tokens import BadSignature
from lti.selftest.platform.vocabulary import DEEP_LINKING, LTI
from tests.cast import Cast
from tests.factories import make_pool, make_pool_grant, make_recording, make_webinar
from tests.lti.tool_server import is_open
from tests.lti_certification.course_visits import Lesson
from tests.lti_certification.picker_choices import ask, choose
from tests.page_texts import shows
from tests.platform.deep_linking import Answer
from tests.platform.platform import Platform

DATA: Final = "csrf:7; ünder +%2F&="
LINK_TYPE: Final = "ltiResourceLink"


@dataclass(frozen=True, slots=True)
class Choosing:
    """The settings of a request, the number of items chosen and links made, and what to check."""

    name: str
    chosen: int
    made: int
    asks: Mapping[str, Any] = field(default_factory=dict)
    holds: Callable[[Platform, Answer], bool] = lambda _platform, _answer: True


def _is_received(platform: Platform, _answer: Answer) -> bool:
    [call] = platform.calls("deep_linking")
    return (call.method, call.status) == ("POST", 200)


def _is_a_response(_platform: Platform, answer: Answer) -> bool:
    claims = answer.claims
    kind = (claims[LTI + "message_type"], claims[LTI + "version"])
    return kind == ("LtiDeepLinkingResponse", "1.3.0")


def _is_of_now(platform: Platform, answer: Answer) -> bool:
    issued, ends = answer.claims["iat"], answer.claims["exp"]
    return bool(issued <= platform.now().timestamp() < ends <= issued + 600)


def _is_signed(platform: Platform, answer: Answer) -> bool:
    """Check that the tool publishes its key; a platform with other keys refuses it."""
    [tool] = platform.records.tools.values()
    token = parse_qs(platform.calls("deep_linking")[0].text)["JWT"][0]
    assert platform.tokens.verified(token, tool) == answer.claims
    tool.jwks_url, tool.jwks = None, platform.jwks()
    with pytest.raises(BadSignature):
        platform.tokens.verified(token, tool)
    return True


def _has_its_claims(platform: Platform, answer: Answer) -> bool:
    [tool] = platform.records.tools.values()
    wanted = {"iss": tool.client_id, "aud": platform.issuer}
    wanted |= {LTI + "deployment_id": tool.deployment_id}
    said = {name: answer.claims.get(name) for name in wanted}
    return said == wanted and bool(answer.claims["nonce"])


def _names_a_webinar(_platform: Platform, answer: Answer) -> bool:
    return all(item["custom"]["webinar"] and item["title"] and item["url"] for item in answer.items)


def _has_columns(platform: Platform, answer: Answer) -> bool:
    told = [item["lineItem"] for item in answer.items]
    columns = [platform.column(link) for link in answer.links]
    made = [(one.label, one.maximum, one.resource_id) for one in columns if one is not None]
    attached = [one.id for one in columns if one is not None] == [
        link.line_item_id for link in answer.links
    ]
    return attached and made == [
        (one["label"], one["scoreMaximum"], one["resourceId"]) for one in told
    ]


def _has_no_columns(platform: Platform, answer: Answer) -> bool:
    return not platform.line_items() and all("lineItem" not in item for item in answer.items)


def _gives_data_back(_platform: Platform, answer: Answer) -> bool:
    return answer.claims[DEEP_LINKING + "data"] == DATA


def _says_no_data(_platform: Platform, answer: Answer) -> bool:
    return DEEP_LINKING + "data" not in answer.claims


def _is_links_alone(_platform: Platform, answer: Answer) -> bool:
    return {item["type"] for item in answer.items} == {LINK_TYPE}


CERTIFICATION: Final = (
    Choosing("1. the request is taken", 1, 1),
    Choosing("2. the response is received", 1, 1, holds=_is_received),
    Choosing("3. it is a deep linking response", 1, 1, holds=_is_a_response),
    Choosing("4. its timestamps are right", 1, 1, holds=_is_of_now),
    Choosing("5. its signature is ours", 1, 1, holds=_is_signed),
    Choosing("6. the required claims are there", 1, 1, holds=_has_its_claims),
    Choosing("7. its values are what was chosen", 2, 2, holds=_names_a_webinar),
)
FURTHER: Final = (
    Choosing("nothing is chosen", 0, 0),
    Choosing("one alone where several are not accepted", 2, 1, {"accept_multiple": False}),
    Choosing("a column with each link", 2, 2, {"accept_lineitem": True}, _has_columns),
    Choosing("data comes back", 1, 1, {"data": DATA}, _gives_data_back),
    Choosing(
        "of the kinds that are accepted",
        2,
        2,
        {"accept_types": ["file", LINK_TYPE]},
        _is_links_alone,
    ),
    Choosing("no column where none is taken", 2, 2, {"accept_lineitem": False}, _has_no_columns),
    Choosing("a column where none is spoken of", 1, 1, {"accept_lineitem": None}, _has_columns),
    Choosing("no data where none was given", 1, 1, {"data": None}, _says_no_data),
    Choosing("one alone where nothing is said of several", 2, 1, {"accept_multiple": None}),
)
EACH: Final = pytest.mark.parametrize(
    "case", [*CERTIFICATION, *FURTHER], ids=lambda case: case.name
)


@pytest.fixture(autouse=True)
def _second(database: Database, cast: Cast) -> None:
    """Give Elm County a second webinar."""
    with database.transaction() as session:
        webinar = make_webinar(session, "mold")
        make_recording(session, webinar)
        elm = session.get_one(Organization, cast.organization_id)
        make_pool_grant(session, make_pool(session, elm, webinar))


def test_list_has_the_seven_tests_of_the_certification() -> None:
    assert [case.name.partition(".")[0] for case in CERTIFICATION] == list("1234567")


@EACH
def test_teachers_selection_arrives_as_requested(lesson: Lesson, case: Choosing) -> None:
    connection = lesson.connection
    made = choose(lesson, case.asks, case.chosen)
    answer = made.answer
    assert (len(answer.items), len(answer.links)) == (case.made, case.made)
    assert made.visit.post("pick", made.form).status_code == 410  # it can be sent only once
    for link in answer.links:
        assert lesson.open(connection.learner, link).get().status_code == 200
    assert case.holds(connection.platform, answer)


@EACH
def test_student_cannot_choose_content(lesson: Lesson, database: Database, case: Choosing) -> None:
    connection = lesson.connection
    answer = ask(lesson, connection.learner, case.asks)
    assert answer.status_code == 403
    assert shows(answer.text, NOT_THEIRS)
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
def test_person_with_only_the_learner_role_cannot_choose_content(
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
