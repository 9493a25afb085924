"""Logins under way: the state and nonce given to a platform, good once and for ten minutes.

Security Framework 1.0, 5.1.1: third-party initiated login. Both are kept as hashes in one row, bound to each
other, to the registration and to the browser; taking up the state deletes it.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, insert
from sqlalchemy.orm import Session

from lms.errors import N_
from lti.frames import hashed
from lti.models.launches import PendingLogin
from lti.models.platforms import RegistrationState
from lti.refusals import TRY_AGAIN, LaunchRefused, malformed, not_authentic, not_entitled
from lti.registrations import RegistrationFacts, registration_of_row, registrations_of_issuer

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
    """A login that was begun here, taken up by its state and thereby gone."""

    registration: RegistrationFacts
    nonce_hash: bytes
    browser_hash: bytes
    storage_target: str | None


_BEGIN: Final = insert(PendingLogin).values(
    {
        name: bindparam(f"new_{name}")
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
_TAKE_UP: Final = (
    delete(PendingLogin)
    .where(PendingLogin.state_hash == bindparam("given"))
    .returning(
        PendingLogin.registration_id,
        PendingLogin.nonce_hash,
        PendingLogin.browser_hash,
        PendingLogin.storage_target,
        PendingLogin.expires_at,
    )
    .execution_options(synchronize_session=False)
)


def platform_of(
    session: Session, *, issuer: str, login_hint: str, target_link_uri: str, client_id: str
) -> RegistrationFacts:
    """Return the registration that a login request comes from; raises LaunchRefused."""
    for value, code, message in (
        (issuer, "issuer_missing", NO_ISSUER),
        (login_hint, "login_hint_missing", NO_HINT),
        (target_link_uri, "target_link_uri_missing", NO_LINK),
    ):
        if not value:
            raise malformed(code, message)
    found = registrations_of_issuer(session, issuer, client_id or None)
    if not found:
        detail = f"iss {issuer[:200]}, client_id {client_id[:100] or 'not said'}"
        raise not_authentic("platform_unknown", UNKNOWN_PLATFORM, detail=detail)
    if len(found) > 1:
        raise malformed("client_id_missing", WHICH_CLIENT, detail=f"iss {issuer[:200]}")
    return found[0]


def check_in_use(registration: RegistrationFacts) -> None:
    """Refuse a registration whose launches are not taken."""
    if registration.state is RegistrationState.PENDING:
        raise not_entitled("registration_pending", NOT_APPROVED)
    if registration.state is RegistrationState.DISABLED:
        raise not_entitled("registration_disabled", STOPPED)


def begin_login(
    session: Session,
    registration_id: int,
    *,
    browser: str,
    storage_target: str | None,
    now: datetime,
) -> Started:
    """Begin a login for a browser; `storage_target` is the frame of the platform's storage, if it has one."""
    started = Started(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
    session.execute(
        _BEGIN,
        {
            "new_state_hash": hashed(started.state),
            "new_nonce_hash": hashed(started.nonce),
            "new_browser_hash": hashed(browser),
            "new_registration_id": registration_id,
            "new_storage_target": storage_target,
            "new_created_at": now,
            "new_expires_at": now + LASTS,
        },
    )
    return started


def take_up_login(session: Session, state: str, *, now: datetime) -> Begun | LaunchRefused:
    """Take up the login of a state, or say why not: either way it is gone, so the caller commits."""
    refusal = LaunchRefused(401, "state_unknown", UNKNOWN_STATE, advice=TRY_AGAIN)
    if len(state) > LONGEST_STATE:
        return refusal
    row = session.execute(_TAKE_UP, {"given": hashed(state)}).one_or_none()
    if row is None or row.expires_at <= now:
        return refusal
    return Begun(
        registration=registration_of_row(session, row.registration_id),
        nonce_hash=row.nonce_hash,
        browser_hash=row.browser_hash,
        storage_target=row.storage_target,
    )


def forget_old_logins(session: Session, *, now: datetime) -> None:
    """Delete the logins that nobody finished."""
    session.execute(
        delete(PendingLogin)
        .where(PendingLogin.expires_at < now)
        .execution_options(synchronize_session=False)
    )
