"""What a launch shows is said by the signed message: not by the login, nor by the link's id."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lti.models.launches import FrameSession
from lti.selftest.platform.vocabulary import LTI
from tests.lti.tool_server import Connection, is_open

CUSTOM, TARGET, LINK = LTI + "custom", LTI + "target_link_uri", LTI + "resource_link"


def shown(database: Database) -> list[object]:
    """What each framed session was opened for, in their order."""
    with database.read_session() as session:
        return list(session.scalars(select(FrameSession.target).order_by(FrameSession.id)))


def test_the_login_request_decides_nothing(connection: Connection, database: Database) -> None:
    claims = {CUSTOM: {"webinar": "signed"}}
    begun = connection.platform.begin(connection.learner, connection.link, claims=claims)
    fields = {**begun.fields, "target_link_uri": f"{connection.url}/lti/launch?webinar=asked"}
    assert is_open(connection.post(connection.answered(replace(begun, fields=fields))))
    assert shown(database) == [{"webinar": "signed"}]


@pytest.mark.parametrize("again", [False, True], ids=["unknown", "known"])
def test_one_link_shows_whatever_its_message_names(
    connection: Connection, database: Database, *, again: bool
) -> None:
    names = ["first", "first", "second"] if again else ["first", "second"]
    for name in names:
        said = {CUSTOM: {"webinar": name}, LINK: {"id": "the-same"}}
        assert is_open(connection.launch(claims=said))
    assert shown(database) == [{"webinar": name} for name in names]


def test_custom_parameters_go_before_the_signed_address(
    connection: Connection, database: Database
) -> None:
    signed = {TARGET: f"{connection.url}/lti/launch?webinar=address"}
    assert is_open(connection.launch(claims={**signed, CUSTOM: {"webinar": "custom"}}))
    assert is_open(connection.launch(claims={**signed, CUSTOM: {}}))
    assert shown(database) == [{"webinar": "custom"}, {"webinar": "address"}]
