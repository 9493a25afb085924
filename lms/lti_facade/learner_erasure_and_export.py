"""Learner erasure and export: erase a learner on request, and record a data export."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.people.data_export import PersonalData as PersonalData
from lms.people.data_export import read_personal_data as read_personal_data
from lms.people.erasure import OnErase, erase

HAS_ACCOUNT = N_(
    "Your LMS account is linked to an account on our site. Sign in there to manage your data."
)


def is_linked(session: Session, login_id: int) -> bool:
    """Return whether a learner's login was merged into an account or has become one."""
    row = session.execute(
        select(Login.merged_into, Login.email_key).where(Login.id == login_id)
    ).one()
    return row.merged_into is not None or row.email_key is not None


def erase_learner(
    session: Session, login_id: int, *, hooks: Sequence[OnErase], links: Links, now: datetime
) -> None:
    """Erase a person known only from an LMS, at their request there.

    Raises Conflict for a person linked to an account, which must be erased on our own site.
    """
    if is_linked(session, login_id):
        raise Conflict(HAS_ACCOUNT)
    public_id = session.scalars(select(Login.public_id).where(Login.id == login_id)).one()
    erase(session, login_id, hooks=hooks, links=links, actor=public_id, now=now)


def note_export(session: Session, login_id: int, *, now: datetime) -> None:
    """Record in the audit log that a person downloaded their data."""
    public_id = session.scalars(select(Login.public_id).where(Login.id == login_id)).one()
    audit.record(session, "login.exported", public_id, actor=public_id, now=now)
