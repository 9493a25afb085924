"""Complete, plausible rows for tests, so a test states only the values that matter to it.

Each function adds one row, flushes, and returns it; nothing is committed.
"""

from datetime import datetime, timedelta
from itertools import count
from typing import TypeVar

from sqlalchemy.orm import Session

from lms.core.model_base import Base
from lms.models.accounts import Login, SellerRole
from lms.models.catalog import Presenter, Series, Webinar, WebinarState
from lms.models.grants import Grant, OfferKind, Scope
from lms.models.group_showings import Attendee, EnteredBy, Showing
from lms.models.handouts import Handout
from lms.models.organizations import Membership, Organization, Role
from lms.models.recordings import Recording, RecordingState
from lms.models.seats import (
    Assignment,
    AssignmentEnd,
    AssignmentState,
    ClaimPolicy,
    Pool,
    Seat,
    SeatState,
    VerifiedDomain,
    WaitingEntry,
)
from lms.models.training import TrainingGroup, TrainingGroupMember
from tests.clock import NOW

ZONE = "America/New_York"
RUN = "0123456789abcdefghjkmnpqrs"
Row = TypeVar("Row", bound=Base)
_numbers = count(1)


def make_login(
    session: Session,
    email: str | None = None,
    *,
    name: str = "Pat Doe",
    seller_role: SellerRole | None = None,
    blocked_at: datetime | None = None,
) -> Login:
    """Add a person with a confirmed address and no password."""
    address = email or f"person{next(_numbers)}@example.org"
    login = Login(
        email=address,
        email_key=address.casefold(),
        name=name,
        seller_role=seller_role,
        confirmed_at=NOW,
        blocked_at=blocked_at,
        created_at=NOW,
    )
    return _kept(session, login)


def make_organization(session: Session, slug: str | None = None, *, name: str = "") -> Organization:
    """Add a customer organization."""
    chosen = slug or f"organization-{next(_numbers)}"
    organization = Organization(slug=chosen, name=name or chosen.title(), created_at=NOW)
    return _kept(session, organization)


def make_membership(
    session: Session, organization: Organization, login: Login, *, role: Role = Role.MEMBER
) -> Membership:
    """Add a person to an organization."""
    membership = Membership(
        organization_id=organization.id, login_id=login.id, role=role, created_at=NOW
    )
    return _kept(session, membership)


def make_group(
    session: Session, organization: Organization, name: str, *members: Login
) -> TrainingGroup:
    """Add a group of an organization, with people in it."""
    group = TrainingGroup(organization_id=organization.id, name=name, created_at=NOW)
    _kept(session, group)
    session.add_all(TrainingGroupMember(group_id=group.id, login_id=one.id) for one in members)
    session.flush()
    return group


def make_series(session: Session, slug: str | None = None) -> Series:
    """Add a series without webinars."""
    chosen = slug or f"series-{next(_numbers)}"
    return _kept(session, Series(slug=chosen, title=chosen.title(), created_at=NOW))


def make_presenter(session: Session, name: str) -> Presenter:
    """Add a presenter without a biography."""
    slug = name.lower().replace(" ", "-")
    return _kept(session, Presenter(slug=slug, name=name, created_at=NOW))


def make_webinar(
    session: Session,
    slug: str | None = None,
    *,
    held_at: datetime = NOW - timedelta(days=30),
    state: WebinarState = WebinarState.ANNOUNCED,
    free: bool = False,
    pulled_reason: str | None = None,
) -> Webinar:
    """Add an announced one-hour webinar that was held a month ago."""
    chosen = slug or f"webinar-{next(_numbers)}"
    webinar = Webinar(
        slug=chosen,
        title=chosen.replace("-", " ").capitalize(),
        held_at=held_at,
        zone=ZONE,
        minutes=60,
        free=free,
        state=state,
        pulled_reason=pulled_reason,
        created_at=NOW - timedelta(days=60),
        updated_at=NOW - timedelta(days=60),
        announced_at=None if state is WebinarState.DRAFT else NOW - timedelta(days=50),
    )
    return _kept(session, webinar)


def make_recording(
    session: Session,
    webinar: Webinar,
    *,
    state: RecordingState = RecordingState.READY,
    seconds: float = 3600.0,
    number: int = 1,
    is_current: bool = True,
) -> Recording:
    """Add a version of a webinar's recording, by default ready and an hour long."""
    is_ready = state is RecordingState.READY
    recording = Recording(
        webinar_id=webinar.id,
        number=number,
        is_current=is_current,
        state=state,
        original_key=f"originals/{RUN}/recording.mp4",
        original_name="recording.mp4",
        size_bytes=1_000_000,
        sha256="0" * 64,
        seconds=seconds if is_ready else None,
        width=1280,
        height=720,
        run=RUN if is_ready else None,
        created_at=NOW - timedelta(days=29),
        ready_at=NOW - timedelta(days=29) if is_ready else None,
    )
    return _kept(session, recording)


def make_handout(
    session: Session, webinar: Webinar, *, title: str = "Slides", name: str = "Slides.pdf"
) -> Handout:
    """Add a PDF handout to a webinar, without files in storage."""
    number = next(_numbers)
    handout = Handout(
        webinar_id=webinar.id,
        position=number,
        title=title,
        name=name,
        key=f"handouts/{number}/slides.pdf",
        preview_key=f"handouts/{number}/page-1.jpg",
        size_bytes=40_000,
        sha256="0" * 64,
        pages=7,
        created_at=NOW - timedelta(days=29),
    )
    return _kept(session, handout)


def make_grant(
    session: Session,
    login: Login,
    webinar: Webinar | None = None,
    *,
    starts_at: datetime = NOW - timedelta(days=20),
    ends_at: datetime | None = None,
) -> Grant:
    """Add a grant of a webinar, or of everything if there is none; permanent without an end."""
    grant = Grant(
        login_id=login.id,
        kind=OfferKind.SINGLE if webinar else OfferKind.PASS,
        scope=Scope.WEBINAR if webinar else Scope.EVERYTHING,
        webinar_id=webinar.id if webinar else None,
        starts_at=starts_at,
        ends_at=ends_at,
        created_at=starts_at,
    )
    return _kept(session, grant)


def make_attendee(
    session: Session, grant: Grant, webinar_id: int, *, name: str, email: str
) -> Attendee:
    """Add an attendee whom the host entered at a group viewing by the owner of a grant."""
    showing = Showing(
        webinar_id=webinar_id,
        login_id=grant.login_id,
        grant_id=grant.id,
        room="Reading room",
        zone="UTC",
        code="ABCDEFGHJK",
        opened_at=NOW,
        closes_at=NOW + timedelta(hours=9),
    )
    _kept(session, showing)
    attendee = Attendee(
        showing_id=showing.id,
        name=name,
        email=email,
        email_key=email,
        entered_by=EnteredBy.HOST,
        token_hash=b"t" * 32,
        entered_at=NOW,
    )
    return _kept(session, attendee)


def make_pool(
    session: Session,
    organization: Organization,
    webinar: Webinar | None = None,
    *,
    capacity: int | None = 10,
    claim_policy: ClaimPolicy = ClaimPolicy.INVITATION,
    allotted_from: Pool | None = None,
) -> Pool:
    """Add an organization's seats for one webinar or for everything, without a grant."""
    pool = Pool(
        organization_id=organization.id,
        scope=Scope.WEBINAR if webinar else Scope.EVERYTHING,
        webinar_id=webinar.id if webinar else None,
        is_permanent=webinar is not None,
        capacity=capacity,
        claim_policy=claim_policy,
        allotted_from_id=allotted_from.id if allotted_from else None,
        allotted=capacity if allotted_from else None,
        created_at=NOW - timedelta(days=60),
    )
    return _kept(session, pool)


def make_pool_grant(
    session: Session,
    pool: Pool,
    *,
    starts_at: datetime = NOW - timedelta(days=20),
    ends_at: datetime | None = None,
    grace_until: datetime | None = None,
) -> Grant:
    """Add a grant for all seats of a pool; permanent without an end."""
    grant = Grant(
        pool_id=pool.id,
        kind=OfferKind.CONTRACT if ends_at else OfferKind.GROUP_SEATS,
        seats=None if pool.capacity is None else max(1, pool.capacity),
        scope=pool.scope,
        webinar_id=pool.webinar_id,
        presenter_id=pool.presenter_id,
        series_id=pool.series_id,
        starts_at=starts_at,
        ends_at=ends_at,
        grace_until=grace_until,
        created_at=starts_at,
    )
    return _kept(session, grant)


def make_assignment(
    session: Session,
    pool: Pool,
    login: Login | None = None,
    *,
    email: str | None = None,
    state: AssignmentState = AssignmentState.CLAIMED,
    ended_as: AssignmentEnd | None = None,
) -> Assignment:
    """Add a seat of a pool, assigned to a person or an invited address."""
    is_over = ended_as is not None
    is_open = state in (AssignmentState.INVITED, AssignmentState.OFFERED)
    was_claimed = login is not None and not is_open and ended_as is not AssignmentEnd.EXPIRED
    seat = Seat(
        pool_id=pool.id,
        state=SeatState.FREE if is_over else SeatState.TAKEN,
        created_at=NOW - timedelta(days=20),
    )
    _kept(session, seat)
    if not is_over and state is not AssignmentState.FROZEN:
        pool.used += 1
    assignment = Assignment(
        seat_id=seat.id,
        pool_id=pool.id,
        login_id=login.id if login else None,
        email=email,
        email_key=email.casefold() if email else None,
        state=AssignmentState.RELEASED if is_over else state,
        created_at=NOW - timedelta(days=20),
        expires_at=NOW + timedelta(days=10) if is_open else None,
        claimed_at=NOW - timedelta(days=19) if was_claimed else None,
        frozen_at=NOW - timedelta(days=5) if state is AssignmentState.FROZEN else None,
        ended_at=NOW - timedelta(days=3) if is_over else None,
        ended_as=ended_as,
    )
    return _kept(session, assignment)


def make_waiting_entry(
    session: Session, pool: Pool, login: Login | None = None, *, email: str | None = None
) -> WaitingEntry:
    """Add a person, or an address without an account, to the waitlist since yesterday."""
    entry = WaitingEntry(
        pool_id=pool.id,
        login_id=None if login is None else login.id,
        email=email,
        email_key=email,
        joined_at=NOW - timedelta(days=1),
    )
    return _kept(session, entry)


def make_verified_domain(
    session: Session, organization: Organization, domain: str
) -> VerifiedDomain:
    """Add an organization's verified email domain."""
    row = VerifiedDomain(organization_id=organization.id, domain=domain, verified_at=NOW)
    return _kept(session, row)


def _kept(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row
