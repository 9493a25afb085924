"""The steps on a connection's page, and what waits for our team on the staff home."""

import re

import pytest
from sqlalchemy import update

from lms.core.database import Database
from lti.models.registrations_and_keys import Registration, RegistrationState
from lti.registrations.connection_steps import Step
from lti.registrations.setup_guides import IN_CHOOSER
from lti.web.registrations.connection_step_texts import MAKE_VISIBLE, NEXT, TITLES, WAITS
from tests.cast import Cast
from tests.clock import Clock
from tests.lti.course_fixtures import make_course
from tests.lti.factories import (
    connect_elm_county,
    make_registration,
    pend_deployment,
    platform_details,
)
from tests.lti.web.registrations.test_manager import place
from tests.page_texts import shows
from tests.visitor import Visitor


def state_of(page: str) -> list[str]:
    """Return the badges of the steps, sorted by stage."""
    steps = page.split('class="connection-steps"')[1].split("</ol>")[0]
    return [
        each
        for each in ("Done", "Next", "Later", "Stopped")
        for _ in range(steps.count(f">{each}<"))
    ]


@pytest.fixture
def waiting(database: Database, cast: Cast, clock: Clock) -> str:
    """Add Elm County's Moodle, which waits for approval; return its public ID."""
    with database.transaction() as session:
        made = make_registration(session, details=platform_details(product="moodle"))
        pend_deployment(session, made, "7")
        session.execute(update(Registration).values(state=RegistrationState.PENDING))
    return made.public_id


def test_manager_sees_who_each_step_waits_for(
    client: Visitor, database: Database, cast: Cast, waiting: str
) -> None:
    client.sign_in(cast.mia.id)
    page = client.get(place(database, cast)).text
    for words in TITLES.values():
        assert f"<strong>{words}</strong>" in page
    assert "Our team" in page
    assert shows(page, WAITS)

    client.sign_in(cast.ada.id)
    client.post(f"/staff/lti/{waiting}/approve")
    client.sign_in(cast.mia.id)
    page = client.get(place(database, cast)).text
    assert shows(page, IN_CHOOSER)  # this next step is Moodle's own
    assert "/guide/moodle" in page
    assert re.search(r"<strong>Approved</strong>.*?Done.*?Our team", page, re.DOTALL)


def test_platform_without_its_own_step_links_to_its_guide(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        connect_elm_county(session, cast, details=platform_details(product="canvas"))
    client.sign_in(cast.mia.id)
    page = client.get(place(database, cast)).text
    assert not shows(page, IN_CHOOSER)
    assert shows(page, MAKE_VISIBLE)
    assert "/guide/canvas" in page


def test_used_connection_shows_the_remaining_step(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        make_course(session, cast.organization_id)
    client.sign_in(cast.mia.id)
    page = client.get(place(database, cast)).text
    assert state_of(page) == ["Done"] * 4 + ["Next"]
    assert shows(page, NEXT[Step.GRADED])


def test_staff_see_the_steps_too(client: Visitor, cast: Cast, waiting: str) -> None:
    client.sign_in(cast.ada.id)
    assert state_of(client.get("/staff/lti").text) == ["Done", "Next", "Later", "Later", "Later"]


def test_pending_connections_are_on_the_staff_home(
    client: Visitor, database: Database, cast: Cast, waiting: str
) -> None:
    client.sign_in(cast.ada.id)
    home = client.get("/staff").text
    assert 'data-testid="connections-1"' in home  # its deployment is approved with it
    client.post(f"/staff/lti/{waiting}/approve")
    assert 'data-testid="connections-' not in client.get("/staff").text
    with database.transaction() as session:
        second = make_registration(session, client_id="second")
        pend_deployment(session, second, "8")
    assert 'data-testid="connections-1"' in client.get("/staff").text
