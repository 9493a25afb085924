"""Platforms that register themselves with an organization's invite."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.lti_facade.organizations import customers
from lti.models.registrations_and_keys import RegistrationState
from lti.registrations.dynamic_registration import Granted, PlatformConfiguration
from lti.registrations.dynamically_registered_platforms import Way, keep_registration
from lti.registrations.tool_configuration import Offered
from tests.cast import Cast
from tests.clock import NOW


def register(session: Session, cast: Cast, number: int) -> RegistrationState:
    """Register a platform of the test organization by an open invite."""
    host = f"https://lms{number}.example"
    configuration = PlatformConfiguration(
        issuer=host,
        auth_url=f"{host}/auth",
        token_url=f"{host}/token",
        jwks_url=f"{host}/jwks",
        registration_url=f"{host}/register",
        token_audience=None,
        product="moodle",
        offered=Offered(messages=None, scopes=None, placements=()),
    )
    way = Way(customers(session, [cast.organization_id])[cast.organization_id], False, None, None)
    granted = Granted(client_id=f"client-{number}", deployment_id=None)
    return keep_registration(
        session, way, f"secret-{number}", configuration, granted, now=NOW
    ).state


def test_one_of_two_simultaneous_registrations_is_active(database: Database, cast: Cast) -> None:
    has_begun = threading.Event()

    def first() -> RegistrationState:
        with database.transaction() as session:
            state = register(session, cast, 1)
            has_begun.set()
            time.sleep(0.5)  # so the second registration starts in the meantime
        return state

    def second() -> RegistrationState:
        has_begun.wait()
        with database.transaction() as session:
            return register(session, cast, 2)

    with ThreadPoolExecutor() as both:
        states = [each.result(timeout=30) for each in (both.submit(first), both.submit(second))]
    assert states == [RegistrationState.ACTIVE, RegistrationState.PENDING]
