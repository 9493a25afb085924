"""Logins under way: the state and nonce given to a platform, good once and for ten minutes.

Security Framework 1.0, 5.1.1: third-party initiated login. Both are kept as hashes in one row, bound to each
other, to the registration and to the browser. What is written of a launch, opened or refused, is
written together with the deletion of that row: whoever deletes it has the launch.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from lms.db import Base
from lms.errors import N_
from lms.lean import Driver, Lean
from lti.frame_openings import hashed
from lti.models.launches import PendingLogin
from lti.models.platforms import Registration, RegistrationState
from lti.platforms import COLUMNS, Platform, platform_of_row, platforms_of_issuer
from lti.refusals import TRY_AGAIN, LaunchRefused, malformed, not_authentic, not_entitled

LASTS: Final = timedelta(minutes=10)
LONGEST_STATE: Final = 200
UNKNOWN_STATE: Final = N_(
    "This launch was used already, or took longer than ten minutes. Nothing is wrong with your access."
)
NO_ISSUER: Final = N_("The login request does not say which learning system it comes from.")
NO_HINT: Final = N_("The login request does not say whom it is for.")
NO_LINK: Final = N_("The login request does not say what it is for.")
UNKNOWN_PLATFORM: Final = N_("This library does not know your learning system yet.")
WHICH_CLIENT: Final = N_(
    "Your learning system is registered here more than once, and did not say which it is (client_id)."
)
NOT_APPROVED: Final = N_("Your learning system has registered here, and waits to be approved.")
STOPPED: Final = N_("Launches from your learning system have been stopped.")


@dataclass(frozen=True, slots=True)
class Started:
    """What goes to the platform: 256 random bits each, kept nowhere but in the answer."""

    state: str
    nonce: str


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

_BEGIN: Final = Lean(
    insert(PENDING_LOGINS).values(
        {
            name: bindparam(f"new_{name}", type_=_login[name].type)
            for name in (
                "state_hash",
                "nonce_hash",
                "browser_hash",
                "registration_id",
                "storage_target",
                "created_at",
                "expires_at",
            )
        }
    )
)
_FIND: Final = Lean(
    select(
        _login.expires_at,
        _login.nonce_hash,
        _login.browser_hash,
        _login.storage_target,
        *COLUMNS,
    )
    .join_from(PENDING_LOGINS, _REGISTRATIONS, _REGISTRATIONS.c.id == _login.registration_id)
    .where(_login.state_hash == bindparam("state_hash"))
)
TAKE_UP: Final = delete(PENDING_LOGINS).where(_login.state_hash == bindparam("state_hash"))
_TAKE_UP: Final = Lean(TAKE_UP)


def platform_of(
    driver: Driver, *, issuer: str, login_hint: str, target_link_uri: str, client_id: str
) -> Platform:
    """Return the platform that a login request comes from; raises LaunchRefused."""
    for value, code, message in (
        (issuer, "issuer_missing", NO_ISSUER),
        (login_hint, "login_hint_missing", NO_HINT),
        (target_link_uri, "target_link_uri_missing", NO_LINK),
    ):
        if not value:
            raise malformed(code, message)
    found = platforms_of_issuer(driver, issuer, client_id or None)
    if len(found) > 1:  # what a customer entered for another's platform stands in nobody's way
        found = tuple(one for one in found if one.state is RegistrationState.ACTIVE) or found
    if not found:
        detail = f"iss {issuer[:200]}, client_id {client_id[:100] or 'not said'}"
        raise not_authentic("platform_unknown", UNKNOWN_PLATFORM, detail=detail)
    if len(found) > 1:
        raise malformed("client_id_missing", WHICH_CLIENT, detail=f"iss {issuer[:200]}")
    return found[0]


def check_in_use(platform: Platform) -> None:
    """Refuse a platform whose launches are not taken."""
    if platform.state is RegistrationState.PENDING:
        raise not_entitled("registration_pending", NOT_APPROVED)
    if platform.state is RegistrationState.DISABLED:
        raise not_entitled("registration_disabled", STOPPED)


def begin_login(
    driver: Driver,
    platform_id: int,
    *,
    browser: str,
    storage_target: str | None,
    now: datetime,
) -> Started:
    """Begin a login for a browser; `storage_target` is the frame of the platform's storage, if it has one."""
    started = Started(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
    values = {
        "new_state_hash": hashed(started.state),
        "new_nonce_hash": hashed(started.nonce),
        "new_browser_hash": hashed(browser),
        "new_registration_id": platform_id,
        "new_storage_target": storage_target,
        "new_created_at": now,
        "new_expires_at": now + LASTS,
    }
    _BEGIN.count(driver, values)
    return started


def find_login(driver: Driver, state: str, *, now: datetime) -> Begun:
    """Return the login of a state, with its platform as it is now; raises LaunchRefused."""
    state_hash = hashed(state[:LONGEST_STATE])
    row = _FIND.one(driver, {"state_hash": state_hash})
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
