"""An LMS that registers by its organization's invite works at once, within limits."""

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.lti_facade.connection_emails import IS_APPROVED, IS_CONNECTED, IS_OFF, NEEDS_APPROVAL
from lms.models.branding import Branding
from lms.models.mail import Mail
from lti.models.registrations_and_keys import DeploymentState, RegistrationState
from lti.registrations.deployments import list_deployments, see_deployment
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.lti.registrations.registration_server import TOKEN, TOOL, MailContext, open_office
from tests.lti.web.registrations.test_dynamic_registration import invite, page, registered
from tests.visitor import Visitor


def subjects(database: Database) -> list[tuple[str, str]]:
    """Return recipient and subject of each email, oldest first."""
    with database.read_session() as session:
        rows = session.execute(select(Mail.recipient, Mail.subject).order_by(Mail.id))
        return [(recipient, subject) for recipient, subject in rows]


def have_a_mailbox(database: Database) -> None:
    """Give the seller a contact email address."""
    with database.transaction() as session:
        session.add(
            Branding(
                id=1,
                name="Lantern",
                contact_email="desk@lantern.example",
                accent="#1f6b4f",
                sender_name="Lantern",
                updated_at=NOW,
            )
        )


def test_platform_registers_itself_and_works_at_once(
    client: Visitor, database: Database, cast: Cast, clock: Clock, office: MailContext
) -> None:
    have_a_mailbox(database)
    answer = client.get(page(invite(database, cast.organization_id), office))
    assert answer.status_code == 200
    assert 'data-testid="registration-active"' in answer.text
    assert 'data-testid="left-in-moodle"' in answer.text
    (made,) = registered(database)
    assert (made.issuer, made.client_id) == (office.origin, "client-1")
    assert made.state is RegistrationState.ACTIVE
    assert made.details.name == "Elm County Library · Moodle · 127.0.0.1"
    assert subjects(database) == [
        ("desk@lantern.example", IS_CONNECTED % {"system": made.details.name}),
    ]
    assert made.organization is not None
    assert made.organization.id == cast.organization_id
    assert made.details.jwks_url == f"{office.origin}/jwks"
    assert office.tokens == [f"Bearer {TOKEN}"] * 2


def states(database: Database) -> dict[str, tuple[DeploymentState, str | None]]:
    """Return the state and organization of each deployment."""
    with database.read_session() as session:
        return {
            one.deployment_id: (one.state, one.organization and one.organization.slug)
            for one in list_deployments(session)
        }


@pytest.mark.parametrize("is_named", [True, False], ids=["named at once", "by the first launch"])
def test_first_deployment_is_approved_and_a_second_is_pending(
    client: Visitor,
    database: Database,
    cast: Cast,
    clock: Clock,
    office: MailContext,
    *,
    is_named: bool,
) -> None:
    if is_named:
        office.answer[TOOL] = {"deployment_id": 7}
    client.get(page(invite(database, cast.organization_id), office))
    (made,) = registered(database)
    for name in ("7", "8"):
        with database.transaction() as session:
            see_deployment(session, made.id, name, now=NOW)
    assert states(database) == {
        "7": (DeploymentState.APPROVED, "elm-county"),
        "8": (DeploymentState.PENDING, None),
    }


def test_second_platform_of_an_organization_waits_for_approval_by_staff(
    client: Visitor, database: Database, cast: Cast, clock: Clock, office: MailContext
) -> None:
    have_a_mailbox(database)
    client.get(page(invite(database, cast.organization_id), office))
    with open_office() as second:
        second.answer["client_id"] = "client-2"
        second.answer[TOOL] = {"deployment_id": 7}
        answer = client.get(page(invite(database, cast.organization_id), second))
    assert 'data-testid="registration-pending"' in answer.text
    waiting = next(one for one in registered(database) if one.client_id == "client-2")
    assert waiting.state is RegistrationState.PENDING
    assert states(database) == {"7": (DeploymentState.PENDING, None)}
    assert subjects(database)[-1][1] == NEEDS_APPROVAL % {"system": waiting.details.name}
    client.sign_in(cast.ada.id)
    client.post(f"/staff/lti/{waiting.public_id}/approve")
    assert states(database) == {"7": (DeploymentState.APPROVED, "elm-county")}
    assert subjects(database)[-1] == (
        cast.mia.email,
        IS_APPROVED % {"system": waiting.details.name},
    )
    client.post(f"/staff/lti/{waiting.public_id}/approve")  # a second approval changes nothing
    client.post(f"/staff/lti/{waiting.public_id}/disable")
    assert [subject for _to, subject in subjects(database)][-2:] == [
        IS_APPROVED % {"system": waiting.details.name},
        IS_OFF % {"system": waiting.details.name},
    ]
