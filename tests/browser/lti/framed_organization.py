"""An organization with a course, from which tests build the states of framed pages."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.clock import now
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.organizations import Organization, Role
from lti.http.platform_calls_and_outcomes import SILENT
from lti.models.courses import Context, ResourceLink, RosterMember, Score, ScoreState
from lti.models.identities import Identity
from lti.protocol.content_target import Target
from lti.protocol.spec_vocabulary import SCORE_SCOPE
from tests.browser.conftest import Served
from tests.factories import (
    make_login,
    make_membership,
    make_organization,
    make_pool,
    make_pool_grant,
)
from tests.lti.course_fixtures import Course, make_course

TITLE: Final = "Getting the most from a recording, for people who have little time"
NAMES: Final = ("Wren Okafor", "Zoë Ångström-O'Neil", "Marisol Quintero", "Prem", "")
DELIVERED, QUEUED, REFUSED, WATCHING = (
    ScoreState.DELIVERED,
    ScoreState.QUEUED,
    ScoreState.REFUSED,
    ScoreState.WATCHING,
)
LONG_NAME: Final = (
    "Maximiliana Theodora Konstantinopoulou-Featherstonehaugh de la Fuente y Villalobos, "
    "Branch Coordinator for Outreach, Northern Division"
)
# name, share watched (None: never opened), score state, failure, is on the roster
CLASS: Final = (
    ("Wren Okafor", 1.0, DELIVERED, None, True),
    ("Zoë Ångström-O'Neil", 0.97, DELIVERED, None, True),
    ("Marisol Quintero", 0.5, WATCHING, None, True),
    ("Prem", 0.03, WATCHING, None, True),
    ("Ottoline Ferrars", 0.92, QUEUED, None, True),
    ("Bao Tran", 0.94, QUEUED, SILENT, True),
    ("Ilse Vandermeer", 0.91, REFUSED, "The LMS refused the request.", True),
    (LONG_NAME, 0.45, WATCHING, None, True),
    ("", 0.6, WATCHING, None, True),
    ("Grzegorz Brzęczyszczykiewicz", 0.3, WATCHING, None, False),
    ("Amara Eze", 1.0, DELIVERED, None, False),
    ("Tobias Lindqvist", None, WATCHING, None, True),
    ("Caoimhe Ní Dhuibhir", None, WATCHING, None, True),
    ("", None, WATCHING, None, True),
)
Build = Callable[["House"], str]
STATES: Final[dict[str, Build]] = {}


@dataclass(frozen=True, slots=True)
class House:
    """An organization with a course, the basis of each state."""

    served: Served
    session: Session
    organization: Organization
    webinar: Webinar
    course: Course

    @property
    def slug(self) -> str:
        """The webinar's slug."""
        return self.webinar.slug

    def pool(self, capacity: int | None = None, **term: Any) -> Any:
        """Add seats for the webinar; returns the pool and its grant."""
        scope = None if term else self.webinar
        pool = make_pool(self.session, self.organization, scope, capacity=capacity)
        return pool, make_pool_grant(self.session, pool, **term)

    def launch(self, *args: Any, target: Target | None = None, **values: Any) -> str:
        """Launch from the course; returns the frame's path."""
        course = self.course if target is None else replace(self.course, target=target)
        return f"/lti/s/{course.launch(self.session, *args, **values)}/"

    def learner(self) -> Login:
        """Return the person who launched."""
        identity = self.session.scalars(
            select(Identity).where(Identity.organization_id == self.organization.id)
        ).first()
        assert identity is not None
        return self.session.get_one(Login, identity.login_id)

    def people(self, number: int) -> None:
        """Enroll this many learners, with every state of progress and scores."""
        states = (ScoreState.DELIVERED, ScoreState.QUEUED, ScoreState.REFUSED, None)
        for count in range(number):
            given = NAMES[count % len(NAMES)]
            name = given if number < len(NAMES) or not given else f"{given} {count}"
            state = states[count % len(states)]
            sub = f"{self.slug}-{count}"
            if state is None:
                self.session.add(_member(self.course.context_id, sub, name))
                continue
            failure = "Your system has closed this column." if state is REFUSED else None
            self.watched(sub, name, (count % 11) / 10, state, failure)

    def watched(
        self, sub: str, name: str, share: float, state: ScoreState, failure: str | None = None
    ) -> None:
        """Add a learner who watched a share, with a score in this state."""
        self.course.launch(self.session, sub=sub, name=name)
        identity = self.session.scalars(select(Identity).where(Identity.sub == sub)).one()
        self.session.add(
            Score(
                link_id=self.course.link_id,
                identity_id=identity.id,
                share=share,
                given=1.0 if share >= 0.9 else 0.0,
                state=state,
                failure=failure,
                run_at=now(),
                created_at=now() - timedelta(days=2),
                delivered_at=now() if state is ScoreState.DELIVERED else None,
            )
        )

    def lesson(self) -> None:
        """Enroll a graded class with a roster, each learner in a different state."""
        self.session.get_one(ResourceLink, self.course.link_id).scopes = SCORE_SCOPE
        context = self.session.get_one(Context, self.course.context_id)
        context.memberships_url = f"{self.course.origin}/members"
        context.synced_at = now() - timedelta(hours=3)
        for number, (name, share, state, failure, is_listed) in enumerate(CLASS):
            sub = f"{self.slug}-{number}"
            if share is not None:
                self.watched(sub, name, share, state, failure)
            if is_listed:
                self.session.add(_member(self.course.context_id, sub, name))


def _member(context_id: int, sub: str, name: str) -> RosterMember:
    return RosterMember(
        context_id=context_id,
        sub=sub,
        name=name or None,
        is_instructor=False,
        created_at=now(),
        seen_at=now(),
    )


def open_state(served: Served, name: str, origin: str, *, slug: str = "") -> str:
    """Create a state for a frame in a platform's origin; returns the frame's path.

    `slug` is the webinar's; the organization's slug starts with it.
    """
    slug = slug or re.sub(r"[^a-z]+", "-", name)
    with served.carrel.database.transaction() as session:
        organization = make_organization(session, f"{slug}-library", name="Elm County Library")
        manager = make_login(session, f"{slug}@example.org", name="Maria Ortiz")
        make_membership(session, organization, manager, role=Role.MANAGER)
        webinar = served.add_webinar(session, slug, title=TITLE)
        course = make_course(session, organization.id, Target(webinar=slug))
        course = replace(course, origin=origin, at=now())
        return STATES[name](House(served, session, organization, webinar, course))


def state(name: str) -> Callable[[Build], Build]:
    """Register a function that creates a state, under a name."""

    def keep(build: Build) -> Build:
        STATES[name] = build
        return build

    return keep
