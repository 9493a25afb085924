"""An organisation with a course, from which the states of framed pages are made."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.clock import now
from lms.models.catalogue import Webinar
from lms.models.people import Login, Organisation, Role
from lti.models.courses import RosterMember, Score, ScoreState
from lti.models.people import Identity
from lti.targets import Target
from tests.browser.conftest import Served
from tests.factories import (
    make_login,
    make_membership,
    make_organisation,
    make_pool,
    make_pool_grant,
)
from tests.lti.courses import Course, make_course

TITLE: Final = "Getting the most from a recording, for people who have little time"
NAMES: Final = ("Wren Okafor", "Zoë Ångström-O'Neil", "Marisol Quintero", "Prem", "")
Build = Callable[["House"], str]
STATES: Final[dict[str, Build]] = {}


@dataclass(frozen=True, slots=True)
class House:
    """An organisation with a course: what a state is made of."""

    served: Served
    session: Session
    organisation: Organisation
    webinar: Webinar
    course: Course

    @property
    def slug(self) -> str:
        """Return the address of the webinar."""
        return self.webinar.slug

    def pool(self, capacity: int | None = None, **term: Any) -> Any:
        """Give the organisation seats for the webinar; returns the pool and its grant."""
        scope = None if term else self.webinar
        pool = make_pool(self.session, self.organisation, scope, capacity=capacity)
        return pool, make_pool_grant(self.session, pool, **term)

    def launch(self, *args: Any, target: Target | None = None, **values: Any) -> str:
        """Launch into the course; returns the path of the frame."""
        course = self.course if target is None else replace(self.course, target=target)
        return f"/lti/s/{course.launch(self.session, *args, **values)}/"

    def learner(self) -> Login:
        """Return who launched."""
        identity = self.session.scalars(
            select(Identity).where(Identity.organisation_id == self.organisation.id)
        ).first()
        assert identity is not None
        return self.session.get_one(Login, identity.login_id)

    def people(self, number: int) -> None:
        """Enrol as many learners, in every state of watching and of the gradebook."""
        states = (ScoreState.DELIVERED, ScoreState.QUEUED, ScoreState.REFUSED, None)
        for count in range(number):
            given = NAMES[count % len(NAMES)]
            name = given if number < len(NAMES) or not given else f"{given} {count}"
            state = states[count % len(states)]
            sub = f"{self.slug}-{count}"
            if state is None:
                self.session.add(_member(self.course.context_id, sub, name))
                continue
            self.course.launch(self.session, sub=sub, name=name)
            identity = self.session.scalars(select(Identity).where(Identity.sub == sub)).one()
            share = (count % 11) / 10
            self.session.add(
                Score(
                    link_id=self.course.link_id,
                    identity_id=identity.id,
                    share=share,
                    given=1.0 if share >= 0.9 else 0.0,
                    state=state,
                    failure="Your system has closed this column."
                    if state is ScoreState.REFUSED
                    else None,
                    run_at=now(),
                    created_at=now(),
                    delivered_at=now() if state is ScoreState.DELIVERED else None,
                )
            )


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
    """Make a state in a library, framed by a platform's origin; returns the path of its frame.

    `slug` is the webinar's; the organisation's begins with it.
    """
    slug = slug or re.sub(r"[^a-z]+", "-", name)
    with served.carrel.database.transaction() as session:
        organisation = make_organisation(session, f"{slug}-library", name="Elm County Library")
        manager = make_login(session, f"{slug}@example.org", name="Maria Ortiz")
        make_membership(session, organisation, manager, role=Role.MANAGER)
        webinar = served.add_webinar(session, slug, title=TITLE)
        course = make_course(session, organisation.id, Target(webinar=slug))
        course = replace(course, origin=origin, at=now())
        return STATES[name](House(served, session, organisation, webinar, course))


def state(name: str) -> Callable[[Build], Build]:
    """Name a state."""

    def keep(build: Build) -> Build:
        STATES[name] = build
        return build

    return keep
