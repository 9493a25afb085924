"""Elm County's platform with one course, and people who launch from it."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from sqlalchemy.orm import Session

from lti.frames.session_creation import Opening, open_frame
from lti.models.courses import Context, ResourceLink
from lti.models.launches import FrameRole, Purpose
from lti.models.registrations_and_keys import (
    Deployment,
    DeploymentState,
    Registration,
    RegistrationState,
)
from lti.people.identities import ensure_identity
from lti.protocol.content_target import Target
from lti.protocol.messages import Person
from tests.clock import NOW

PLATFORM = "https://lms.example.edu"
COURSE_PAGE = f"{PLATFORM}/course/7"
LEARNER, INSTRUCTOR, ANONYMOUS = FrameRole.LEARNER, FrameRole.INSTRUCTOR, FrameRole.ANONYMOUS
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Course:
    """The rows of a course, from which people launch."""

    issuer: str
    organization_id: int
    deployment_id: int
    context_id: int
    link_id: int
    target: Target | None
    origin: str = PLATFORM
    at: datetime = NOW

    def launch(
        self,
        session: Session,
        role: FrameRole = LEARNER,
        *,
        sub: str | None = None,
        name: str = "",
        purpose: Purpose = Purpose.WATCH,
        is_test_user: bool = False,
        browser: str | None = None,
        **services: object,
    ) -> str:
        """Open the framed session of a launch and return its secret; `sub` is the person's ID."""
        opening = Opening(
            purpose=purpose,
            role=role,
            organization_id=self.organization_id,
            origins=(self.origin,),
            target=self.target,
            deployment_id=self.deployment_id,
            context_id=self.context_id,
            link_id=self.link_id,
            is_test_user=is_test_user,
            services={"return_url": f"{self.origin}/course/7", **services},
            browser=browser,
        )
        if role is not ANONYMOUS:
            known = ensure_identity(
                session,
                issuer=self.issuer,
                organization_id=self.organization_id,
                person=Person(
                    sub or f"sub-{next(_numbers)}",
                    role,
                    name=name or None,
                    is_test_user=is_test_user,
                ),
                now=self.at,
            )
            opening = replace(opening, identity_id=known.identity_id, login_id=known.login_id)
        return open_frame(session, opening, now=self.at)


def make_course(
    session: Session,
    organization_id: int,
    target: Target | None = None,
    *,
    title: str = "Staff days",
) -> Course:
    """Add a platform, its deployment, a course, and a link that shows `target`."""
    number = next(_numbers)
    registration = Registration(
        organization_id=organization_id,
        name="Moodle of Elm County",
        issuer=f"{PLATFORM}/{number}",
        client_id=f"client-{number}",
        auth_url=f"{PLATFORM}/auth",
        token_url=f"{PLATFORM}/token",
        jwks_url=f"{PLATFORM}/jwks",
        state=RegistrationState.ACTIVE,
        created_at=NOW,
    )
    session.add(registration)
    session.flush()
    deployment = Deployment(
        registration_id=registration.id,
        deployment_id="1",
        organization_id=organization_id,
        state=DeploymentState.APPROVED,
        seen_at=NOW,
        decided_at=NOW,
    )
    session.add(deployment)
    session.flush()
    context = Context(
        deployment_id=deployment.id,
        context_id="course-7",
        title=title,
        created_at=NOW,
        seen_at=NOW,
    )
    session.add(context)
    session.flush()
    link = ResourceLink(
        context_id=context.id,
        resource_link_id="link-1",
        title="Watch this",
        target=None if target is None else target.custom,
        created_at=NOW,
        seen_at=NOW,
    )
    session.add(link)
    session.flush()
    return Course(registration.issuer, organization_id, deployment.id, context.id, link.id, target)
