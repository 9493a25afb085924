"""Certificates of participation: issue, revoke with a reason, and correct them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, case, insert, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_logins import kept_login, logins_of
from lms.catalog import presenters
from lms.core.database import insert_into
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.core.model_base import new_public_id
from lms.core.staff_reasons import checked_reason
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.certificates import Certificate, CertificateKind
from lms.models.group_showings import Attendee

LONGEST_NAME: Final = 200
ISSUED: Final = "certificate.issued"
ISSUED_BY_HAND: Final = "certificate.issued_by_hand"
REVOKED: Final = "certificate.revoked"
CORRECTED: Final = "certificate.corrected"
HAS_ONE: Final = N_("This person already has a certificate for this webinar.")
NOT_STANDING: Final = N_("This certificate was already revoked or corrected.")
WITHHELD: Final = N_("The recipient's account was deleted, so there's no name to correct.")
REASON_WITHHELD: Final = N_("The name and the reason are withheld.")
NAME_IT: Final = N_("Enter a name of up to 200 characters.")

_STANDS: Final = (Certificate.revoked_at.is_(None), Certificate.replaced_at.is_(None))
_STANDING: Final = (
    select(Certificate.id)
    .where(
        Certificate.login_id.in_(logins_of(bindparam("person", type_=Login.id.type))),
        Certificate.webinar_id == bindparam("webinar", type_=Webinar.id.type),
        *_STANDS,
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Award:
    """A certificate to issue for a webinar: to a login or to an attendee of a group viewing (row IDs)."""

    webinar_id: int
    kind: CertificateKind
    credit_minutes: int
    earned_at: datetime
    login_id: int | None = None
    attendee_id: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """The correct name, and the reason for the correction."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Holder:
    name: str
    email: str | None
    login_id: int | None


def issue(
    session: Session, award: Award, *, actor: str | None, links: Links, now: datetime
) -> str | None:
    """Issue a certificate and email it; return its public ID.

    Returns None if the recipient already has a valid one for the webinar, even under concurrency.
    """
    holder = _holder(session, award)
    webinar = session.execute(
        select(Webinar.title, Webinar.zone).where(Webinar.id == award.webinar_id)
    ).one()
    public_id = session.scalar(
        insert_into(session, Certificate)
        .values(
            public_id=new_public_id(),
            login_id=award.login_id,
            attendee_id=award.attendee_id,
            webinar_id=award.webinar_id,
            kind=award.kind,
            holder=holder.name,
            title=webinar.title,
            presenters=", ".join(presenters.names_of(session, award.webinar_id)),
            credit_minutes=award.credit_minutes,
            zone=webinar.zone,
            language="en",
            earned_at=award.earned_at,
            issued_at=now,
            reason=award.reason,
        )
        .on_conflict_do_nothing()
        .returning(Certificate.public_id)
    )
    if public_id is None:
        return None
    act = ISSUED_BY_HAND if award.kind is CertificateKind.BY_HAND else ISSUED
    audit.record(session, act, public_id, actor=actor, now=now, detail={"kind": award.kind})
    _tell(session, holder, _Notice("certificate", public_id, webinar.title), links=links, now=now)
    return str(public_id)


def revoke(
    session: Session, public_id: str, reason: str, *, actor: str | None, links: Links, now: datetime
) -> None:
    """Revoke a certificate; its page shows the reason, and the recipient is notified.

    Raises NotFound, Invalid (field `reason`), and Conflict if it is no longer valid.
    """
    said = checked_reason(reason)
    row = _standing(session, public_id)
    row.revoked_at, row.revoked_reason = now, said
    session.flush()
    audit.record(session, REVOKED, public_id, actor=actor, now=now)
    holder = _holder_of(session, row)
    notice = _Notice("certificate_revoked", public_id, row.title)
    _tell(session, holder, notice, links=links, now=now)


def correct(
    session: Session,
    public_id: str,
    correction: Correction,
    *,
    actor: str | None,
    links: Links,
    now: datetime,
) -> str:
    """Issue a certificate again with another name; return the new public ID.

    The former page says that it was corrected and doesn't link to the new one, so that a person who
    changed their name need not reveal both. Raises NotFound, Invalid (fields `name`, `reason`), and
    Conflict if it is no longer valid or the name is withheld.
    """
    said, written = checked_reason(correction.reason), " ".join(correction.name.split())
    if not 0 < len(written) <= LONGEST_NAME:
        raise Invalid(NAME_IT, field="name")
    row = _standing(session, public_id)
    if row.withheld_at is not None:
        raise Conflict(WITHHELD)
    row.replaced_at = now
    session.flush()
    made = new_public_id()
    session.execute(
        insert(Certificate).values(
            public_id=made,
            login_id=row.login_id,
            attendee_id=row.attendee_id,
            webinar_id=row.webinar_id,
            kind=row.kind,
            holder=written,
            title=row.title,
            presenters=row.presenters,
            credit_minutes=row.credit_minutes,
            zone=row.zone,
            language=row.language,
            earned_at=row.earned_at,
            issued_at=now,
            reason=row.reason if row.kind is CertificateKind.BY_HAND else said,
            replaces_id=row.id,
        )
    )
    audit.record(session, CORRECTED, made, actor=actor, now=now, detail={"former": public_id})
    holder = _holder_of(session, row)
    _tell(session, holder, _Notice("certificate", made, row.title), links=links, now=now)
    return made


def email_unsent(session: Session, login_id: int, *, links: Links, now: datetime) -> None:
    """Email a login's valid certificates that weren't, because its person had no address yet."""
    rows = session.scalars(select(Certificate).where(Certificate.login_id == login_id, *_STANDS))
    for row in rows.all():
        notice = _Notice("certificate", row.public_id, row.title)
        _tell(session, _holder_of(session, row), notice, links=links, now=now)


def has_standing(session: Session, login_id: int, webinar_id: int) -> bool:
    """Return whether a person has a valid one, including merged logins."""
    return session.scalar(_STANDING, {"person": login_id, "webinar": webinar_id}) is not None


def with_standing(session: Session, login_id: int, webinar_ids: Collection[int]) -> frozenset[int]:
    """Return which of these webinars a person has a valid certificate for, including merged logins."""
    rows = select(Certificate.webinar_id).where(
        Certificate.login_id.in_(logins_of(login_id)),
        Certificate.webinar_id.in_(webinar_ids),
        *_STANDS,
    )
    return frozenset(session.scalars(rows))


def withhold(
    session: Session, login_ids: tuple[int, ...], keys: tuple[str, ...], now: datetime
) -> None:
    """Remove a person's name from their certificates, which can still be verified without it.

    A reason that staff wrote may name the person, so it is removed too.
    """
    attendees = select(Attendee.id).where(Attendee.email_key.in_(keys))
    for which in (
        Certificate.login_id.in_(login_ids),
        Certificate.attendee_id.in_(attendees),
    ):
        session.execute(
            update(Certificate)
            .where(which, Certificate.withheld_at.is_(None))
            .values(
                holder="",
                withheld_at=now,
                reason=case((Certificate.reason == "", ""), else_=REASON_WITHHELD),
                revoked_reason=case((Certificate.revoked_at.is_not(None), REASON_WITHHELD)),
            )
        )


def _standing(session: Session, public_id: str) -> Certificate:
    query = select(Certificate).where(Certificate.public_id == public_id).with_for_update()
    row = or_not_found(session.scalar(query))
    if row.revoked_at is not None or row.replaced_at is not None:
        raise Conflict(NOT_STANDING)
    return row


def _holder(session: Session, award: Award) -> _Holder:
    if award.login_id is not None:
        name = session.scalars(select(Login.name).where(Login.id == award.login_id)).one()
        kept = Login.id == kept_login(award.login_id)
        return _Holder(name, session.scalar(select(Login.email).where(kept)), award.login_id)
    row = session.execute(
        select(Attendee.name, Attendee.email).where(Attendee.id == award.attendee_id)
    ).one()
    return _Holder(row.name, row.email, None)


def _holder_of(session: Session, row: Certificate) -> _Holder:
    """Return the recipient's name and address for emails; no address after the account was deleted."""
    if row.withheld_at is not None or (row.login_id is None and row.attendee_id is None):
        return _Holder(row.holder, None, None)
    award = Award(
        row.webinar_id,
        row.kind,
        row.credit_minutes,
        row.earned_at,
        login_id=row.login_id,
        attendee_id=row.attendee_id,
    )
    return _holder(session, award)


_SUBJECTS: Final = {
    "certificate": N_("Your certificate: %(title)s"),
    "certificate_revoked": N_("Your certificate was revoked: %(title)s"),
}


@dataclass(frozen=True, slots=True)
class _Notice:
    kind: str
    public_id: str
    title: str


def _tell(
    session: Session, holder: _Holder, notice: _Notice, *, links: Links, now: datetime
) -> None:
    if holder.email is None:
        return  # a person from an LMS, who finds it there, or an unconfirmed buyer: `email_unsent`
    page = links.page(f"/verify/{notice.public_id}")
    values = {
        "name": holder.name,
        "title": notice.title,
        "action_url": page,
        "pdf_url": f"{page}/certificate.pdf",
    }
    mail_outbox.post(
        session,
        kind=notice.kind,
        to=holder.email,
        login_id=holder.login_id,
        subject=_SUBJECTS[notice.kind] % {"title": notice.title},
        values=values,
        now=now,
        unique_key=f"{notice.kind}-{notice.public_id}",
    )
