"""Two simultaneous first launches: the second uses the rows that the first created."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.models.accounts import Login
from lti.launches.launch_lookup import Known
from lti.launches.open_session_from_message import Whereabouts, find_or_make
from lti.models.courses import Context, ResourceLink
from lti.models.launches import FrameRole
from lti.models.registrations_and_keys import Deployment, DeploymentState
from lti.people import identities
from lti.protocol.messages import Message, MessageType, Person, Place, Services
from lti.registrations.deployments import Tenant, see_deployment
from tests.cast import Cast
from tests.clock import NOW
from tests.lti.factories import connect_elm_county, pend_deployment

Blinded = Callable[[Session, int], None]


@pytest.fixture
def blinded(monkeypatch: pytest.MonkeyPatch) -> Blinded:
    """Return a function that makes a session's nth query find nothing, as before a commit."""

    def blind(session: Session, at: int) -> None:
        given, looks = session.scalar, iter(range(1, 100))

        def look(query: Any) -> Any:
            return None if next(looks) == at else given(query)

        monkeypatch.setattr(session, "scalar", look)

    return blind


def _launch(
    session: Session, cast: Cast, *, sub: str | None = None, services: Services | None = None
) -> Whereabouts:
    deployment = session.scalars(select(Deployment)).one()
    message = Message(
        type=MessageType.RESOURCE_LINK,
        issuer="https://lms.example.edu",
        registration_id=deployment.registration_id,
        deployment=deployment.deployment_id,
        person=Person(sub, FrameRole.LEARNER),
        place=Place("course-1", link_id="link-1"),
        services=services or Services(),
        target_link_uri="https://library.example.org/lti/launch",
        origins=(),
    )
    tenant = Tenant(deployment.id, DeploymentState.APPROVED, cast.organization_id)
    return find_or_make(session, message, Known(), tenant, None, now=NOW)


@pytest.mark.parametrize("at", [1, 2], ids=["the course", "the link"])
def test_course_and_link_are_created_once(
    database: Database, cast: Cast, blinded: Blinded, at: int
) -> None:
    with database.transaction() as session:
        connect_elm_county(session, cast)
        _launch(session, cast)
    with database.transaction() as session:
        blinded(session, at)
        _launch(session, cast)
    with database.read_session() as session:
        counts = [
            session.scalars(select(func.count()).select_from(model)).one()
            for model in (Context, ResourceLink)
        ]
    assert counts == [1, 1]


def test_person_is_created_once(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        connect_elm_county(session, cast)
        first = _launch(session, cast, sub="wren")
    with database.transaction() as session:
        logins = session.scalar(select(func.count()).select_from(Login))
        monkeypatch.setattr(identities._LOGIN_OF, "one", lambda *_: None)
        assert _launch(session, cast, sub="wren") == first
        assert session.scalar(select(func.count()).select_from(Login)) == logins


def test_deployment_is_recorded_once(database: Database, cast: Cast, blinded: Blinded) -> None:
    with database.transaction() as session:
        registration = connect_elm_county(session, cast)
        first = pend_deployment(session, registration, "new")
    with database.transaction() as session:
        blinded(session, 1)
        assert see_deployment(session, registration.id, "new", now=NOW).id == first


def test_roster_at_a_new_url_is_read_in_full(database: Database, cast: Cast) -> None:
    """The differences URL is at the old host, which may no longer exist."""
    old = Services(memberships="https://old.example.edu/members")
    new = Services(memberships="https://new.example.edu/members")
    with database.transaction() as session:
        connect_elm_county(session, cast)
        _launch(session, cast, services=old)
        course = session.scalars(select(Context)).one()
        course.differences_url = differences = "https://old.example.edu/members?since=1"
        for services in (Services(), old):
            _launch(session, cast, services=services)
            assert course.differences_url == differences
        _launch(session, cast, services=new)
        assert (course.memberships_url, course.differences_url) == (new.memberships, None)
