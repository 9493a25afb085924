"""The sandbox data of an LTI self-test: an organization, and webinars that it owns."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.model_base import new_public_id
from lms.migrations.scratch_library import scratch_library as scratch_library
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Grant, OfferKind, Scope
from lms.models.organizations import Organization
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording, RecordingState
from lms.models.seats import ClaimPolicy, Pool
from lms.playback.progress_bitmap import bucket_count

SECONDS: Final = 600.0
BUCKET_S: Final = 5


@dataclass(frozen=True, slots=True)
class Furnished:
    """The data of a sandbox: an organization's slug, and those of webinars it owns permanently."""

    organization: str
    webinars: tuple[str, ...]


def furnish(session: Session, *, now: datetime) -> Furnished:
    """Add an organization with three recordings that all its members can watch permanently."""
    organization = Organization(slug="trial", name="A trial", created_at=now)
    session.add(organization)
    session.flush()
    slugs = tuple(_webinar(session, organization.id, number, now) for number in (1, 2, 3))
    return Furnished(organization.slug, slugs)


def watch_whole(session: Session, login_id: int, slug: str, *, now: datetime) -> None:
    """Record that a login has watched all of a webinar's recording."""
    recording_id = session.scalars(
        select(Recording.id).join(Webinar).where(Webinar.slug == slug)
    ).one()
    count = bucket_count(SECONDS)
    session.add(
        WatchRecord(
            login_id=login_id,
            recording_id=recording_id,
            buckets=((1 << count) - 1).to_bytes((count + 7) // 8, "little"),
            watched_s=count * BUCKET_S,
            position_s=0.0,
            earned_until=now,
            updated_at=now,
        )
    )
    session.flush()


def _webinar(session: Session, organization_id: int, number: int, now: datetime) -> str:
    held = now - timedelta(days=30)
    webinar = Webinar(
        slug=f"trial-{number}",
        title=f"Trial {number}",
        held_at=held,
        zone="UTC",
        minutes=int(SECONDS // 60),
        state=WebinarState.ANNOUNCED,
        created_at=held,
        updated_at=held,
        announced_at=held,
    )
    session.add(webinar)
    session.flush()
    session.add(
        Recording(
            webinar_id=webinar.id,
            number=1,
            is_current=True,
            state=RecordingState.READY,
            original_key=f"originals/trial/{number}.mp4",
            original_name="trial.mp4",
            size_bytes=1,
            sha256="0" * 64,
            seconds=SECONDS,
            width=1280,
            height=720,
            run=new_public_id(),
            created_at=held,
        )
    )
    pool = Pool(
        organization_id=organization_id,
        scope=Scope.WEBINAR,
        webinar_id=webinar.id,
        is_permanent=True,
        capacity=None,
        claim_policy=ClaimPolicy.INVITATION,
        created_at=held,
    )
    session.add(pool)
    session.flush()
    session.add(
        Grant(
            pool_id=pool.id,
            kind=OfferKind.INSTITUTIONAL,
            seats=None,
            scope=Scope.WEBINAR,
            webinar_id=webinar.id,
            starts_at=held,
            created_at=held,
        )
    )
    session.flush()
    return webinar.slug
