"""1EdTech certification: launches of deep linking, submission review, and data privacy."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lti.models.launches import FrameRole, FrameSession, LaunchEntry, Purpose
from lti.selftest.platform.records import Person
from lti.selftest.platform.vocabulary import AGS_CLAIM, LTI, Message
from tests.lti.tool_server import Connection, is_open

# changed settings (None leaves one out), claims left out of the token, and the status
SETTINGS: Final[Mapping[str, tuple[Mapping[str, Any], tuple[str, ...], int]]] = {
    "everything": ({}, (), 303),
    "links alone": ({"accept_types": ["ltiResourceLink"]}, (), 303),
    "one item alone": ({"accept_multiple": False}, (), 303),
    "several said as text": ({"accept_multiple": "true"}, (), 303),
    "several said as anything": ({"accept_multiple": "perhaps"}, (), 400),
    "columns refused": ({"accept_lineitem": False}, (), 303),
    "no data": ({"data": None}, (), 303),
    "empty data": ({"data": ""}, (), 303),
    "data that is an object": ({"data": {"a": 1}}, (), 400),
    "no title": ({"title": None, "text": None}, (), 303),
    "nobody": ({}, ("sub",), 303),
    "no roles": ({}, (LTI + "roles",), 303),
    "neither a person nor roles": ({}, ("sub", LTI + "roles"), 303),
    "no link of ours": ({}, (LTI + "target_link_uri",), 303),
    "no way back": ({"deep_link_return_url": None}, (), 400),
    "a way back that is a script": ({"deep_link_return_url": "javascript:alert(1)"}, (), 400),
    "no types": ({"accept_types": None}, (), 400),
    "types that are text": ({"accept_types": "ltiResourceLink"}, (), 400),
    "files alone": ({"accept_types": ["file"]}, (), 400),
    "plain links alone": ({"accept_types": ["link"]}, (), 303),
    "html alone": ({"accept_types": ["html", "file"]}, (), 303),
    "no targets": ({"accept_presentation_document_targets": None}, (), 400),
    "no target of any kind": ({"accept_presentation_document_targets": []}, (), 303),
    "a target that is a number": ({"accept_presentation_document_targets": [1]}, (), 400),
}


@pytest.mark.parametrize("who", ["teacher", "student"])
@pytest.mark.parametrize("name", SETTINGS)
def test_deep_linking_request_is_checked(
    connection: Connection, database: Database, name: str, who: str
) -> None:
    settings, without, status = SETTINGS[name]
    person = connection.teacher if who == "teacher" else connection.learner
    begun = connection.platform.begin_deep_linking(
        person, connection.tool, deep_linking=settings, without=without
    )
    answer = connection.post(connection.answered(begun))
    if who == "student" and LTI + "roles" not in without:
        status = 403 if status == 303 else status  # learners can't choose content for the course
    assert answer.status_code == status, answer.text
    with database.read_session() as session:
        purposes = [row.purpose for row in session.scalars(select(FrameSession))]
    assert purposes == ([Purpose.PICK] if status == 303 else [])


def _reviewed(connection: Connection, **more: Any) -> Person:
    connection.platform.add_column(connection.tool, connection.link)
    return connection.learner


@pytest.mark.parametrize(
    ("claims", "without", "status"),
    [
        ({}, (), 303),
        ({}, (AGS_CLAIM,), 400),
        ({}, (LTI + "for_user",), 400),
        ({LTI + "for_user": {"person_sourcedid": "x"}}, (), 400),
        ({LTI + "for_user": "somebody"}, (), 400),
    ],
    ids=["complete", "no column", "about nobody", "about nobody with an id", "about a text"],
)
def test_submission_review_requires_a_person_and_a_column(
    connection: Connection,
    database: Database,
    claims: Mapping[str, Any],
    without: tuple[str, ...],
    status: int,
) -> None:
    about = _reviewed(connection)
    begun = connection.platform.begin_review(
        connection.teacher, connection.link, about, claims=claims, without=without
    )
    answer = connection.post(connection.answered(begun))
    assert answer.status_code == status, answer.text
    if status == 303:
        with database.read_session() as session:
            frame = session.scalars(select(FrameSession)).one()
            assert frame.purpose is Purpose.REVIEW
            assert frame.services["for_user"] == about.id


@pytest.mark.parametrize("name", ["LtiDataPrivacyLaunchRequest", "DataPrivacyLaunchRequest"])
def test_data_privacy_launch_needs_no_course(
    connection: Connection, database: Database, name: str
) -> None:
    begun = connection.platform.begin(
        connection.learner,
        connection.link,
        message=Message.DATA_PRIVACY,
        claims={LTI + "message_type": name},
    )
    assert is_open(connection.post(connection.answered(begun)))
    with database.read_session() as session:
        assert session.scalars(select(FrameSession)).one().purpose is Purpose.PRIVACY


def test_deep_linking_request_without_a_user_id_is_anonymous(
    connection: Connection, database: Database
) -> None:
    begun = connection.platform.begin_deep_linking(
        connection.teacher, connection.tool, without=("sub",)
    )
    assert is_open(connection.post(connection.answered(begun)))
    with database.read_session() as session:
        frame = session.scalars(select(FrameSession)).one()
        assert (frame.role, frame.login_id) == (FrameRole.ANONYMOUS, None)
        assert session.scalars(select(LaunchEntry)).one().message_type == "LtiDeepLinkingRequest"
