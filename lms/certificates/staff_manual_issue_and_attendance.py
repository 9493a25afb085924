"""Manual issue and attendance by staff: list certificates, issue one, set rules, enter minutes."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from lms import audit
from lms.accounts.accounts import find_by_email
from lms.certificates import certificates, eligibility, rules_and_attendance_minutes
from lms.certificates.certificates import HAS_ONE, Award
from lms.certificates.credit_minutes import check_credit, credit_for
from lms.certificates.read_models import FACTS, CertificateFacts, facts_of_row
from lms.certificates.rules_and_attendance_minutes import Rule
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.core.list_queries import Page, count_rows
from lms.core.staff_reasons import checked_reason
from lms.mail.links import Links
from lms.models.catalog import Webinar
from lms.models.certificates import Certificate, CertificateKind

PAGE_SIZE: Final = 50
MOST_LINES: Final = 2000
MOST_MINUTES: Final = 24 * 60
RULE_CHANGED: Final = "webinar.certificate_rule_changed"
CREDIT_CONFIRMED: Final = "webinar.credit_confirmed"
ATTENDED: Final = "webinar.attendance_noted"
NO_LOGIN: Final = N_("No account has this address.")
NOTHING: Final = N_("Enter an email address and minutes, one person per line.")
_LINE: Final = re.compile(r"[^@]*?(?P<email>[^\s<>,;\"]+@[^\s<>,;\"]+).*?(?P<minutes>\d+)\D*")


@dataclass(frozen=True, slots=True)
class Attended:
    """The result of an attendance list: entries stored, certificates issued, and unknown addresses."""

    kept: int
    issued: int
    unknown: tuple[str, ...]


def list_of_webinar(
    session: Session, webinar_id: int, *, words: str, offset: int
) -> Page[CertificateFacts]:
    """Return a webinar's certificates, filtered by words of the recipient's name or by public ID."""
    wanted = FACTS.where(Certificate.webinar_id == webinar_id)
    for word in words.casefold().split():
        name = func.lower(Certificate.holder)
        wanted = wanted.where(
            or_(name.contains(word, autoescape=True), Certificate.public_id == word)
        )
    rows = session.execute(wanted.order_by(Certificate.id.desc()).offset(offset).limit(PAGE_SIZE))
    return Page(tuple(facts_of_row(row) for row in rows), count_rows(session, wanted))


@dataclass(frozen=True, slots=True)
class ByHand:
    """The address of the login to which staff issue a certificate, and the reason."""

    email: str
    reason: str


def issue_by_hand(
    session: Session,
    webinar_id: int,
    wanted: ByHand,
    *,
    actor: str | None,
    links: Links,
    now: datetime,
) -> str:
    """Issue a certificate to the login with an address, for a reason; return its public ID.

    Raises Invalid (fields `email`, `reason`), and Conflict if the person has a valid one.
    """
    said = checked_reason(wanted.reason)
    login_id = _login(session, wanted.email)
    rule = rules_and_attendance_minutes.read_rule(session, webinar_id)
    award = Award(
        webinar_id=webinar_id,
        kind=CertificateKind.BY_HAND,
        credit_minutes=credit_for(session, webinar_id, rule, was_live=True, was_recorded=True),
        earned_at=now,
        login_id=login_id,
        reason=said,
    )
    if certificates.has_standing(session, login_id, webinar_id):
        raise Conflict(HAS_ONE)
    made = certificates.issue(session, award, actor=actor, links=links, now=now)
    if made is None:
        raise Conflict(HAS_ONE)
    return made


def change_rule(
    session: Session, webinar_id: int, rule: Rule, *, actor: str | None, now: datetime
) -> None:
    """Store the certificate rule of a webinar, which applies to people without a certificate.

    Raises Invalid (field `credit_minutes`) for more credit than the live session or the recording
    is long, unless confirmed; confirming has its own audit entry.
    """
    check_credit(session, webinar_id, rule)
    before = rules_and_attendance_minutes.read_rule(session, webinar_id)
    rules_and_attendance_minutes.keep_rule(session, webinar_id, rule)
    subject = _public_id(session, webinar_id)
    audit.record(session, RULE_CHANGED, subject, actor=actor, now=now)
    if rule.confirmed_minutes > before.confirmed_minutes:
        minutes = {"minutes": rule.confirmed_minutes}
        audit.record(session, CREDIT_CONFIRMED, subject, actor=actor, now=now, detail=minutes)


def note_attended(
    session: Session,
    webinar_id: int,
    text: str,
    *,
    actor: str | None,
    links: Links,
    now: datetime,
) -> Attended:
    """Store pasted minutes of live attendance, and issue the certificates that they earn.

    Each line has an address and a number of minutes, with anything in between. Raises Invalid
    (field `people`) with the numbers of faulty lines; then nothing is stored.
    """
    rows = _read_lines(text)
    kept, issued, unknown = 0, 0, []
    for email, minutes in rows:
        try:
            login_id = find_by_email(session, email).id
        except NotFound:
            unknown.append(email)
            continue
        rules_and_attendance_minutes.note_attendance(
            session, login_id=login_id, webinar_id=webinar_id, minutes=minutes, now=now
        )
        made = eligibility.consider(session, login_id, webinar_id, links=links, now=now)
        kept, issued = kept + 1, issued + (made is not None)
    audit.record(
        session,
        ATTENDED,
        _public_id(session, webinar_id),
        actor=actor,
        now=now,
        detail={"people": kept},
    )
    return Attended(kept, issued, tuple(unknown))


def _public_id(session: Session, webinar_id: int) -> str:
    return session.scalars(select(Webinar.public_id).where(Webinar.id == webinar_id)).one()


def _read_lines(text: str) -> list[tuple[str, int]]:
    rows, faulty = [], []
    for number, line in enumerate(text.splitlines()[: MOST_LINES + 1], start=1):
        if not line.strip():
            continue
        found = _LINE.fullmatch(line.strip())
        minutes = int(found["minutes"][:6]) if found else MOST_MINUTES + 1
        if found is None or minutes > MOST_MINUTES or number > MOST_LINES:
            faulty.append(str(number))
            continue
        rows.append((found["email"], minutes))
    if faulty or not rows:
        sentence = (
            N_("These lines don't have an email address and up to 1,440 minutes: %(lines)s.")
            % {"lines": ", ".join(faulty[:20])}
            if faulty
            else NOTHING
        )
        raise Invalid(sentence, field="people")
    return rows


def _login(session: Session, email: str) -> int:
    try:
        return find_by_email(session, email).id
    except NotFound:
        raise Invalid(NO_LOGIN, field="email") from None
