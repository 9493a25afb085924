"""The backup drill: restore the newest backup into scratch, and check whether people could watch."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.access.decision_facts import load_case
from lms.access.policy import Action, Decision, decide
from lms.core.database import Database
from lms.core.errors import NotFound
from lms.core.runtime import Carrel
from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.catalog import Webinar
from lms.models.recordings import Recording
from lms.operations.backups import BackupPlace, Snapshot, fetched
from media.storage.errors_and_file_facts import Missing
from media.storage.storage_protocol import Storage
from media.video.hls_playlist_parser_and_writer import parse_playlist
from media.video.transcoder import MASTER

DRILLED: Final = "backup.drilled"
PEOPLE: Final = 200


@dataclass(frozen=True, slots=True)
class Pair:
    """A login and a webinar, by row ID."""

    login_id: int
    webinar_id: int


@dataclass(frozen=True, slots=True)
class Drilled:
    """The result of a drill.

    Access decisions that differ count as `changed` if anything was recorded in the audit log since
    the backup, and otherwise as `wrong`. `played` is the recording of which a segment was read,
    None if no recording is ready.
    """

    name: str
    taken_at: datetime
    seconds: float
    compared: int
    changed: int
    wrong: int
    played: str | None
    is_playable: bool

    @property
    def is_good(self) -> bool:
        """Return whether the backup is reliable."""
        return self.is_playable and not self.wrong


def drill(carrel: Carrel, place: BackupPlace, snapshot: Snapshot, *, now: datetime) -> Drilled:
    """Restore a snapshot into scratch and compare its decisions with the live database's.

    Raises Conflict if the backup's database is damaged.
    """
    began = time.monotonic()
    with fetched(place, snapshot, carrel.settings.scratch) as restored:
        with restored.read_session() as session:
            pairs = _pairs(session)
            acts = _last_act(session)
        differing = _differing(carrel.database, restored, pairs, now)
        with carrel.database.read_session() as session:
            is_changed = _last_act(session) != acts
        played, is_playable = _play(restored, place.files)
    done = Drilled(
        name=snapshot.name,
        taken_at=snapshot.taken_at,
        seconds=round(time.monotonic() - began, 1),
        compared=len(pairs),
        changed=differing if is_changed else 0,
        wrong=0 if is_changed else differing,
        played=played,
        is_playable=is_playable,
    )
    with carrel.database.transaction() as session:
        detail: audit.Detail = {
            "name": snapshot.name,
            "is_good": done.is_good,
            "seconds": done.seconds,
        }
        audit.record(session, DRILLED, "", actor=None, now=now, detail=detail)
    return done


def _pairs(session: Session) -> Sequence[Pair]:
    webinars = session.scalars(select(Webinar.id).order_by(func.random()).limit(PEOPLE)).all()
    logins = session.scalars(select(Login.id).order_by(func.random()).limit(PEOPLE)).all()
    return [Pair(one, random.choice(webinars)) for one in logins] if webinars else []  # noqa: S311  (a sample)


def _last_act(session: Session) -> int | None:
    return session.scalar(
        select(func.max(AuditEntry.id)).where(AuditEntry.act.not_like("backup.%"))
    )


def _differing(live: Database, restored: Database, pairs: Sequence[Pair], now: datetime) -> int:
    """Return how many decisions differ between the live database and the backup."""
    with live.read_session() as ours, restored.read_session() as theirs:
        return sum(_decision(ours, one, now) != _decision(theirs, one, now) for one in pairs)


def _decision(session: Session, pair: Pair, now: datetime) -> Decision | None:
    try:
        case = load_case(session, login_id=pair.login_id, webinar_id=pair.webinar_id)
    except NotFound:
        return None
    return decide(case.login, case.webinar, Action.RECORDING, now)


def _play(restored: Database, files: Storage) -> tuple[str | None, bool]:
    """Read one segment of a recording as a player would; return which recording, and whether it worked."""
    ready = select(Recording.public_id, Recording.run).where(
        Recording.is_current, Recording.run.is_not(None)
    )
    with restored.read_session() as session:
        row = session.execute(ready.order_by(func.random()).limit(1)).first()
    if row is None:
        return None, True
    return row.public_id, _has_segment(files, f"renditions/{row.public_id}/{row.run}")


def _has_segment(files: Storage, folder: str) -> bool:
    try:
        lines = _text(files, f"{folder}/{MASTER}").splitlines()
        name = next(line for line in lines if line and not line.startswith("#"))
        playlist = parse_playlist(_text(files, f"{folder}/{name}"))
        at = random.randrange(len(playlist.segments))  # noqa: S311  (a sample)
        start = playlist.header + sum(one.length for one in playlist.segments[:at])
        length = playlist.segments[at].length
        with files.open(f"{folder}/{playlist.file}", start, length) as file:
            return len(file.read()) == length
    except (Missing, ValueError, StopIteration):
        return False


def _text(files: Storage, key: str) -> str:
    with files.open(key) as file:
        return file.read().decode()
