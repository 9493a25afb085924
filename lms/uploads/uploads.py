"""Upload records: files sent to a webinar in chunks, as the database records them.

Only storage knows how many bytes have arrived; `lms/uploads/chunks.py` asks it, outside any
transaction.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from lms.core.errors import N_, Conflict, Gone, Invalid, Unavailable, or_not_found
from lms.core.model_base import copied, new_public_id
from lms.jobs import queue as job_queue
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.jobs import Lane
from lms.models.uploads import Upload, UploadPurpose, UploadState
from media.documents.document_check import LARGEST_BYTES as LARGEST_HANDOUT
from media.files.file_types import HANDOUTS, RECORDINGS, ending_of
from media.storage.object_keys import own_name, safe_name
from media.storage.resumable_uploads import Arriving

SETTLE: Final = "upload.settle"
TURN: Final = timedelta(seconds=60)
LARGEST_BYTES: Final = 100 * 2**30
LONGEST_NAME: Final = 255
LONGEST_FINGERPRINT: Final = 300
OVER: Final = N_("This upload wasn't finished in time and was deleted. Upload the file again.")


class Busy(Conflict):
    """Another request is storing a piece of the same file at this moment."""

    code = "busy"


class WrongPlace(Conflict):
    """A piece was not for the end of the file; `kept` is the position of the end."""

    code = "wrong_offset"

    def __init__(self, kept: int) -> None:
        super().__init__(
            N_("The upload continues at a different position. Ask for the offset, then resume.")
        )
        self.kept = kept


class TooLarge(Invalid):
    """The file, or a piece of it, is too large."""

    code = "too_large"


class WrongKind(Invalid):
    """The file has the wrong kind, by its name or its first bytes."""

    code = "wrong_kind"


class Damaged(Invalid):
    """A piece doesn't match its checksum; nothing of it was stored."""

    code = "damaged"


class NoRoom(Unavailable):
    """There is not enough space for the file."""

    code = "no_room"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The announced file and its webinar."""

    slug: str
    purpose: UploadPurpose
    name: str
    size_bytes: int
    fingerprint: str

    def checked(self) -> "Wanted":
        """Return a copy with a displayable name; raises WrongKind and TooLarge, with advice."""
        name = own_name(self.name)
        if not name:
            raise WrongKind(N_("The file has no name. Choose it again."))
        if self.size_bytes == 0:
            raise WrongKind(N_("This file is empty. Copy or export it again, then upload it."))
        _check_kind(self.purpose, name, self.size_bytes)
        return Wanted(
            self.slug,
            self.purpose,
            name[-LONGEST_NAME:],
            self.size_bytes,
            self.fingerprint[:LONGEST_FINGERPRINT],
        )


@dataclass(frozen=True, slots=True)
class Term:
    """The time of a request, and when the upload expires if nothing more arrives."""

    now: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class UploadFacts:
    """One upload; `id` is its public ID, `kept_bytes` the bytes stored at the last update."""

    id: str
    slug: str
    purpose: UploadPurpose
    state: UploadState
    name: str
    fingerprint: str
    size_bytes: int
    kept_bytes: int
    arriving: Arriving
    actor: str | None
    failure: str | None
    expires_at: datetime

    @property
    def share(self) -> float:
        """Return the uploaded share, 0 to 1."""
        return self.kept_bytes / self.size_bytes


def new_key(wanted: Wanted, upload_id: str) -> str:
    """Return the storage key of the file; for a recording it is where the original stays."""
    folder = "originals" if wanted.purpose is UploadPurpose.RECORDING else "uploads"
    return f"{folder}/{upload_id}/{safe_name(wanted.name)}"


def begin(
    session: Session,
    wanted: Wanted,
    arriving: Arriving,
    *,
    upload_id: str,
    login_id: int | None,
    term: Term,
) -> None:
    """Record that an upload has begun; raises NotFound for an unknown webinar."""
    session.add(
        Upload(
            public_id=upload_id,
            webinar_id=find_webinar(session, wanted.slug),
            login_id=login_id,
            purpose=wanted.purpose,
            name=wanted.name,
            fingerprint=wanted.fingerprint,
            size_bytes=wanted.size_bytes,
            key=arriving.key,
            mark=arriving.mark,
            created_at=term.now,
            updated_at=term.now,
            expires_at=term.expires_at,
        )
    )
    session.flush()


def find_webinar(session: Session, slug: str) -> int:
    """Return the row id of a webinar; raises NotFound."""
    webinar_id = session.scalar(select(Webinar.id).where(Webinar.slug == slug))
    return or_not_found(webinar_id, N_("No webinar has that web address."))


def read_upload(session: Session, upload_id: str) -> UploadFacts:
    """Return an upload by its public ID; raises NotFound."""
    row = or_not_found(session.execute(_facts().where(Upload.public_id == upload_id)).one_or_none())
    return _read(*row)


def own_upload(
    session: Session, upload_id: str, *, login_id: int | None, now: datetime
) -> UploadFacts:
    """Return a person's own upload; raises NotFound, and Gone if it has expired."""
    mine = Upload.login_id.is_(None) if login_id is None else Upload.login_id == login_id
    query = _facts().where(Upload.public_id == upload_id, mine)
    row = or_not_found(session.execute(query).one_or_none())
    facts = _read(*row)
    if facts.state is UploadState.SENDING and facts.expires_at <= now:
        raise Gone(OVER)
    return facts


def own_uploads(
    session: Session, slug: str, *, login_id: int | None, now: datetime
) -> tuple[UploadFacts, ...]:
    """Return a person's unfinished uploads to a webinar, the oldest first."""
    mine = Upload.login_id.is_(None) if login_id is None else Upload.login_id == login_id
    rows = session.execute(
        _facts()
        .where(Webinar.slug == slug, mine, Upload.state != UploadState.DONE)
        .where(or_(Upload.state != UploadState.SENDING, Upload.expires_at > now))
        .order_by(Upload.id)
    )
    return tuple(_read(*row) for row in rows)


def find_unfinished(
    session: Session, wanted: Wanted, *, login_id: int | None, now: datetime
) -> UploadFacts | None:
    """Return a person's own upload of the same file to the same webinar, to resume it."""
    for facts in own_uploads(session, wanted.slug, login_id=login_id, now=now):
        is_same = (facts.fingerprint, facts.size_bytes, facts.purpose) == (
            wanted.fingerprint,
            wanted.size_bytes,
            wanted.purpose,
        )
        if is_same and facts.state in (UploadState.SENDING, UploadState.ARRIVED):
            return facts
    return None


def expected_bytes(session: Session, *, now: datetime) -> int:
    """Return how many bytes of all current uploads are still to come."""
    missing = select(func.sum(Upload.size_bytes - Upload.kept_bytes)).where(
        Upload.state == UploadState.SENDING, Upload.expires_at > now
    )
    return int(session.scalar(missing) or 0)


def take_turn(session: Session, upload_id: str, *, now: datetime) -> str:
    """Take the turn to store the next piece, for a minute at most; raises Busy if another request has it."""
    turn = new_public_id()
    taken = session.execute(
        update(Upload)
        .where(
            Upload.public_id == upload_id,
            Upload.state == UploadState.SENDING,
            or_(Upload.turn_until.is_(None), Upload.turn_until <= now),
        )
        .values(turn=turn, turn_until=now + TURN)
        .returning(Upload.id)
        .execution_options(synchronize_session="auto")
    )
    if taken.one_or_none() is None:
        raise Busy(
            N_(
                "You're uploading this file in another window. Wait until it's done, or stop it "
                "there."
            )
        )
    return turn


def end_turn(session: Session, upload_id: str, turn: str, *, kept: int | None, term: Term) -> None:
    """End the turn, record the stored bytes, and extend the time to finish."""
    values: dict[str, object] = {"turn": None, "turn_until": None, "updated_at": term.now}
    if kept is not None:
        values |= {"kept_bytes": kept, "expires_at": term.expires_at}
    session.execute(
        update(Upload)
        .where(Upload.public_id == upload_id, Upload.turn == turn)
        .values(values)
        .execution_options(synchronize_session="auto")
    )


def arrive(session: Session, upload_id: str, *, now: datetime) -> None:
    """Record that all of a file has arrived and queue the check; repeated calls have no effect."""
    arrived = session.execute(
        update(Upload)
        .where(Upload.public_id == upload_id, Upload.state == UploadState.SENDING)
        .values(
            state=UploadState.ARRIVED,
            kept_bytes=Upload.size_bytes,
            turn=None,
            turn_until=None,
            updated_at=now,
        )
        .returning(Upload.id)
        .execution_options(synchronize_session="auto")
    )
    if arrived.one_or_none() is not None:
        job_queue.enqueue(
            session,
            kind=SETTLE,
            lane=Lane.FILES,
            subject=upload_id,
            payload={},
            now=now,
            unique_key=f"{SETTLE}:{upload_id}",
            priority=10,
        )


def finish(session: Session, upload_id: str, *, now: datetime) -> None:
    """Record that a file has become part of its webinar."""
    _set(session, upload_id, state=UploadState.DONE, updated_at=now)


def fail(session: Session, upload_id: str, sentence: str, *, now: datetime) -> None:
    """Record that a file can't be used, with the sentence for the sender.

    A file that is already part of its webinar is not changed.
    """
    session.execute(
        update(Upload)
        .where(Upload.public_id == upload_id, Upload.state != UploadState.DONE)
        .values(
            state=UploadState.FAILED,
            failure=sentence,
            turn=None,
            turn_until=None,
            updated_at=now,
        )
        .execution_options(synchronize_session="auto")
    )


def forget(session: Session, upload_id: str) -> None:
    """Delete the row of an upload whose stored bytes were discarded before."""
    session.execute(delete(Upload).where(Upload.public_id == upload_id))


def read_overdue(session: Session, *, now: datetime) -> tuple[UploadFacts, ...]:
    """Return the expired uploads, except those being checked."""
    rows = session.execute(
        _facts().where(Upload.expires_at <= now, Upload.state != UploadState.ARRIVED)
    )
    return tuple(_read(*row) for row in rows)


def known_marks(session: Session) -> frozenset[str]:
    """Return the storage marks of all uploads."""
    return frozenset(session.scalars(select(Upload.mark)))


def _check_kind(purpose: UploadPurpose, name: str, size_bytes: int) -> None:
    if purpose is UploadPurpose.HANDOUT:
        if ending_of(name) not in HANDOUTS:
            raise WrongKind(
                N_(
                    "A handout must be a PDF, PowerPoint (.pptx), or Word (.docx) file. Save it as one "
                    "of these, then choose that file."
                )
            )
        if size_bytes > LARGEST_HANDOUT:
            raise TooLarge(N_("This file is larger than 200 MB. Save it with smaller images."))
        return
    if ending_of(name) not in RECORDINGS:
        raise WrongKind(N_("This isn't a recording. Choose an MP4, MOV, MKV, WebM, or audio file."))
    if size_bytes > LARGEST_BYTES:
        raise TooLarge(
            N_("This file is larger than 100 GB. Export it at 1080p, then upload that file.")
        )


def _set(session: Session, upload_id: str, **values: object) -> None:
    session.execute(
        update(Upload)
        .where(Upload.public_id == upload_id)
        .values(values)
        .execution_options(synchronize_session="auto")
    )


def _facts() -> Select[Upload, str, str]:
    return (
        select(Upload, Webinar.slug, Login.public_id)
        .join(Webinar, Webinar.id == Upload.webinar_id)
        .outerjoin(Login, Login.id == Upload.login_id)
    )


def _read(row: Upload, slug: str, actor: str | None) -> UploadFacts:
    return copied(
        UploadFacts,
        row,
        id=row.public_id,
        slug=slug,
        arriving=Arriving(row.key, row.mark, row.size_bytes),
        actor=actor,
    )
