"""An institution that moves to another LMS: its people, its mapping, and the worker's jobs."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.component import hooks_for
from lms.core.database import Database
from lms.core.email_addresses import read_address
from lms.jobs.queue import Work
from lms.lti_facade.progress import Extent, watched_share
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.jobs import Job, JobState
from lms.models.playback import WatchRecord
from lms.playback.progress_bitmap import bucket_count
from lms.worker.worker import see_through
from lti.id_mappings.jobs import apply_map, undo_map, work_ended
from lti.id_mappings.mappings import APPLY, UNDO, ask_apply, ask_undo, begin_map
from lti.id_mappings.staff_view import find_map, pairs_of
from lti.models.courses import RosterMember
from lti.models.identities import Identity
from lti.models.launches import FrameRole
from lti.models.registrations_and_keys import Deployment, Registration
from lti.people.account_linking import ask_link, confirm_link
from lti.people.identities import ensure_identity
from lti.protocol.messages import Person
from tests.cast import Cast
from tests.clock import NOW
from tests.lti.course_fixtures import Course, make_course
from tests.mailbox import link_in, newest
from wsgi import COMPONENTS

WORK = Work(
    handlers={APPLY: apply_map, UNDO: undo_map}, endings={APPLY: work_ended, UNDO: work_ended}
)
ROSA, OTTO = "rosalind@elm.example", "otto@elm.example"
LENGTH_S = 3600  # of the test recording


@dataclass(frozen=True, slots=True)
class Lms:
    """One of the two LMSs."""

    course: Course
    registration_id: int
    public_id: str

    def comes(
        self,
        session: Session,
        sub: str,
        name: str,
        *,
        email: str | None = None,
        sis_id: str | None = None,
        is_test_user: bool = False,
    ) -> int:
        """Launch as a person; return the login ID of their identity."""
        known = ensure_identity(
            session,
            issuer=self.course.issuer,
            organization_id=self.course.organization_id,
            person=Person(sub, FrameRole.LEARNER, name, email, is_test_user, sis_id),
            registration_id=self.registration_id,
            now=NOW,
        )
        return known.login_id

    def lists(
        self,
        session: Session,
        sub: str,
        name: str,
        *,
        email: str | None = None,
        sis_id: str | None = None,
    ) -> None:
        """Add a person to the roster."""
        session.add(
            RosterMember(
                context_id=self.course.context_id,
                sub=sub,
                name=name,
                email=email,
                sis_id=sis_id,
                created_at=NOW,
                seen_at=NOW,
            )
        )
        session.flush()


@dataclass(frozen=True, slots=True)
class Change:
    """Elm County's move from `old` to `new`."""

    database: Database
    cast: Cast
    old: Lms
    new: Lms

    def login(self, sub: str) -> Login | None:
        """Return the login of the person with this ID in either LMS."""
        with self.database.read_session() as session:
            query = select(Login).join(Identity, Identity.login_id == Login.id)
            return session.scalar(query.where(Identity.sub == sub))

    def person(self, sub: str) -> int:
        """Return the login ID that remains for a person after merges."""
        login = self.login(sub)
        assert login is not None, sub
        return login.merged_into or login.id


def make_lms(
    session: Session, organization_id: int, name: str, *, issuer: str | None = None
) -> Lms:
    """Connect an LMS to an organization."""
    course = make_course(session, organization_id)
    registration = session.scalars(
        select(Registration)
        .join(Deployment, Deployment.registration_id == Registration.id)
        .where(Deployment.id == course.deployment_id)
    ).one()
    registration.name = name
    if issuer is not None:
        registration.issuer = issuer
        course = Course(
            issuer,
            course.organization_id,
            course.deployment_id,
            course.context_id,
            course.link_id,
            course.target,
        )
    session.flush()
    return Lms(course, registration.id, registration.public_id)


def make_change(database: Database, cast: Cast, *, issuer: str | None = None) -> Change:
    """Connect Elm County's old Moodle and new Canvas; `issuer` makes them share one."""
    with database.transaction() as session:
        old = make_lms(session, cast.organization_id, "Elm Moodle", issuer=issuer)
        new = make_lms(session, cast.organization_id, "Elm Canvas", issuer=issuer)
    return Change(database, cast, old, new)


def populate(change):
    """Add Rosalind to both LMSs and Otto to the old one; the new roster lists him."""
    with change.database.transaction() as session:
        change.old.comes(session, "o-rosa", "Rosalind Inkwell", email=ROSA)
        change.old.comes(session, "o-otto", "Otto Margin", email=OTTO)
        change.new.comes(session, "n-rosa", "Rosalind Inkwell", email=ROSA)
        change.new.lists(session, "n-otto", "Otto Margin", email=OTTO)
    return change


def saw(session, login_id, recording_id, from_s, to_s):
    """Record that a login watched a part of the recording."""
    bits = (1 << to_s // 5) - (1 << from_s // 5)
    session.add(
        WatchRecord(
            login_id=login_id,
            recording_id=recording_id,
            buckets=bits.to_bytes((bucket_count(LENGTH_S) + 7) // 8, "little"),
            watched_s=to_s - from_s,
            position_s=0,
            earned_until=NOW,
            updated_at=NOW,
        )
    )
    session.flush()


def begin(change):
    with change.database.transaction() as session:
        return begin_map(
            session,
            change.cast.organization_id,
            old=change.old.public_id,
            new=change.new.public_id,
            actor=change.cast.ada.public_id,
            now=NOW,
        )


def facts_of(change, map_id):
    with change.database.read_session() as session:
        return find_map(session, map_id)


def pairs(change, map_id, show=None):
    with change.database.read_session() as session:
        return pairs_of(session, find_map(session, map_id), show).items


def run(carrel, map_id, kind=APPLY):
    with carrel.database.read_session() as session:
        job = session.scalars(
            select(Job.public_id)
            .where(Job.subject == map_id, Job.kind == kind)
            .order_by(Job.id.desc())
        ).first()
    return see_through(carrel, WORK, job)


def apply(change, carrel, map_id):
    with change.database.transaction() as session:
        ask_apply(session, map_id, actor=change.cast.ada.public_id, now=NOW)
    assert run(carrel, map_id).state is JobState.DONE


def undo(change, carrel, map_id):
    with change.database.transaction() as session:
        ask_undo(session, map_id, actor=None, now=NOW)
    assert run(carrel, map_id, UNDO).state is JobState.DONE


def share(change, sub):
    with change.database.read_session() as session:
        extent = Extent((change.cast.webinar_id,))
        return watched_share(session, change.person(sub), extent)


def link(change, sub, email):
    with change.database.transaction() as session:
        identity_id = session.scalars(select(Identity.id).where(Identity.sub == sub)).one()
        ask_link(
            session, identity_id, read_address(email), links=Links("http://localhost"), now=NOW
        )
    secret = link_in(newest(change.database, email, "link_login")).rpartition("/")[2]
    with change.database.transaction() as session:
        confirm_link(session, secret, name="", hooks=hooks_for(COMPONENTS, "on_merge"), now=NOW)


class Run:
    """One run of the job; with `steps`, the worker stops it after that many reports."""

    def __init__(self, subject, steps=None):
        self.subject, self.payload, self.steps, self.said = subject, {"actor": None}, steps, []

    def transaction(self, database):
        return database.transaction()

    def report(self, share, note=""):
        self.said.append(share)

    def canceled(self):
        return self.steps is not None and len(self.said) >= self.steps


def run_handler(carrel, map_id, handler=apply_map, steps=None):
    trying = Run(map_id, steps)
    handler(carrel, trying)
    return trying.said


def many(change, people):
    with change.database.transaction() as session:
        for number in range(people):
            email = f"reader{number}@elm.example"
            change.old.comes(session, f"o-{number}", f"Reader {number}", email=email)
            change.new.lists(session, f"n-{number}", f"Reader {number}", email=email)
    return begin(change)
