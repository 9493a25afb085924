"""Health checks: what the database and the disk show about the installation. They only read.

`read_health` is fast enough for a page; checks that contact a server are in
lms/operations/server_probes.py.
"""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from lms.audit import last_act
from lms.core.database import IN_USE, MOVED
from lms.core.dates_and_time_zones import say_roughly
from lms.core.errors import N_
from lms.core.runtime import Carrel
from lms.core.stripe_settings import is_loopback
from lms.jobs.stalled_lanes import MAIL, PATIENCE, Due, Stalled, read_due, stalled_lanes
from lms.migrations import current, fits, head
from lms.models.accounts import FactorKind, SecondFactor
from lms.models.audit import AuditEntry
from lms.models.jobs import Job, Lane
from lms.models.mail import Mail, MailLane
from lms.models.recordings import Recording
from lms.operations.backup_drill import DRILLED
from lms.operations.backups import CREATED
from lms.operations.continuous_copy import copy_finding
from lms.operations.database_move import FINISHED
from lms.operations.findings import Finding, State
from lms.operations.secret_key_change import old_key_finding
from lms.payments.balance_check import CHECKED

BEAT_WITHIN: Final = timedelta(minutes=2)  # a worker queues a scheduled job every 10 seconds
BACKUP_WITHIN: Final = timedelta(hours=26)
DRILL_WITHIN: Final = timedelta(days=8)
GROWTH_OF: Final = timedelta(days=30)
RENDITIONS: Final = 2  # a recording and its renditions take this multiple of the uploaded file
FEW_DAYS, VERY_FEW_DAYS = 60, 14
MANY_DAYS: Final = 3650
LITTLE_BYTES: Final = 2 << 30
GIB: Final = 1 << 30
LANE: Final = "lane."  # what the names of its findings begin with
LANES: Final = {
    Lane.MEDIA.value: N_("Encoding"),
    Lane.PROMPT.value: N_("Short jobs"),
    Lane.FILES.value: N_("Uploaded files"),
    MAIL: N_("Email"),
}
UP_TO_DATE: Final = N_("The database is up to date.")
LEFT_BEHIND: Final = N_(
    "The database was moved to PostgreSQL, but this process still uses the old one, "
    "so nothing can be saved."
)
NO_WORKER: Final = N_("No worker has run yet.")
BACKUP_MADE: Final = N_("The last backup was made %(ago)s ago.")
START_WORKER: Final = N_(
    "Check that the worker is running. carrel serve or carrel worker starts it."
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What System health and a scrape of the metrics both tell: what is due, and when things last happened."""

    due: Mapping[Lane, Due]
    beat: datetime | None
    sent: datetime | None
    backup: AuditEntry | None
    drill: AuditEntry | None


def read_facts(session: Session, *, now: datetime) -> Facts:
    """Return the facts of now."""
    return Facts(
        due=read_due(session, now=now),
        beat=last_beat(session),
        sent=_last_sent(session),
        backup=last_act(session, CREATED),
        drill=last_act(session, DRILLED),
    )


def read_health(
    carrel: Carrel, *, now: datetime, facts: Facts | None = None
) -> tuple[Finding, ...]:
    """Return the findings that need no other server; only one about a database that is being moved.

    `facts` are those that the caller has just read, if it has.
    """
    if (mark := carrel.database.freeze_mark) != IN_USE:
        return (_frozen(mark),)
    tables = _tables(carrel)
    if tables.state is State.FAULT:
        return (tables,)
    with carrel.database.read_session() as session:
        known = facts or read_facts(session, now=now)
        return (
            tables,
            _worker(session, known.beat, now),
            *_lanes(session, known.due, now),
            _last_email(known.sent, now),
            _disk(carrel, session, now),
            _backup(known.backup, now),
            copy_finding(carrel.database, session, now=now),
            _drill(known.drill, now),
            *_balances(session, now),
            *_passkeys(carrel, session),
            *old_key_finding(session, carrel.settings, now=now),
        )


def last_beat(session: Session) -> datetime | None:
    """Return when a worker last queued a scheduled job; a running one does so every few seconds."""
    newest = select(Job.created_at).where(Job.subject == "").order_by(Job.id.desc())
    return session.scalar(newest.limit(1))


def _last_sent(session: Session) -> datetime | None:
    """Return when the last email was sent."""
    # one lookup for each lane: PostgreSQL would read all emails for the latest of several
    latest = (
        select(func.max(Mail.sent_at).label("at")).where(Mail.lane == one) for one in MailLane
    )
    last: datetime | None = session.scalar(select(func.max(union_all(*latest).subquery().c.at)))
    return last


def free_bytes(carrel: Carrel) -> int:
    """Return the free bytes on the disk of the data directory."""
    return shutil.disk_usage(carrel.settings.data_dir).free


def _frozen(mark: int) -> Finding:
    """Return that nothing can be saved; the worker and the backups stand still only because of that."""
    if mark == MOVED:
        return Finding(
            "tables",
            State.FAULT,
            LEFT_BEHIND,
            advice=N_("Set CARREL_DATABASE_URL to the new database, and restart Carrel."),
        )
    return Finding(
        "tables",
        State.FAULT,
        N_("The database is being moved to PostgreSQL, so nothing can be saved."),
        advice=N_(
            "If the move was interrupted, run carrel db move again, or cancel it with "
            "carrel db move --abort."
        ),
    )


def _tables(carrel: Carrel) -> Finding:
    if current(carrel.database) == head():
        return Finding("tables", State.OK, UP_TO_DATE)
    if fits(carrel.database):
        return Finding(
            "tables",
            State.ATTENTION,
            N_("The database's tables are from a later version than the one running."),
            advice=N_("Finish the upgrade: start the new version on every machine."),
        )
    return Finding(
        "tables",
        State.FAULT,
        N_("The database's tables don't match this version."),
        advice=N_("Run: carrel db upgrade"),
    )


def _worker(session: Session, beat: datetime | None, now: datetime) -> Finding:
    if beat is None:
        return Finding("worker", State.FAULT, NO_WORKER, advice=START_WORKER)
    moved = last_act(session, FINISHED)
    if moved is not None and beat <= moved.at:  # it reported to the old database
        sentence = N_("The database was moved to PostgreSQL %(ago)s ago. No worker uses it yet.")
        advice = N_("Restart Carrel and every separate worker with the new CARREL_DATABASE_URL.")
        return Finding(
            "worker", State.FAULT, sentence, {"ago": say_roughly(now - moved.at)}, advice
        )
    values = {"ago": say_roughly(now - beat)}
    if now - beat <= BEAT_WITHIN:
        return Finding("worker", State.OK, N_("The worker is running."))
    sentence = N_("The worker last reported %(ago)s ago.")
    return Finding("worker", State.FAULT, sentence, values, START_WORKER)


def balances_that_differ(session: Session) -> int:
    """Return how many balances didn't add up in the last check."""
    checked = last_act(session, CHECKED)
    return int(checked.detail.get("differences", 0)) if checked else 0


def _balances(session: Session, now: datetime) -> Iterator[Finding]:
    """Yield the result of the last nightly check of balances; nothing before the first one."""
    checked = last_act(session, CHECKED)
    if checked is None:
        return
    values: dict[str, str | int] = {"ago": say_roughly(now - checked.at)}
    count = balances_that_differ(session)
    if not count:
        sentence = N_("All balances added up at the last check, %(ago)s ago.")
        yield Finding("balances", State.OK, sentence, values)
        return
    values["count"] = count
    yield Finding(
        "balances",
        State.FAULT,
        N_(
            "%(count)s balances didn't match their documents and payments at the last check, "
            "%(ago)s ago."
        ),
        values,
        N_("See the email about it. To see what happened to an order, run carrel order explain."),
    )


def _passkeys(carrel: Carrel, session: Session) -> Iterator[Finding]:
    """Yield a warning about passkeys made for another host name than that of the base URL."""
    base_url = carrel.settings.base_url
    host = urlsplit(base_url).hostname or ""
    known = {host, "localhost"} if is_loopback(base_url) else {host}
    elsewhere = select(func.count(SecondFactor.id)).where(
        SecondFactor.kind == FactorKind.PASSKEY, SecondFactor.host.not_in(known)
    )
    if count := session.scalar(elsewhere):
        yield Finding(
            "passkeys",
            State.ATTENTION,
            N_(
                "%(count)s passkeys were created for a host name other than %(host)s and don't "
                "work."
            ),
            {"count": count, "host": host},
            N_(
                "Set CARREL_BASE_URL back to the former host name, or ask their owners to sign in "
                "with an app or a recovery code and add their passkeys again."
            ),
        )


def _lanes(session: Session, due: Mapping[Lane, Due], now: datetime) -> Iterator[Finding]:
    stalled = {one.lane: one for one in stalled_lanes(session, due, now=now)}
    for lane in Lane:
        since = due[lane].since if lane in due else None
        yield _lane(lane.value, stalled.get(lane.value), since, now)
    if MAIL in stalled:
        yield _lane(MAIL, stalled[MAIL], None, now)


def _lane(lane: str, stalled: Stalled | None, since: datetime | None, now: datetime) -> Finding:
    name = f"{LANE}{lane}"
    values: dict[str, str | int] = {"lane": LANES[lane]}
    if stalled is not None:
        values |= {"waiting": stalled.waiting, "ago": say_roughly(now - stalled.since)}
        sentence = N_(
            "%(lane)s: %(waiting)s waiting, the oldest for %(ago)s, and none are being processed."
        )
        return Finding(name, State.FAULT, sentence, values, START_WORKER)
    if since is None or now - since < PATIENCE:
        return Finding(name, State.OK, N_("%(lane)s: no delays."), values)
    values["ago"] = say_roughly(now - since)
    return Finding(name, State.OK, N_("%(lane)s: the oldest has waited for %(ago)s."), values)


def _last_email(sent: datetime | None, now: datetime) -> Finding:
    if sent is None:
        return Finding("email", State.OK, N_("No email has been sent yet."))
    values = {"ago": say_roughly(now - sent)}
    return Finding("email", State.OK, N_("The last email was sent %(ago)s ago."), values)


def _disk(carrel: Carrel, session: Session, now: datetime) -> Finding:
    free = free_bytes(carrel)
    grown = select(func.sum(Recording.size_bytes)).where(Recording.created_at > now - GROWTH_OF)
    is_local = carrel.settings.storage_url.startswith("file:")
    added = RENDITIONS * (session.scalar(grown) or 0) if is_local else 0
    values: dict[str, str | int] = {"free": free // GIB}
    days = int(free * GROWTH_OF.days // added) if added else MANY_DAYS
    if days >= MANY_DAYS:
        state = State.FAULT if free < LITTLE_BYTES else State.OK
        return Finding(
            "disk", state, N_("%(free)s GB of disk space is free."), values, _room(state)
        )
    state = State.OK
    if days < FEW_DAYS:
        state = State.FAULT if days < VERY_FEW_DAYS else State.ATTENTION
    values["days"] = days
    sentence = N_("There's space for about %(days)s more days of recordings (%(free)s GB free).")
    return Finding("disk", state, sentence, values, _room(state))


def _room(state: State) -> str:
    return (
        ""
        if state is State.OK
        else N_("Free up space, or move the files: carrel media move --to URL")
    )


def _backup(made: AuditEntry | None, now: datetime) -> Finding:
    advice = N_("Run carrel backup create every night (docs/operating.md, Every night).")
    if made is None:
        return Finding("backup", State.ATTENTION, N_("There's no backup yet."), advice=advice)
    values = {"ago": say_roughly(now - made.at)}
    if now - made.at <= BACKUP_WITHIN:
        return Finding("backup", State.OK, BACKUP_MADE, values)
    return Finding("backup", State.FAULT, BACKUP_MADE, values, advice)


def _drill(done: AuditEntry | None, now: datetime) -> Finding:
    advice = N_(
        "Run carrel backup drill, which restores the newest backup to a temporary location."
    )
    if done is None:
        sentence = N_("No backup has been tested yet.")
        return Finding("drill", State.ATTENTION, sentence, advice=advice)
    values = {"ago": say_roughly(now - done.at)}
    if not done.detail.get("is_good"):
        sentence = N_("The backup tested %(ago)s ago couldn't be fully restored.")
        advice = N_("Run carrel backup verify to see what is missing, then carrel backup create.")
        return Finding("drill", State.FAULT, sentence, values, advice)
    sentence = N_("A backup was last tested successfully %(ago)s ago.")
    if now - done.at <= DRILL_WITHIN:
        return Finding("drill", State.OK, sentence, values)
    return Finding("drill", State.ATTENTION, sentence, values, advice)
