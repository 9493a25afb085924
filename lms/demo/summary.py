"""The demo's summary: which people can sign in, and which recordings can be played."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from lms.accounts.accounts import read_kept
from lms.branding import read_branding
from lms.core.email_addresses import read_address
from lms.core.model_base import copied
from lms.core.password_hashing_and_rules import Right, check_password
from lms.core.runtime import Carrel
from lms.demo.all_series import CAST, WEBINARS
from lms.demo.data_types import CastText
from lms.models.catalog import Webinar, WebinarState
from lms.models.recordings import Recording, RecordingState


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """A person of the cast; `password` is None if the person has changed it."""

    email: str
    password: str | None
    role: str
    name: str
    about: str


@dataclass(frozen=True, slots=True)
class DemoWebinar:
    """A webinar of the demo; `recording_ready` means that it can be played now."""

    slug: str
    title: str
    held_at: datetime
    state: WebinarState
    recording: RecordingState | None
    recording_ready: bool


@dataclass(frozen=True, slots=True)
class DemoReport:
    """The current state of the demo; `is_new` means that it was just installed."""

    house: str
    is_new: bool
    logins: tuple[DemoLogin, ...]
    webinars: tuple[DemoWebinar, ...]


def read_report(carrel: Carrel, *, is_new: bool) -> DemoReport:
    """Return the demo's current state in this installation, without changed passwords."""
    with carrel.database.read_session() as session:
        house = read_branding(session, contact="").name
        kept = [read_kept(session, read_address(person.email)) for person in CAST]
        webinars = _webinars(session)
    logins = tuple(
        _login(person, one.password_hash, is_new=is_new)
        for person, one in zip(CAST, kept, strict=True)
        if one.login_id is not None
    )
    return DemoReport(house, is_new, logins, webinars)


def _login(person: CastText, password_hash: str | None, *, is_new: bool) -> DemoLogin:
    stands = is_new or isinstance(check_password(password_hash, person.password), Right)
    return copied(DemoLogin, person, password=person.password if stands else None)


def _webinars(session: Session) -> tuple[DemoWebinar, ...]:
    rows = session.execute(
        select(
            Webinar.slug,
            Webinar.title,
            Webinar.held_at,
            Webinar.state,
            Recording.state.label("recording"),
            Recording.run,
        )
        .outerjoin(Recording, and_(Recording.webinar_id == Webinar.id, Recording.is_current))
        .where(Webinar.slug.in_([webinar.slug for webinar in WEBINARS]))
        .order_by(Webinar.held_at)
    )
    return tuple(copied(DemoWebinar, row, recording_ready=row.run is not None) for row in rows)
