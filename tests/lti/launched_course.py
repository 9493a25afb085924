"""A course on a running platform with rows as after launches, and people who watch."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.core.encryption import LoadedKey, public_jwk
from lms.core.model_base import new_public_id
from lms.models.accounts import Login
from lms.models.playback import PlaybackSession, WatchRecord
from lms.playback.progress_bitmap import bucket_count
from lti.frames.session_creation import Opening, open_frame
from lti.grades.jobs import deliver, look
from lti.http.authorized_platform_calls import Services
from lti.models.courses import Context, ResourceLink, Score
from lti.models.identities import Identity
from lti.models.launches import FrameRole, Purpose
from lti.models.registrations_and_keys import (
    Deployment,
    DeploymentState,
    Registration,
    RegistrationState,
)
from lti.people.identities import ensure_identity
from lti.protocol.content_target import Target
from lti.protocol.messages import Person as Launching
from lti.protocol.spec_vocabulary import LINE_ITEM_SCOPE, SCORE_SCOPE, TEST_USER
from lti.selftest.platform.records import Course, Link, Person, Tool
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.lti.http.test_access_tokens import our_key
from tests.platform.platform import Platform

HOUSE = "https://library.example.org/lti"
LENGTH_S = 3600.0  # of the test recording


def published_key() -> LoadedKey:
    """Return our key with the ID under which it is published."""
    key = our_key()
    return LoadedKey(str(public_jwk(key.private_key)["kid"]), key.private_key)


@dataclass
class School:
    """The platform, our rows for it, and the worker's delivery round."""

    platform: Platform
    database: Database
    cast: Cast
    clock: Clock
    tool: Tool
    registration_id: int
    deployment_id: int
    services: Services = field(default_factory=lambda: Services(published_key))
    contexts: dict[str, int] = field(default_factory=dict)

    def place(
        self,
        target: Target | None = None,
        *,
        course: Course | None = None,
        scopes: tuple[str, ...] = (SCORE_SCOPE, LINE_ITEM_SCOPE),
        link: Link | None = None,
        **more: object,
    ) -> tuple[Link, int]:
        """Add a link to the platform and our rows for it; `more` goes to the platform."""
        shown = target or Target(webinar=self.cast.slug)
        made = link or self.platform.link(self.tool, course=course, custom=shown.custom, **more)
        column = self.platform.column(made) if made.line_item_id else None
        row = ResourceLink(
            context_id=self.context(made.course_id),
            resource_link_id=made.id,
            title=made.title,
            target=shown.custom,
            scopes=" ".join(scopes),
            line_item_url=column and self.platform.addresses.line_item(column),
            created_at=self.clock.moment,
            seen_at=self.clock.moment,
        )
        with self.database.transaction() as session:
            session.add(row)
            session.flush()
            return made, row.id

    def context(self, course_id: str) -> int:
        """Return the row ID of a course."""
        if course_id in self.contexts:
            return self.contexts[course_id]
        course = self.platform.records.courses[course_id]
        context = Context(
            deployment_id=self.deployment_id,
            context_id=course_id,
            line_items_url=self.platform.addresses.line_items(course),
            memberships_url=self.platform.addresses.members(course),
            created_at=self.clock.moment,
            seen_at=self.clock.moment,
        )
        with self.database.transaction() as session:
            session.add(context)
            session.flush()
            self.contexts[course_id] = context.id
            return context.id

    def launch(self, person: Person, link_id: int, role: FrameRole = FrameRole.LEARNER) -> int:
        """Launch as a person; return their login ID."""
        with self.database.transaction() as session:
            registration = session.get_one(Registration, self.registration_id)
            link = session.get_one(ResourceLink, link_id)
            is_test_user = TEST_USER in person.system_roles
            who = Launching(person.id, role, person.name, None, is_test_user)
            known = ensure_identity(
                session,
                issuer=registration.issuer,
                organization_id=self.cast.organization_id,
                person=who,
                now=self.clock.moment,
            )
            opening = Opening(
                purpose=Purpose.WATCH,
                role=role,
                organization_id=self.cast.organization_id,
                origins=(self.platform.url,),
                deployment_id=self.deployment_id,
                context_id=link.context_id,
                link_id=link_id,
                identity_id=known.identity_id,
                login_id=known.login_id,
                is_test_user=is_test_user,
            )
            open_frame(session, opening, now=self.clock.moment)
            return known.login_id

    def watch(self, login_id: int, from_s: float, to_s: float) -> None:
        """Record that a login watched a part of the recording; a minute passes."""
        moment = self.clock.advance(timedelta(minutes=1))
        with self.database.transaction() as session:
            record = session.scalar(
                select(WatchRecord).where(
                    WatchRecord.login_id == login_id,
                    WatchRecord.recording_id == self.cast.recording_id,
                )
            )
            if record is None:
                record = self._begin(session, login_id, moment)
            bits = int.from_bytes(record.buckets, "little")
            bits |= (1 << int(to_s // 5)) - (1 << int(from_s // 5))
            size = (bucket_count(LENGTH_S) + 7) // 8
            record.buckets = bits.to_bytes(size, "little")
            record.watched_s = bits.bit_count() * 5
            record.updated_at = moment

    def _begin(self, session: Session, login_id: int, moment: datetime) -> WatchRecord:
        record = WatchRecord(
            login_id=login_id,
            recording_id=self.cast.recording_id,
            buckets=b"",
            watched_s=0,
            position_s=0.0,
            earned_until=moment,
            updated_at=moment,
        )
        playback = PlaybackSession(
            public_id=new_public_id(),
            login_id=login_id,
            recording_id=self.cast.recording_id,
            sign_in_id=None,
            opened_at=moment,
            expires_at=moment + timedelta(hours=24),
            beat_at=moment,
        )
        session.add_all((record, playback))
        session.flush()
        return record

    def round(self, after: timedelta = timedelta(seconds=10)) -> None:
        """Run the worker's round after some time."""
        self.clock.advance(after)
        look(self.database)
        deliver(self.database, self.services, stopping=lambda: False)

    def score(self, person: Person, link_id: int) -> Score | None:
        """Return a person's score row for a link."""
        query = (
            select(Score)
            .join(Identity, Identity.id == Score.identity_id)
            .where(Identity.sub == person.id, Score.link_id == link_id)
        )
        with self.database.read_session() as session:
            return session.scalar(query)

    def row(self, link_id: int) -> ResourceLink:
        """Return a link's row."""
        with self.database.read_session() as session:
            return session.get_one(ResourceLink, link_id)

    def merge(self, login_id: int, into: int) -> None:
        """Merge one login into another."""
        with self.database.transaction() as session:
            session.get_one(Login, login_id).merged_into = into


def connect(platform: Platform, database: Database, cast: Cast, clock: Clock) -> School:
    """Register the tool with the platform and the platform with the tool, for Elm County."""
    platform.clock = lambda: clock.moment
    key = published_key()
    tool = platform.register(
        login_url=f"{HOUSE}/login",
        redirect_uris=[f"{HOUSE}/launch"],
        launch_url=f"{HOUSE}/launch",
        jwks={"keys": [public_jwk(key.private_key)]},
    )
    registration = Registration(
        organization_id=cast.organization_id,
        name="Elmwood Learning",
        issuer=platform.issuer,
        client_id=tool.client_id,
        auth_url=platform.addresses.auth,
        token_url=platform.token_url_of(tool),
        jwks_url=platform.jwks_url_of(tool),
        token_audience=platform.tokens.audience,
        state=RegistrationState.ACTIVE,
        allows_loopback=True,
        created_at=NOW,
    )
    with database.transaction() as session:
        session.add(registration)
        session.flush()
        deployment = Deployment(
            registration_id=registration.id,
            deployment_id=tool.deployment_id,
            organization_id=cast.organization_id,
            state=DeploymentState.APPROVED,
            seen_at=NOW,
            decided_at=NOW,
        )
        session.add(deployment)
        session.flush()
        return School(platform, database, cast, clock, tool, registration.id, deployment.id)
