"""The signed message decides what a launch shows; the login request and link ID don't."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lti.models.launches import FrameSession
from lti.selftest.platform.vocabulary import LTI
from tests.lti.tool_server import Connection, is_open

CUSTOM, TARGET, LINK = LTI + "custom", LTI + "target_link_uri", LTI + "resource_link"


def shown(database: Database) -> list[object]:
    """Return the target of each framed session, oldest first."""
    with database.read_session() as session:
        return list(session.scalars(select(FrameSession.target).order_by(FrameSession.id)))


def test_login_request_does_not_decide_the_content(
    connection: Connection, database: Database
) -> None:
    claims = {CUSTOM: {"webinar": "signed"}}
    begun = connection.platform.begin(connection.learner, connection.link, claims=claims)
    fields = {**begun.fields, "target_link_uri": f"{connection.url}/lti/launch?webinar=asked"}
    assert is_open(connection.post(connection.answered(replace(begun, fields=fields))))
    assert shown(database) == [{"webinar": "signed"}]


@pytest.mark.parametrize("again", [False, True], ids=["unknown", "known"])
def test_link_shows_the_content_that_each_message_names(
    connection: Connection, database: Database, *, again: bool
) -> None:
    names = ["first", "first", "second"] if again else ["first", "second"]
    for name in names:
        said = {CUSTOM: {"webinar": name}, LINK: {"id": "the-same"}}
        assert is_open(connection.launch(claims=said))
    assert shown(database) == [{"webinar": name} for name in names]


def test_custom_parameters_override_the_target_link(
    connection: Connection, database: Database
) -> None:
    signed = {TARGET: f"{connection.url}/lti/launch?webinar=address"}
    assert is_open(connection.launch(claims={**signed, CUSTOM: {"webinar": "custom"}}))
    assert is_open(connection.launch(claims={**signed, CUSTOM: {}}))
    assert shown(database) == [{"webinar": "custom"}, {"webinar": "address"}]
