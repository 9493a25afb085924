"""Login state: the state and nonce sent to a platform, valid once and for 10 minutes.

Security Framework 1.0, 5.1.1: third-party initiated login. Both are stored as hashes in one row, bound
to each other, to the registration and to the browser. The row is deleted in the transaction that writes
the launch's outcome, so that only one request can use it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, bindparam, delete, func, insert, select
from sqlalchemy.orm import Session

from lms.core.compiled_statements import CompiledStatement, Driver
from lms.core.errors import N_
from lms.core.model_base import Base
from lms.core.runtime import hash_secret
from lti.frames.session_creation import new_secret
from lti.models.launches import PendingLogin
from lti.models.registrations_and_keys import RegistrationState
from lti.protocol.refusals import TRY_AGAIN, LaunchRefused, malformed, not_authentic, not_entitled
from lti.registrations.platform_lookup import (
    ALL_OF_ISSUER,
    COLUMNS,
    ONE_OF_ISSUER,
    Platform,
    platform_of_row,
)

LASTS: Final = timedelta(minutes=10)
UNKNOWN_STATE: Final = N_(
    "This link was already used, or took longer than 10 minutes to open. Your access hasn't changed."
)
NO_ISSUER: Final = N_("Your LMS didn't send its issuer (iss).")
NO_HINT: Final = N_("Your LMS didn't say who is signing in (login_hint).")
NO_LINK: Final = N_("Your LMS didn't say which page to open (target_link_uri).")
NEEDED: Final = (
    ("iss", "issuer_missing", NO_ISSUER),
    ("login_hint", "login_hint_missing", NO_HINT),
    ("target_link_uri", "target_link_uri_missing", NO_LINK),
)
UNKNOWN_PLATFORM: Final = N_("Your LMS isn't registered here yet.")
WHICH_CLIENT: Final = N_(
    "Your LMS is registered here more than once and didn't send its client ID (client_id)."
)
NOT_APPROVED: Final = N_("Your LMS is registered here but not approved yet.")
STOPPED: Final = N_("The connection to your LMS was turned off.")


@dataclass(frozen=True, slots=True)
class Started:
    """The secrets sent to the platform, 256 random bits each; only their hashes are stored."""

    state: str = field(default_factory=new_secret)
    nonce: str = field(default_factory=new_secret)


@dataclass(frozen=True, slots=True)
class Begun:
    """A pending login that has not expired."""

    platform: Platform
    state_hash: bytes
    nonce_hash: bytes
    browser_hash: bytes
    storage_target: str | None


PENDING_LOGINS: Final = Base.metadata.tables[PendingLogin.__tablename__]
_login: Final = PENDING_LOGINS.c

_NEW: Final = {
    name: bindparam(f"new_{name}", type_=_login[name].type)
    for name in (
        "state_hash",
        "nonce_hash",
        "browser_hash",
        "storage_target",
        "created_at",
        "expires_at",
    )
}


@dataclass(frozen=True, slots=True)
class _Beginning:
    """The statement that finds a platform, and `both`, which also inserts the login in one round trip."""

    search: CompiledStatement
    both: CompiledStatement


_BEGIN: Final = CompiledStatement(
    insert(PENDING_LOGINS).values({**_NEW, "registration_id": bindparam("new_registration_id")})
)


def _beginning(search: Select[*tuple[Any, ...]]) -> _Beginning:
    found = search.cte("found")
    in_use = select(func.count()).where(found.c.state == RegistrationState.ACTIVE)
    begun = insert(PENDING_LOGINS).from_select(
        [*_NEW, "registration_id"],
        select(*_NEW.values(), found.c.id).where(
            found.c.state == RegistrationState.ACTIVE, in_use.scalar_subquery() == 1
        ),
    )
    return _Beginning(
        CompiledStatement(search), CompiledStatement(select(*found.c).add_cte(begun.cte("begun")))
    )


_OF_ISSUER: Final = _beginning(ALL_OF_ISSUER)
_OF_CLIENT: Final = _beginning(ONE_OF_ISSUER)
BEGUN: Final = (
    _login.expires_at,
    _login.nonce_hash,
    _login.browser_hash,
    _login.storage_target,
    *COLUMNS,
)
_TAKE_UP: Final = CompiledStatement(
    delete(PENDING_LOGINS).where(_login.state_hash == bindparam("state_hash"))
)


def begin_login(
    driver: Driver,
    asked: Mapping[str, str],
    started: Started,
    *,
    browser: str,
    storage_target: str | None,
    now: datetime,
) -> Platform:
    """Begin a login for a browser and return the platform that requested it; raises LaunchRefused.

    Writes nothing if the platform is not active; `check_in_use` raises the reason. `storage_target` is
    the name of the platform's storage frame, if it has one.
    """
    for name, code, message in NEEDED:
        if not asked.get(name):
            raise malformed(code, message)
    values = {
        "issuer": asked["iss"],
        "client_id": asked.get("client_id"),
        "new_state_hash": hash_secret(started.state),
        "new_nonce_hash": hash_secret(started.nonce),
        "new_browser_hash": hash_secret(browser),
        "new_storage_target": storage_target,
        "new_created_at": now,
        "new_expires_at": now + LASTS,
    }
    way = _OF_CLIENT if values["client_id"] else _OF_ISSUER
    if driver.dialect.name == "postgresql":  # each statement is a network round trip
        return _meant(way.both.all(driver, values), asked)
    platform = _meant(way.search.all(driver, values), asked)
    if platform.state is RegistrationState.ACTIVE:
        _BEGIN.count(driver, {**values, "new_registration_id": platform.id})
    return platform


def _meant(rows: Sequence[tuple[Any, ...]], asked: Mapping[str, str]) -> Platform:
    """Return the only active match; pending or disabled registrations of the same platform are ignored."""
    issuer, client_id = asked["iss"], asked.get("client_id")
    found = [platform_of_row(row) for row in rows]
    if not found:
        detail = f"iss {issuer[:200]}, client_id {client_id[:100] if client_id else 'not said'}"
        raise not_authentic("platform_unknown", UNKNOWN_PLATFORM, detail=detail)
    in_use = [one for one in found if one.state is RegistrationState.ACTIVE]
    if len(in_use or found) > 1:
        raise malformed("client_id_missing", WHICH_CLIENT, detail=f"iss {issuer[:200]}")
    return (in_use or found)[0]


def check_in_use(platform: Platform) -> None:
    """Raise LaunchRefused unless the platform is active."""
    if platform.state is RegistrationState.PENDING:
        raise not_entitled("registration_pending", NOT_APPROVED)
    if platform.state is RegistrationState.DISABLED:
        raise not_entitled("registration_disabled", STOPPED)


def take_up_login(session: Session, begun: Begun) -> bool:
    """Delete a pending login; return False if another request already did."""
    return _TAKE_UP.count(session, {"state_hash": begun.state_hash}) == 1


def used_up() -> LaunchRefused:
    """Return the refusal for a state that is unknown, used or expired."""
    return LaunchRefused(401, "state_unknown", UNKNOWN_STATE, advice=TRY_AGAIN)


def forget_old_logins(session: Session, *, now: datetime) -> None:
    """Delete expired logins."""
    session.execute(delete(PendingLogin).where(PendingLogin.expires_at < now))
