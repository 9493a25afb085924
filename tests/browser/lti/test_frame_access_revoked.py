"""Access that ends while a learner watches in a frame: it stops within a minute and says why."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Frame, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.policy import Code
from lms.core.clock import now
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.grants import Grant, Withdrawal
from lms.models.organizations import Organization
from lms.models.seats import AssignmentEnd, Pool, Seat
from lms.seats.claims import release_many
from lms.seats.pools import revoke_pool_grant
from lti.models.identities import Identity
from lti.models.registrations_and_keys import Deployment, Registration
from lti.registrations.deployments import refuse_deployment
from lti.registrations.registrations import disable_registration
from tests.browser.lti.framed_states import open_state
from tests.browser.lti.tool_frame import framed
from tests.browser.lti.two_sites import PLAYING, Library, until
from tests.browser.page_elements import stopped_by
from tests.factories import make_grant
from tests.platform.platform import Platform

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

STOPS_WITHIN_MS = 60_000
SLUG = "ends-with-the-{}"
SWITCHED_OFF = "The connection to your LMS was turned off."
SAID: dict[str, Code | str] = {
    "seat": Code.SEAT_RELEASED,
    "grant": Code.REVOKED,
    "deployment": SWITCHED_OFF,
    "registration": SWITCHED_OFF,
}


def _release(session: Session, organization_id: int) -> None:
    seats = select(Seat.public_id).join(Pool).where(Pool.organization_id == organization_id)
    links = Links("http://127.0.0.1")
    ids = session.scalars(seats).all()
    release_many(session, ids, AssignmentEnd.REMOVED, links=links, actor=None, now=now())


def _revoke(session: Session, organization_id: int) -> None:
    grants = select(Grant.public_id).join(Pool, Pool.id == Grant.pool_id)
    grant = session.scalars(grants.where(Pool.organization_id == organization_id)).one()
    revoke_pool_grant(session, grant, Withdrawal.REVOKED, reason="", actor=None, now=now())


def _registration(session: Session, organization_id: int) -> str:
    found = select(Registration.public_id).where(Registration.organization_id == organization_id)
    return session.scalars(found).one()


def _refuse(session: Session, organization_id: int) -> None:
    theirs = select(Deployment.deployment_id).where(Deployment.organization_id == organization_id)
    named, one = _registration(session, organization_id), session.scalars(theirs).one()
    refuse_deployment(session, named, one, actor=None, now=now())


def _disable(session: Session, organization_id: int) -> None:
    named = _registration(session, organization_id)
    disable_registration(session, named, actor=None, now=now())


ENDS: dict[str, Callable[[Session, int], None]] = {
    "seat": _release,
    "grant": _revoke,
    "deployment": _refuse,
    "registration": _disable,
}


def test_playback_in_the_frame_stops_and_says_why(
    browser: "Browser", library: Library, platform: Platform
) -> None:
    context = browser.new_context(viewport={"width": 820, "height": 900})
    playing = {how: _open(context.new_page(), library, platform, how) for how in ENDS}
    for frame, _ in playing.values():
        frame.locator("media-controller .player-bar media-play-button").click()
        until(frame.locator("video"), PLAYING)
    with library.served.carrel.database.transaction() as session:
        for how in ENDS:
            _end(session, how)
    began = time.monotonic()
    for how, (frame, path) in playing.items():
        said = SAID[how]
        if isinstance(said, Code):
            message = stopped_by(frame, said).filter(has_text="Elm County Library")
        else:
            message = frame.locator("[data-message]").filter(has_text=said)
        expect(message).to_be_visible(timeout=STOPS_WITHIN_MS)
        assert time.monotonic() - began < STOPS_WITHIN_MS / 1000
        assert frame.evaluate("document.querySelector('video').readyState") == 0
        assert frame.url.endswith(path)
        expect(frame.get_by_role("button", name="Try again")).to_be_hidden()
    context.close()


def _open(page: Page, library: Library, platform: Platform, how: str) -> tuple[Frame, str]:
    """Open a page of a learner in a separate organization; returns the frame and its path."""
    slug = SLUG.format(how)
    path = open_state(library.served, "watch a seat is theirs", platform.url, slug=slug)
    return framed(page, library, platform, path), path


def _end(session: Session, how: str) -> None:
    slug = SLUG.format(how)
    organization = session.scalars(
        select(Organization.id).where(Organization.slug == f"{slug}-library")
    ).one()
    webinar = session.scalars(select(Webinar).where(Webinar.slug == slug)).one()
    learner = select(Identity.login_id).where(Identity.organization_id == organization)
    # Access of their own doesn't count in the organization's frame.
    make_grant(session, session.get_one(Login, session.scalars(learner).one()), webinar)
    ENDS[how](session, organization)
