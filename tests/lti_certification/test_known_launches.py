"""Launches of known people: changed values are stored, unchanged values aren't written again."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms.core.clock import now
from lms.core.database import Database
from lms.models.accounts import Login
from lti.launches import launch
from lti.launches.login_state import Begun
from lti.models.courses import Context, ResourceLink
from lti.models.identities import Identity
from lti.models.launches import FrameSession, LaunchEntry, LaunchOutcome, PendingLogin
from lti.models.registrations_and_keys import (
    Deployment,
    DeploymentState,
    Registration,
    RegistrationState,
)
from lti.selftest.platform.vocabulary import AGS_CLAIM, LTI, NRPS_CLAIM
from tests.lti.tool_server import Browser, Connection, is_open
from tests.lti_certification.forged_launches import Claims, became_known, launched

PLACES: Final = (Deployment, Identity, Context, ResourceLink)
COLUMN: Final = "https://lms.example.edu/columns/7"


def test_known_person_launches_the_same_way_as_the_first_time(
    connection: Connection, database: Database
) -> None:
    first = became_known(connection)
    second = launched(connection)
    assert is_open(second)
    differ = {"Date", "Location", "Server", "X-Request-ID"}
    told = [
        {name: text for name, text in answer.headers.items() if name not in differ}
        for answer in (first, second)
    ]
    assert told[0] == told[1]
    opened = connection.url + second.headers["Location"]
    assert connection.browser.get(opened).status_code == 200
    assert Browser().get(opened).status_code == 404
    with database.read_session() as session:
        frames = session.scalars(select(FrameSession).order_by(FrameSession.id)).all()
        lines = session.scalars(select(LaunchEntry).order_by(LaunchEntry.id)).all()
        assert session.scalars(select(PendingLogin)).all() == []
    own = ("id", "public_id", "secret_hash", "created_at", "expires_at", "_sa_instance_state")
    kept = [{k: v for k, v in vars(frame).items() if k not in own} for frame in frames]
    assert kept[0] == kept[1]
    assert frames[1].expires_at - frames[1].created_at == timedelta(hours=8)
    said = [(line.registration_id, line.deployment_id, line.message_type) for line in lines]
    assert said[0] == said[1]
    assert {(line.outcome, line.status, line.code, line.reason) for line in lines} == {
        (LaunchOutcome.LAUNCHED, 303, "ok", "")
    }


def test_login_can_begin_by_get(connection: Connection) -> None:
    begun = connection.platform.begin(connection.learner, connection.link)
    asked = {**begun.fields, "lti_storage_target": ""}
    answer = connection.browser.get(begun.url, params=asked)
    assert (answer.status_code, answer.headers["Content-Length"]) == (303, "0")
    assert "Partitioned" in answer.headers["Set-Cookie"]
    assert is_open(connection.post(connection.platform.answer(answer.headers["Location"])))


def _name(database: Database) -> object:
    return _one(database, select(Login.name).join(Identity, Identity.login_id == Login.id))


def _one(database: Database, query: Any) -> object:
    with database.read_session() as session:
        return session.scalar(query)


# changes to the message, and what is stored afterward
OTHERWISE: Final[Mapping[str, tuple[Claims, Callable[[Database], object], object]]] = {
    "another name": (
        {"name": "Someone Else", "given_name": "Someone"},
        _name,
        "Someone Else",
    ),
    "another address": (
        {"email": "Someone.Else@Example.org"},
        lambda database: _one(database, select(Identity.email_key)),
        "someone.else@example.org",
    ),
    "no address any more": (
        {"email": None},
        lambda database: _one(database, select(Identity.email_key)),
        None,
    ),
    "another id of the institution's records": (
        {LTI + "lis": {"person_sourcedid": "E-7 42"}},
        lambda database: _one(database, select(Identity.sis_id)),
        "E-7 42",
    ),
    "another title of the course": (
        {LTI + "context": {"title": "Another Course"}},
        lambda database: _one(database, select(Context.title)),
        "Another Course",
    ),
    "another list of columns": (
        {AGS_CLAIM: {"lineitems": COLUMN}},
        lambda database: _one(database, select(Context.line_items_url)),
        COLUMN,
    ),
    "another roster": (
        {NRPS_CLAIM: {"context_memberships_url": COLUMN}},
        lambda database: _one(database, select(Context.memberships_url)),
        COLUMN,
    ),
    "another title of the link": (
        {LTI + "resource_link": {"title": "Another Link"}},
        lambda database: _one(database, select(ResourceLink.title)),
        "Another Link",
    ),
    "another recording": (
        {LTI + "custom": {"webinar": "another", "start": "30"}},
        lambda database: _one(database, select(ResourceLink.target)),
        {"webinar": "another", "start": "30"},
    ),
    "other scopes": (
        {AGS_CLAIM: {"scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score"]}},
        lambda database: _one(database, select(ResourceLink.scopes)),
        "https://purl.imsglobal.org/spec/lti-ags/scope/score",
    ),
    "another column": (
        {AGS_CLAIM: {"lineitem": COLUMN}},
        lambda database: _one(database, select(ResourceLink.line_item_url)),
        COLUMN,
    ),
    "another person": (
        {"sub": "somebody new"},
        lambda database: _one(database, select(func.count()).select_from(Identity)),
        2,
    ),
    "another course": (
        {LTI + "context": {"id": "another course"}},
        lambda database: _one(database, select(func.count()).select_from(Context)),
        2,
    ),
    "another link": (
        {LTI + "resource_link": {"id": "another link"}},
        lambda database: _one(database, select(func.count()).select_from(ResourceLink)),
        2,
    ),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_changed_values_in_a_message_are_stored(
    connection: Connection, database: Database, name: str
) -> None:
    changes, kept, expected = OTHERWISE[name]
    became_known(connection)
    assert is_open(launched(connection))
    assert is_open(launched(connection, changes))
    assert kept(database) == expected
    assert is_open(launched(connection, changes))
    assert kept(database) == expected


def test_missing_values_in_a_message_change_nothing(
    connection: Connection, database: Database
) -> None:
    became_known(connection)
    less = {
        "name": None,
        "given_name": None,
        "family_name": None,
        LTI + "context": {"title": None},
        LTI + "resource_link": {"title": None},
        LTI + "custom": None,
    }
    assert is_open(launched(connection, less))
    with database.read_session() as session:
        assert session.scalars(select(Context)).one().title != ""
        assert session.scalars(select(ResourceLink)).one().title != ""
        assert session.scalars(select(FrameSession).order_by(FrameSession.id.desc())).first()


def test_email_domain_is_stored_in_lowercase(connection: Connection, database: Database) -> None:
    said = {"email": "Wren@Example.ORG"}
    assert is_open(launched(connection, said))
    assert _one(database, select(Identity.email)) == "Wren@example.org"
    assert is_open(launched(connection, said))


def test_name_of_a_login_with_an_email_address_is_not_changed(
    connection: Connection, database: Database
) -> None:
    became_known(connection)
    with database.transaction() as session:
        theirs = session.scalars(select(Identity.login_id)).all()
        session.execute(
            update(Login)
            .where(Login.id.in_(theirs))
            .values(email="wren@example.org", email_key="wren@example.org", name="Their Own")
        )
    assert is_open(launched(connection, {"name": "Someone Else"}))
    assert _name(database) == "Their Own"


def test_message_without_a_course_or_link_opens_for_a_known_person(
    connection: Connection, database: Database
) -> None:
    became_known(connection)
    assert is_open(launched(connection, {LTI + "context": None}))
    begun = connection.platform.begin_deep_linking(
        connection.learner, connection.tool, without=(LTI + "roles",)
    )
    assert is_open(connection.post(connection.answered(begun)))
    with database.read_session() as session:
        frames = session.scalars(select(FrameSession).order_by(FrameSession.id)).all()
    assert [(frame.context_id is None, frame.link_id is None) for frame in frames] == [
        (False, False),
        (True, True),
        (False, True),
    ]


def test_deep_linking_without_a_user_id_opens_anonymously(
    connection: Connection, database: Database
) -> None:
    became_known(connection)
    begun = connection.platform.begin_deep_linking(
        connection.teacher, connection.tool, without=("sub",)
    )
    assert is_open(connection.post(connection.answered(begun)))
    with database.read_session() as session:
        frame = session.scalars(select(FrameSession).order_by(FrameSession.id.desc())).first()
    assert frame is not None
    assert (frame.role.value, frame.identity_id, frame.login_id) == ("anonymous", None, None)


@pytest.mark.parametrize("place", PLACES)
def test_time_of_last_launch_is_updated_once_an_hour(
    connection: Connection, database: Database, place: Any
) -> None:
    became_known(connection)
    before = now() - timedelta(minutes=61)
    with database.transaction() as session:
        session.execute(update(place).values(seen_at=before))
    assert is_open(launched(connection))
    seen = _one(database, select(place.seen_at))
    assert isinstance(seen, type(before))
    assert seen > before + timedelta(minutes=60)
    assert is_open(launched(connection))
    assert _one(database, select(place.seen_at)) == seen


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (
            update(Registration).values(state=RegistrationState.DISABLED),
            403,
            "registration_disabled",
        ),
        (update(Deployment).values(state=DeploymentState.REFUSED), 403, "deployment_refused"),
        (update(Deployment).values(state=DeploymentState.PENDING), 403, "deployment_pending"),
    ],
    ids=["platform stopped", "deployment refused", "deployment pending"],
)
def test_platform_or_deployment_stopped_by_staff_blocks_the_next_launch(
    connection: Connection, database: Database, change: Any, status: int, code: str
) -> None:
    became_known(connection)
    posted = connection.answered(connection.platform.begin(connection.learner, connection.link))
    with database.transaction() as session:
        session.execute(change)
    assert connection.post(posted).status_code == status
    with database.read_session() as session:
        last = session.scalars(select(LaunchEntry).order_by(LaunchEntry.id.desc())).first()
        assert session.scalar(select(func.count()).select_from(FrameSession)) == 1
    assert last is not None
    assert (last.status, last.code) == (status, code)


def test_known_persons_message_opens_only_once(connection: Connection, database: Database) -> None:
    became_known(connection)
    posted = connection.answered(connection.platform.begin(connection.learner, connection.link))
    assert is_open(connection.post(posted))
    assert connection.post(posted).status_code == 401
    assert _one(database, select(func.count()).select_from(FrameSession)) == 2


def test_launch_overtaken_by_a_duplicate_post_is_refused(
    connection: Connection, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted = connection.answered(connection.platform.begin(connection.learner, connection.link))
    take_up = launch.take_up_login

    def overtaken(session: Session, begun: Begun) -> bool:
        """Take up the login twice, as if a duplicate post came first."""
        take_up(session, begun)
        return take_up(session, begun)

    monkeypatch.setattr(launch, "take_up_login", overtaken)
    assert connection.post(posted).status_code == 401
    with database.read_session() as session:
        line = session.scalars(select(LaunchEntry)).one()
        assert (line.code, line.deployment_id is None) == ("state_unknown", False)
        assert session.scalars(select(FrameSession)).all() == []
