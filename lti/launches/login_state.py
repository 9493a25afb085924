"""Login state: the state and nonce given to a platform, good once and for ten minutes.

Security Framework 1.0, 5.1.1: third-party initiated login. Both are kept as hashes in one row, bound to each
other, to the registration and to the browser. What is written of a launch, opened or refused, is
written together with the deletion of that row: whoever deletes it has the launch.
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
from lti.frames.session_creation import hashed, new_secret
from lti.models.launches import PendingLogin
from lti.models.registrations_and_keys import Registration, RegistrationState
from lti.protocol.refusals import TRY_AGAIN, LaunchRefused, malformed, not_authentic, not_entitled
from lti.registrations.platform_lookup import (
    ALL_OF_ISSUER,
    COLUMNS,
    ONE_OF_ISSUER,
    Platform,
    platform_of_row,
)

LASTS: Final = timedelta(minutes=10)
LONGEST_STATE: Final = 200
UNKNOWN_STATE: Final = N_(
    "This launch was used already, or took longer than ten minutes. Nothing is wrong with your access."
)
NO_ISSUER: Final = N_("The login request does not say which learning system it comes from.")
NO_HINT: Final = N_("The login request does not say whom it is for.")
NO_LINK: Final = N_("The login request does not say what it is for.")
NEEDED: Final = (
    ("iss", "issuer_missing", NO_ISSUER),
    ("login_hint", "login_hint_missing", NO_HINT),
    ("target_link_uri", "target_link_uri_missing", NO_LINK),
)
UNKNOWN_PLATFORM: Final = N_("This library does not know your learning system yet.")
WHICH_CLIENT: Final = N_(
    "Your learning system is registered here more than once, and did not say which it is (client_id)."
)
NOT_APPROVED: Final = N_("Your learning system has registered here, and waits to be approved.")
STOPPED: Final = N_("Launches from your learning system have been stopped.")


@dataclass(frozen=True, slots=True)
class Started:
    """What goes to the platform: 256 random bits each, kept nowhere but in the answer."""

    state: str = field(default_factory=new_secret)
    nonce: str = field(default_factory=new_secret)


@dataclass(frozen=True, slots=True)
class Begun:
    """A login that was begun here, in time and not yet answered."""

    platform: Platform
    state_hash: bytes
    nonce_hash: bytes
    browser_hash: bytes
    storage_target: str | None


PENDING_LOGINS: Final = Base.metadata.tables[PendingLogin.__tablename__]
_REGISTRATIONS: Final = Base.metadata.tables[Registration.__tablename__]
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
    """The search for a platform and what a login of it is begun with; where both travel as one, that is `both`."""

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
_FIND: Final = CompiledStatement(
    select(*BEGUN)
    .join_from(PENDING_LOGINS, _REGISTRATIONS, _REGISTRATIONS.c.id == _login.registration_id)
    .where(_login.state_hash == bindparam("state_hash"))
)
TAKE_UP: Final = delete(PENDING_LOGINS).where(_login.state_hash == bindparam("state_hash"))
_TAKE_UP: Final = CompiledStatement(TAKE_UP)


def begin_login(
    driver: Driver,
    asked: Mapping[str, str],
    started: Started,
    *,
    browser: str,
    storage_target: str | None,
    now: datetime,
) -> Platform:
    """Begin a login for a browser, and return the platform that asks for it; raises LaunchRefused.

    Where the platform is not in use nothing was begun: `check_in_use` says why. `storage_target` is
    the frame of the platform's storage, if it has one.
    """
    for name, code, message in NEEDED:
        if not asked.get(name):
            raise malformed(code, message)
    values = {
        "issuer": asked["iss"],
        "client_id": asked.get("client_id"),
        "new_state_hash": hashed(started.state),
        "new_nonce_hash": hashed(started.nonce),
        "new_browser_hash": hashed(browser),
        "new_storage_target": storage_target,
        "new_created_at": now,
        "new_expires_at": now + LASTS,
    }
    way = _OF_CLIENT if values["client_id"] else _OF_ISSUER
    if driver.dialect.name == "postgresql":  # where each statement is a round trip
        return _meant(way.both.all(driver, values), asked)
    platform = _meant(way.search.all(driver, values), asked)
    if platform.state is RegistrationState.ACTIVE:
        _BEGIN.count(driver, {**values, "new_registration_id": platform.id})
    return platform


def _meant(rows: Sequence[tuple[Any, ...]], asked: Mapping[str, str]) -> Platform:
    """Return the platform that is meant; what a customer entered for another's stands in nobody's way."""
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
    """Refuse a platform whose launches are not taken."""
    if platform.state is RegistrationState.PENDING:
        raise not_entitled("registration_pending", NOT_APPROVED)
    if platform.state is RegistrationState.DISABLED:
        raise not_entitled("registration_disabled", STOPPED)


def find_login(driver: Driver, state: str, *, now: datetime) -> Begun:
    """Return the login of a state, with its platform as it is now; raises LaunchRefused."""
    state_hash = hash_of_state(state)
    return begun_of_row(_FIND.one(driver, {"state_hash": state_hash}), state_hash, now=now)


def hash_of_state(state: str) -> bytes:
    """Return the hash under which a state is kept."""
    return hashed(state[:LONGEST_STATE])


def begun_of_row(row: tuple[Any, ...] | None, state_hash: bytes, *, now: datetime) -> Begun:
    """Return the login of a row of `BEGUN`; raises LaunchRefused where there is none, or its time is over."""
    if row is None or row[0] <= now:
        raise used_up()
    _expires_at, nonce_hash, browser_hash, storage_target, *platform = row
    return Begun(
        platform_of_row(tuple(platform)), state_hash, nonce_hash, browser_hash, storage_target
    )


def take_up_login(session: Session, begun: Begun) -> bool:
    """Take up a login, which is then gone; tells whether nobody else did before."""
    return _TAKE_UP.count(Driver.of(session), {"state_hash": begun.state_hash}) == 1


def used_up() -> LaunchRefused:
    """Return the refusal of a state that is unknown, used or over."""
    return LaunchRefused(401, "state_unknown", UNKNOWN_STATE, advice=TRY_AGAIN)


def forget_old_logins(session: Session, *, now: datetime) -> None:
    """Delete the logins that nobody finished."""
    session.execute(
        delete(PendingLogin)
        .where(PendingLogin.expires_at < now)
        .execution_options(synchronize_session=False)
    )
