"""Second factors: the authenticator apps, passkeys and recovery codes of a person."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_logins import logins_of
from lms.accounts import accounts, browser_sessions, mails
from lms.accounts.mails import Reader, SecondStepChange
from lms.accounts.passkeys import Passkey
from lms.core.bulk_insert import add_once
from lms.core.errors import N_, Conflict, Forbidden, Invalid, or_not_found
from lms.core.model_base import CROCKFORD
from lms.mail.links import Links
from lms.models.accounts import FactorKind, Login, RecoveryCode, SecondFactor, SecondStep, SignIn

MOST: Final = 10
LONGEST_NAME: Final = 60
CODES: Final = 10
CODE_LENGTH: Final = 16  # 80 random bits
_MISREAD: Final = str.maketrans("oil", "011")
NAME_MISSING: Final = N_("Enter a name, such as “My phone.”")
NAME_TOO_LONG: Final = N_("Use up to 60 characters.")
TOO_MANY: Final = N_("You can have up to 10. First, remove one you no longer use.")
KNOWN_ALREADY: Final = N_("This passkey was already added.")
NOT_YOURSELF: Final = N_("Ask another owner to do this for you.")
NONE_TO_RESET: Final = N_("This account doesn't use two-step sign-in.")


@dataclass(frozen=True, slots=True)
class Factor:
    """An authenticator app or passkey as its person sees it."""

    id: str
    kind: FactorKind
    name: str
    host: str | None
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewApp:
    """An authenticator app to add; `step` is that of the code entered to verify it."""

    name: str
    sealed_secret: str
    step: int


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey to add, and the host name that it was created for."""

    name: str
    passkey: Passkey
    host: str


def list_factors(session: Session, login_id: int) -> tuple[Factor, ...]:
    """Return the apps and passkeys of a person, oldest first."""
    rows = session.execute(
        select(
            SecondFactor.public_id,
            SecondFactor.kind,
            SecondFactor.name,
            SecondFactor.host,
            SecondFactor.created_at,
            SecondFactor.last_used_at,
        )
        .where(SecondFactor.login_id.in_(logins_of(login_id)))
        .order_by(SecondFactor.id)
    )
    return tuple(Factor(*row) for row in rows)


def codes_left(session: Session, login_id: int) -> int:
    """Return how many of a person's recovery codes still work."""
    return (
        session.scalar(
            select(func.count(RecoveryCode.id)).where(
                RecoveryCode.login_id.in_(logins_of(login_id)), RecoveryCode.used_at.is_(None)
            )
        )
        or 0
    )


def add_factor(
    session: Session,
    login_id: int,
    new: NewApp | NewPasskey,
    *,
    sign_in_id: int,
    links: Links,
    now: datetime,
) -> tuple[str, ...]:
    """Add an app or a passkey, and notify the person by email.

    With the first one, every other browser is signed out, and recovery codes are generated and
    returned, which can't be read again. Raises Invalid for a bad name, and Conflict for an account
    without a confirmed address, an eleventh factor, or a passkey that was already added.
    """
    row = _row(login_id, new, now=now)
    # locked, so that a concurrent sign-in either sees the factor or is ended
    login = session.scalar(
        select(Login).where(Login.id == login_id).with_for_update(key_share=True)
    )
    if login is None or login.confirmed_at is None:
        raise Conflict(accounts.UNCONFIRMED)
    known = list_factors(session, login_id)
    if len(known) >= MOST:
        raise Conflict(TOO_MANY)
    if not add_once(session, row):
        raise Conflict(KNOWN_ALREADY)
    browser_sessions.note_proof(session, sign_in_id, now=now, second_step=SecondStep.DONE)
    audit.record(
        session,
        "login.second_factor_added",
        login.public_id,
        actor=login.public_id,
        now=now,
        detail={"kind": row.kind.value},
    )
    is_app = row.kind is FactorKind.APP
    change = SecondStepChange.APP_ADDED if is_app else SecondStepChange.PASSKEY_ADDED
    tell(session, login_id, change, links=links, now=now)
    if known:
        return ()
    browser_sessions.end_all(session, login_id, but=sign_in_id, now=now)
    return _new_codes(session, login_id, now=now)


def rename_factor(
    session: Session, login_id: int, factor_id: str, name: str, *, now: datetime
) -> None:
    """Rename an app or passkey; raises Invalid, and NotFound for another person's."""
    row = _own(session, login_id, factor_id)
    row.name = _checked_name(name)
    session.flush()
    _record(session, login_id, "login.second_factor_renamed", now=now)


def remove_factor(
    session: Session, login_id: int, factor_id: str, *, links: Links, now: datetime
) -> None:
    """Remove an app or passkey, and notify the person; raises NotFound for another person's.

    With the last one, the recovery codes are deleted, and signing in has no second step anymore.
    """
    session.delete(_own(session, login_id, factor_id))
    session.flush()
    if not browser_sessions.has_second_factor(session, login_id):
        _forget(session, login_id)
    _record(session, login_id, "login.second_factor_removed", now=now)
    tell(session, login_id, SecondStepChange.REMOVED, links=links, now=now)


def renew_codes(session: Session, login_id: int, *, links: Links, now: datetime) -> tuple[str, ...]:
    """Generate and return new recovery codes; the former ones stop working.

    Raises Conflict if the person has neither an app nor a passkey.
    """
    if not browser_sessions.has_second_factor(session, login_id):
        raise Conflict(NONE_TO_RESET)
    _delete_codes(session, login_id)
    codes = _new_codes(session, login_id, now=now)
    _record(session, login_id, "login.recovery_codes_made", now=now)
    tell(session, login_id, SecondStepChange.CODES_MADE, links=links, now=now)
    return codes


def reset(
    session: Session, login_id: int, *, links: Links, actor: str | None, now: datetime
) -> None:
    """Remove a person's apps, passkeys and codes after they lost them, and sign out all browsers.

    The person is notified by email. Raises Forbidden for oneself, and Conflict if there are none.
    """
    account = accounts.read_account(session, login_id)
    if account.public_id == actor:
        raise Forbidden(NOT_YOURSELF)
    if not browser_sessions.has_second_factor(session, login_id):
        raise Conflict(NONE_TO_RESET)
    session.execute(delete(SecondFactor).where(SecondFactor.login_id.in_(logins_of(login_id))))
    _forget(session, login_id)
    browser_sessions.end_all(session, login_id, now=now)
    audit.record(session, "login.second_factors_reset", account.public_id, actor=actor, now=now)
    tell(session, login_id, SecondStepChange.RESET, links=links, now=now)


def forget_since(session: Session, login_id: int, *, since: datetime) -> None:
    """Remove the factors and recovery codes added since then by a person who took over the account."""
    session.execute(
        delete(SecondFactor).where(
            SecondFactor.login_id == login_id, SecondFactor.created_at >= since
        )
    )
    session.execute(
        delete(RecoveryCode).where(
            RecoveryCode.login_id == login_id, RecoveryCode.created_at >= since
        )
    )
    if not browser_sessions.has_second_factor(session, login_id):
        _forget(session, login_id)


def hash_of(code: str) -> bytes:
    """Return the stored hash of a recovery code, however it was typed: 32 bytes."""
    plain = "".join(sign for sign in code.lower() if sign.isalnum()).translate(_MISREAD)
    return hashlib.sha256(plain.encode()).digest()


def tell(
    session: Session, login_id: int, change: SecondStepChange, *, links: Links, now: datetime
) -> None:
    """Email a change of the second step to each confirmed address of a person."""
    account = accounts.read_account(session, login_id)
    for email in filter(None, (account.email, account.recovery_email)):
        reader = Reader(email, login_id, account=account.email or "")
        mails.send_second_step_changed(session, reader, change, links=links, now=now)


def _row(login_id: int, new: NewApp | NewPasskey, *, now: datetime) -> SecondFactor:
    name = _checked_name(new.name)
    if isinstance(new, NewApp):
        return SecondFactor(
            login_id=login_id,
            kind=FactorKind.APP,
            name=name,
            sealed_secret=new.sealed_secret,
            last_step=new.step,
            created_at=now,
        )
    return SecondFactor(
        login_id=login_id,
        kind=FactorKind.PASSKEY,
        name=name,
        credential_id=new.passkey.credential_id,
        public_key=new.passkey.public_key,
        sign_count=new.passkey.sign_count,
        host=new.host,
        created_at=now,
    )


def _checked_name(name: str) -> str:
    text = " ".join(name.split())
    if not text:
        raise Invalid(NAME_MISSING, field="name")
    if len(text) > LONGEST_NAME:
        raise Invalid(NAME_TOO_LONG, field="name")
    return text


def _own(session: Session, login_id: int, factor_id: str) -> SecondFactor:
    row = session.scalar(
        select(SecondFactor).where(
            SecondFactor.public_id == factor_id, SecondFactor.login_id.in_(logins_of(login_id))
        )
    )
    return or_not_found(row)


def _new_codes(session: Session, login_id: int, *, now: datetime) -> tuple[str, ...]:
    codes = [
        "".join(secrets.choice(CROCKFORD) for _at in range(CODE_LENGTH)) for _n in range(CODES)
    ]
    session.add_all(
        RecoveryCode(login_id=login_id, code_hash=hash_of(code), created_at=now) for code in codes
    )
    session.flush()
    return tuple("-".join(code[at : at + 4] for at in range(0, CODE_LENGTH, 4)) for code in codes)


def _delete_codes(session: Session, login_id: int) -> None:
    session.execute(delete(RecoveryCode).where(RecoveryCode.login_id.in_(logins_of(login_id))))


def _forget(session: Session, login_id: int) -> None:
    """Remove the second step from a person without factors: their codes, and its mark on sign-ins."""
    _delete_codes(session, login_id)
    session.execute(
        update(SignIn)
        .where(SignIn.login_id == login_id, SignIn.second_step == SecondStep.DONE)
        .values(second_step=SecondStep.NONE)
    )


def _record(session: Session, login_id: int, act: str, *, now: datetime) -> None:
    public_id = accounts.read_account(session, login_id).public_id
    audit.record(session, act, public_id, actor=public_id, now=now)
