"""Second step proofs: whether a code or a passkey's answer is right, and that it works once.

`find_match` only reads, so that guessing never blocks writers; `use` writes after a match.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.accounts import authenticator_apps, browser_sessions, passkeys, second_factors
from lms.accounts.mails import SecondStepChange
from lms.accounts.passkeys import Passkey, Site
from lms.mail.links import Links
from lms.models.accounts import FactorKind, RecoveryCode, SecondFactor


@dataclass(frozen=True, slots=True)
class Proof:
    """A person's proof: a code of an app, a recovery code, or a passkey's answer."""

    code: str
    passkey: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a proof is checked against: the login, and the challenge of its browser."""

    login_id: int
    challenge: bytes | None
    site: Site
    secret_key: str


@dataclass(frozen=True, slots=True)
class AppCode:
    """A correct code of an app."""

    factor_id: int
    step: int


@dataclass(frozen=True, slots=True)
class Signature:
    """A correct answer of a passkey."""

    factor_id: int
    challenge: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class Recovery:
    """An unused recovery code."""

    code_id: int
    login_id: int


Match = AppCode | Signature | Recovery


def find_match(session: Session, proof: Proof, asked: Asked, *, now: datetime) -> Match | None:
    """Return what a proof matches, or None if it is wrong."""
    if proof.passkey:
        return _signature(session, proof.passkey, asked)
    return _app_code(session, proof.code, asked, now=now) or _recovery(session, proof.code, asked)


def use(session: Session, match: Match, *, links: Links, now: datetime) -> bool:
    """Use a match up; return False if it was used in the meantime.

    The person is notified by email when a recovery code is used.
    """
    if isinstance(match, Recovery):
        used = session.scalar(
            update(RecoveryCode)
            .where(RecoveryCode.id == match.code_id, RecoveryCode.used_at.is_(None))
            .values(used_at=now)
            .returning(RecoveryCode.id)
        )
        if used is not None:
            change = SecondStepChange.CODE_USED
            second_factors.tell(session, match.login_id, change, links=links, now=now)
        return used is not None
    which, values = SecondFactor.id == match.factor_id, {}
    if isinstance(match, AppCode):
        which &= SecondFactor.last_step < match.step
        values = {"last_step": match.step}
    else:
        if not browser_sessions.use_challenge(session, match.challenge):
            return False
        values = {"sign_count": match.sign_count}
    used = session.scalar(
        update(SecondFactor)
        .where(which)
        .values(last_used_at=now, **values)
        .returning(SecondFactor.id)
    )
    return used is not None


def known_passkeys(session: Session, login_id: int, site: Site) -> list[bytes]:
    """Return the credential IDs of a person's passkeys for a host."""
    rows = session.scalars(
        select(SecondFactor.credential_id).where(
            SecondFactor.login_id.in_(logins_of(login_id)), SecondFactor.host == site.host
        )
    )
    return [each for each in rows if each is not None]


def _app_code(session: Session, code: str, asked: Asked, *, now: datetime) -> AppCode | None:
    apps = session.execute(
        select(SecondFactor.id, SecondFactor.sealed_secret, SecondFactor.last_step).where(
            SecondFactor.login_id.in_(logins_of(asked.login_id)),
            SecondFactor.kind == FactorKind.APP,
        )
    )
    for app in apps:
        step = authenticator_apps.step_of(
            app.sealed_secret or "", code, secret_key=asked.secret_key, now=now
        )
        if step is not None and step > app.last_step:
            return AppCode(app.id, step)
    return None


def _recovery(session: Session, code: str, asked: Asked) -> Recovery | None:
    code_id = session.scalar(
        select(RecoveryCode.id).where(
            RecoveryCode.login_id.in_(logins_of(asked.login_id)),
            RecoveryCode.code_hash == second_factors.hash_of(code),
            RecoveryCode.used_at.is_(None),
        )
    )
    return None if code_id is None else Recovery(code_id, asked.login_id)


def _signature(session: Session, answer: str, asked: Asked) -> Signature | None:
    if asked.challenge is None:
        return None
    row = session.execute(
        select(
            SecondFactor.id,
            SecondFactor.credential_id,
            SecondFactor.public_key,
            SecondFactor.sign_count,
        ).where(
            SecondFactor.login_id.in_(logins_of(asked.login_id)),
            SecondFactor.host == asked.site.host,
            SecondFactor.credential_id == passkeys.credential_of(answer),
        )
    ).one_or_none()
    if row is None or row.credential_id is None or row.public_key is None:
        return None
    stored = Passkey(row.credential_id, row.public_key, row.sign_count)
    count = passkeys.new_sign_count(answer, stored, challenge=asked.challenge, site=asked.site)
    return None if count is None else Signature(row.id, asked.challenge, count)
