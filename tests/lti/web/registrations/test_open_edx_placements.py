"""Open edX has a client per placement: after the first, more placements need no approval."""

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.mail import Mail
from lti.models.registrations_and_keys import DeploymentState, RegistrationState
from lti.registrations.deployments import list_deployments
from lti.registrations.registrations import list_registrations
from lti.web.registrations.manager import ENTERED
from tests.cast import Cast
from tests.clock import Clock
from tests.lti.web.registrations.test_connection_by_invite import have_a_mailbox
from tests.lti.web.registrations.test_manager import place
from tests.page_texts import shows
from tests.visitor import Visitor

EDX = "https://courses.elm.example.org"
STUDIO = "https://studio.elm.example.org"


def placement(number: int, **changed: str) -> dict[str, str]:
    """Return what Studio shows for a placement."""
    return {
        "name": f"Elm Open edX {number}",
        "issuer": EDX,
        "client_id": f"placement-{number}",
        "auth_url": f"{EDX}/api/lti_consumer/v1/launch/",
        "token_url": f"{EDX}/api/lti_consumer/v1/token/{number}",
        "jwks_url": f"{STUDIO}/api/lti_consumer/v1/public_keysets/{number}",
        "deployment_id": "1",
        **changed,
    }


def enter(
    client: Visitor,
    database: Database,
    cast: Cast,
    entered: dict[str, str],
    product: str = "open-edx",
) -> str:
    client.sign_in(cast.mia.id)
    answer = client.post(f"{place(database, cast)}/new?product={product}", data=entered)
    assert answer.status_code == 303
    return client.get(answer.headers["Location"]).text


def states(database: Database) -> dict[str, tuple[RegistrationState, DeploymentState]]:
    """Return the state of each placement and of its deployment."""
    with database.read_session() as session:
        deployed = {one.registration: one.state for one in list_deployments(session)}
        return {
            one.client_id: (one.state, deployed[one.public_id])
            for one in list_registrations(session)
        }


@pytest.fixture
def approved(client: Visitor, database: Database, cast: Cast, clock: Clock) -> None:
    """Enter Elm County's first placement and approve it as staff."""
    have_a_mailbox(database)
    assert shows(enter(client, database, cast, placement(1)), ENTERED[RegistrationState.PENDING])
    with database.read_session() as session:
        (first,) = list_registrations(session)
    client.sign_in(cast.ada.id)
    client.post(f"/staff/lti/{first.public_id}/approve")


WAITS = (RegistrationState.PENDING, DeploymentState.PENDING)
WORKS = (RegistrationState.ACTIVE, DeploymentState.APPROVED)


def test_second_placement_works_at_once_without_emails(
    client: Visitor, database: Database, cast: Cast, approved: None
) -> None:
    with database.read_session() as session:
        before = len(session.scalars(select(Mail.id)).all())
    assert shows(enter(client, database, cast, placement(2)), ENTERED[RegistrationState.ACTIVE])
    assert states(database) == {"placement-1": WORKS, "placement-2": WORKS}
    with database.read_session() as session:
        assert len(session.scalars(select(Mail.id)).all()) == before


@pytest.mark.parametrize(
    "other",
    [
        {"issuer": "https://other.example.org"},
        {"auth_url": "https://other.example.org/api/lti_consumer/v1/launch/"},
        {"jwks_url": "https://other.example.org/api/lti_consumer/v1/public_keysets/2"},
        {"token_url": "https://other.example.org/api/lti_consumer/v1/token/2"},
        {"jwks_url": f"{STUDIO}.evil.example/keys"},
    ],
    ids=["issuer", "login", "keyset host", "token host", "host that only begins alike"],
)
def test_placement_with_a_different_host_waits_for_approval(
    client: Visitor, database: Database, cast: Cast, approved: None, other: dict[str, str]
) -> None:
    enter(client, database, cast, placement(2, **other))
    assert states(database)["placement-2"] == WAITS


def test_disabled_placement_does_not_approve_others(
    client: Visitor, database: Database, cast: Cast, approved: None
) -> None:
    with database.read_session() as session:
        (first,) = list_registrations(session)
    client.post(f"/staff/lti/{first.public_id}/disable")
    enter(client, database, cast, placement(2))
    assert states(database)["placement-2"] == WAITS


def test_other_product_at_the_same_urls_waits_for_approval(
    client: Visitor, database: Database, cast: Cast, approved: None
) -> None:
    enter(client, database, cast, placement(2), product="canvas")
    assert states(database)["placement-2"] == WAITS


def test_shared_values_are_filled_in(
    client: Visitor, database: Database, cast: Cast, approved: None
) -> None:
    client.sign_in(cast.mia.id)
    page = client.get(f"{place(database, cast)}/new?product=open-edx").text
    for value in (EDX, f"{EDX}/api/lti_consumer/v1/launch/", "1"):
        assert f'value="{value}"' in page
    assert "placement-1" not in page
    assert 'value="Elm County Library Open edX 2"' in page


def test_only_the_deployment_is_filled_in_before_the_first_placement(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    client.sign_in(cast.mia.id)
    page = client.get(f"{place(database, cast)}/new?product=open-edx").text
    assert 'value="1"' in page
    assert EDX not in page
