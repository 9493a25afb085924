"""Two first launches at the same moment: who comes second finds what the first has made."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.core.model_base import new_public_id
from lti.launches.open_session_from_message import open_launch
from lti.models.courses import Context, ResourceLink
from lti.models.launches import FrameRole, FrameSession
from lti.models.registrations_and_keys import Deployment
from lti.protocol.messages import Message, MessageType, Person, Place, Services
from lti.registrations.deployments import see_deployment
from tests.cast import Cast
from tests.clock import NOW
from tests.lti.factories import connect_elm_county, pend_deployment

Blinded = Callable[[Session, int], None]


@pytest.fixture
def blinded(monkeypatch: pytest.MonkeyPatch) -> Blinded:
    """Let a session find nothing at its look of this number, as one who looked a moment too soon."""

    def blind(session: Session, at: int) -> None:
        given, looks = session.scalar, iter(range(1, 100))

        def look(query: Any) -> Any:
            return None if next(looks) == at else given(query)

        monkeypatch.setattr(session, "scalar", look)

    return blind


def _message(session: Session, cast: Cast) -> Message:
    deployment = session.scalars(select(Deployment)).one()
    return Message(
        type=MessageType.RESOURCE_LINK,
        issuer="https://lms.example.edu",
        registration_id=deployment.registration_id,
        deployment_id=deployment.id,
        organization_id=cast.organization_id,
        person=Person(None, FrameRole.ANONYMOUS),
        place=Place("course-1", link_id="link-1"),
        services=Services(),
        target_link_uri="https://library.example.org/lti/launch",
        origins=(),
    )


@pytest.mark.parametrize("at", [1, 2], ids=["the course", "the link"])
def test_a_course_and_its_link_are_made_once(
    database: Database, cast: Cast, blinded: Blinded, at: int
) -> None:
    with database.transaction() as session:
        connect_elm_county(session, cast)
        open_launch(
            session,
            _message(session, cast),
            target=None,
            browser=None,
            public_id=new_public_id(),
            now=NOW,
        )
    with database.transaction() as session:
        message = _message(session, cast)
        blinded(session, at)
        open_launch(session, message, target=None, browser=None, public_id=new_public_id(), now=NOW)
    with database.read_session() as session:
        counts = [
            session.scalars(select(func.count()).select_from(model)).one()
            for model in (Context, ResourceLink, FrameSession)
        ]
    assert counts == [1, 1, 2]


def test_a_deployment_is_noted_once(database: Database, cast: Cast, blinded: Blinded) -> None:
    with database.transaction() as session:
        registration = connect_elm_county(session, cast)
        first = pend_deployment(session, registration, "new")
    with database.transaction() as session:
        blinded(session, 1)
        assert see_deployment(session, registration.id, "new", now=NOW).id == first
