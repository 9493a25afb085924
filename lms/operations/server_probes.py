"""Server probes: contact the storage, Redis, the mail server and the database's clock."""

import errno
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import redis
from sqlalchemy import text

from lms.certificates.badge_keys import opens_keys
from lms.core.errors import N_
from lms.core.runtime import Carrel, shown_url
from lms.mail.transport import NotTaken, try_server
from lms.migrations import fits
from lms.operations.findings import Finding, State

PROBE_KEY: Final = "house/doctor-"
PROBE: Final = b"carrel doctor"
ANSWER_S: Final = 3.0
DISK_ERRORS: Final = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
CLOCKS_AGREE: Final = timedelta(seconds=5)
CHECK_STORAGE: Final = N_(
    "Check CARREL_STORAGE. Carrel's account must be able to write to a directory (chown -R carrel: "
    "DIRECTORY). For S3, check CARREL_S3_ENDPOINT and the keys."
)


class _WrongBytes(Exception):
    """A file read back differs from what was written."""

    def __init__(self) -> None:
        super().__init__("the file read back is different")


def probe_servers(carrel: Carrel, *, now: datetime) -> tuple[Finding, ...]:
    """Return findings about the configured servers and keys; writes and deletes one small file."""
    settings = carrel.settings
    database = shown_url(settings.database_url)
    found = [
        _tried("database", database, lambda: _ask(carrel), N_("Check CARREL_DATABASE_URL.")),
        _tried("storage", settings.storage_url, lambda: _write(carrel), CHECK_STORAGE),
    ]
    if settings.redis_url:
        url = settings.redis_url
        found.append(
            _tried(
                "redis",
                "CARREL_REDIS_URL",
                lambda: _ping(url),
                N_("Check CARREL_REDIS_URL and that the server is running."),
            )
        )
    if settings.smtp_url:
        advice = N_("Check CARREL_SMTP_URL and that the mail server is running.")
        found.append(_tried("smtp", "CARREL_SMTP_URL", lambda: try_server(settings), advice))
    else:
        found.append(
            Finding(
                "smtp",
                State.ATTENTION,
                N_("No mail server is set, so emails are saved as files."),
                advice=N_("Set CARREL_SMTP_URL."),
            )
        )
    if found[0].state is State.OK:
        found.append(_clock(carrel, now))
        if fits(carrel.database):
            found.append(_keys(carrel))
    return tuple(found)


def _tried(name: str, shown: str, attempt: Callable[[], object], advice: str) -> Finding:
    values = {"server": shown}
    try:
        attempt()
    except Exception as error:  # noqa: BLE001  (any exception is the result)
        fault = getattr(error, "orig", None) or error  # what the driver said
        said = fault.reason if isinstance(fault, NotTaken) else str(fault)
        first = (said.strip() or type(fault).__name__).splitlines()[0]
        values["fault"] = first
        if _is_of_disk(error):
            advice = N_("Check that its disk has free space (df -h) and no faults (dmesg).")
        return Finding(name, State.FAULT, N_("%(server)s: %(fault)s"), values, advice)
    return Finding(name, State.OK, N_("%(server)s responds."), values)


def _is_of_disk(error: Exception) -> bool:
    """Return whether a disk is full or fails; SQLite says both as soon as it can't extend its log."""
    said = getattr(getattr(error, "orig", error), "sqlite_errorname", None) or ""
    is_file = isinstance(error, OSError) and error.errno in DISK_ERRORS
    return is_file or said.startswith(("SQLITE_FULL", "SQLITE_IOERR"))


def _ask(carrel: Carrel) -> None:
    with carrel.database.read_session() as session:
        session.execute(text("SELECT 1"))


def _write(carrel: Carrel) -> None:
    key = PROBE_KEY + secrets.token_hex(8)
    carrel.storage.put_bytes(key, PROBE, "text/plain")
    try:
        with carrel.storage.open(key) as file:
            if file.read() != PROBE:
                raise _WrongBytes
    finally:
        carrel.storage.delete(key)


def _ping(url: str) -> None:
    server = redis.from_url(url, socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S)
    try:
        server.ping()
    finally:
        server.close()


def _clock(carrel: Carrel, now: datetime) -> Finding:
    if carrel.database.is_sqlite:
        return Finding("clock", State.OK, N_("The database uses this machine's clock."))
    with carrel.database.read_session() as session:
        theirs = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    apart = abs(theirs - now)
    values = {"seconds": round(apart.total_seconds())}
    if apart <= CLOCKS_AGREE:
        return Finding("clock", State.OK, N_("The clock matches the database's."))
    sentence = N_("This machine's clock and the database's are %(seconds)s seconds apart.")
    return Finding("clock", State.FAULT, sentence, values, N_("Synchronize both with NTP."))


def _keys(carrel: Carrel) -> Finding:
    if opens_keys(carrel.database, carrel.settings.secret_key):
        return Finding("keys", State.OK, N_("The secret key decrypts the signing keys."))
    return Finding(
        "keys",
        State.FAULT,
        N_("The signing keys in the database were encrypted with another secret key."),
        advice=N_(
            "Set CARREL_SECRET_KEY_OLD to the old key and run: carrel secret-key reseal. If the old "
            "key is lost, run: carrel lti keys rotate --at-once; carrel badge-keys rotate"
        ),
    )
