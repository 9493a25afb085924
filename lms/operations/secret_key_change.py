"""The secret key change: re-encrypts what the old key encrypted, and accepts the old one for a day."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import column, func, select, table, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from lms import audit
from lms.core.dates_and_time_zones import say_datetime_in_table
from lms.core.encryption import lock_of
from lms.core.errors import N_, Invalid, Refused
from lms.core.runtime import Carrel
from lms.core.settings import Settings
from lms.operations.backups import fingerprint
from lms.operations.findings import Finding, State

# Table, column, and the purpose of the key that encrypts the column.
SEALED: Final = (
    ("badge_key", "private_key", "badge keys"),
    ("lti_signing_key", "private_key", "lti signing keys"),
    ("second_factor", "sealed_secret", "authenticator apps"),
)
CHANGED: Final = "secret_key.changed"
CHANGE_LOCK: Final = 0x4361727265796B  # a lock ID used only here
ACCEPTED_FOR: Final = timedelta(hours=24)  # a player's session lasts no longer
ACCEPTED: Final = N_("The previous secret key is accepted until %(until)s.")
ACCEPTED_IN_LINKS: Final = N_(
    "The previous secret key is accepted only in links of earlier emails since %(until)s."
)
NO_OLD_KEY: Final = N_("Set CARREL_SECRET_KEY_OLD to the previous secret key.")


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many secrets were re-encrypted, were already, and can't be decrypted with either key."""

    resealed: int
    sealed_before: int
    lost: int


def reseal(session: Session, settings: Settings) -> Resealed:
    """Re-encrypt with the secret key what the old one encrypted; repeating it changes nothing.

    Raises Invalid if no old key is set.
    """
    if settings.secret_key_old is None:
        raise Invalid(NO_OLD_KEY)
    counts = {"resealed": 0, "sealed_before": 0, "lost": 0}
    for name, sealed, purpose in SEALED:
        new = lock_of(settings.secret_key, purpose)
        old = lock_of(settings.secret_key_old, purpose)
        rows = table(name, column("id"), column(sealed))
        for row_id, kept in session.execute(
            select(rows.c.id, rows.c[sealed]).where(rows.c[sealed].is_not(None))
        ).all():
            if _opened(new, kept) is not None:
                counts["sealed_before"] += 1
                continue
            secret = _opened(old, kept)
            if secret is None:
                counts["lost"] += 1
                continue
            token = new.encrypt(secret)
            values = {sealed: token if isinstance(kept, bytes) else token.decode()}
            session.execute(update(rows).where(rows.c.id == row_id).values(values))
            counts["resealed"] += 1
    return Resealed(**counts)


def accept_old_key(carrel: Carrel, ask_time: Callable[[], datetime]) -> Carrel:
    """Return an installation that accepts the previous secret key for 24 hours since the change.

    The first web server that starts with both keys records the time of the change, so that a restart
    doesn't extend it. While nothing can be saved, the time counts from now.
    """
    old, at = carrel.settings.secret_key_old, ask_time()
    if old is None:
        return carrel
    try:
        with carrel.database.transaction() as session:
            if not carrel.database.is_sqlite:  # which lets one process write at a time anyway
                session.execute(select(func.pg_advisory_xact_lock(CHANGE_LOCK)))
            changed_at = _changed_at(session, carrel.settings)
            if changed_at is None:
                detail = _change(carrel.settings)
                audit.record(session, CHANGED, "", actor=None, now=at, detail=detail)
    except (SQLAlchemyError, Refused):
        changed_at = None
    until = (changed_at or at) + ACCEPTED_FOR
    return carrel.accepting(lambda: (old,) if ask_time() < until else ())


def old_key_finding(session: Session, settings: Settings, *, now: datetime) -> Iterator[Finding]:
    """Yield until when the previous secret key is accepted; nothing if none is set."""
    if settings.secret_key_old is None:
        return
    changed_at = _changed_at(session, settings)
    if changed_at is None:
        sentence = N_("The web server doesn't use the new secret key yet.")
        yield Finding("old_key", State.ATTENTION, sentence, advice=N_("Restart Carrel."))
        return
    until = changed_at + ACCEPTED_FOR
    values = {"until": say_datetime_in_table(until, settings.zone)}
    if now < until:
        yield Finding("old_key", State.OK, ACCEPTED, values)
    else:
        yield Finding("old_key", State.OK, ACCEPTED_IN_LINKS, values)


def _changed_at(session: Session, settings: Settings) -> datetime | None:
    """Return when the previous key was first seen beside the current one, if that is the last change."""
    last = audit.last_act(session, CHANGED)
    return last.at if last is not None and last.detail == _change(settings) else None


def _change(settings: Settings) -> dict[str, str]:
    return {
        "from": fingerprint(settings.secret_key_old or ""),
        "to": fingerprint(settings.secret_key),
    }


def _opened(lock: Fernet, kept: Any) -> bytes | None:  # noqa: ANN401  (text or bytes)
    try:
        return lock.decrypt(kept)
    except InvalidToken:
        return None
