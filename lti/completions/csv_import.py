"""The CSV import of completions reported from elsewhere: checked row by row, then applied.

Imported completions appear only in the organization's own list, with their source. They give no
progress and no certificate, which require watching here (PRODUCT.md, Certificates).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import BinaryIO, Final
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.csv_files import NamedRow, read_named
from lms.core.email_addresses import Address, read_address
from lms.core.errors import N_, Conflict, Invalid
from lms.core.model_base import new_public_id
from lms.core.text_decoding import refusal
from lms.lti_facade.content_names import names_shown
from lms.lti_facade.organizations import customers, family_of
from lti.models.embed_links import OutsideCompletion

COLUMNS: Final = MappingProxyType(
    {
        "email": ("email", "emailaddress", "mail", "useremail", "username", "login"),
        "name": ("name", "fullname", "displayname", "user", "learner"),
        "webinar": ("webinar", "recording", "title", "course", "tutorial", "resource", "activity"),
        "completed": (
            *("completed", "completedat", "completedon", "completiondate", "completiontime"),
            *("datecompleted", "date", "finished", "finishedat"),
        ),
    }
)
NEEDED: Final = ("email", "webinar", "completed")
MOST_ROWS: Final = 20_000
LONGEST_CELL: Final = 500
LONGEST_SHOWN: Final = 200
LONGEST_SOURCE: Final = 100
AT_ONCE: Final = 500

NO_COLUMNS: Final = N_(
    "The first row must have at least the headings email, webinar, and completed."
)
TOO_MANY: Final = N_("This list has more than 20,000 rows. Split it into several files.")
NO_WEBINAR: Final = N_("Your organization has no recording with this title or web address.")
NO_DAY: Final = N_("Enter a date like 2026-10-06 or 10/6/2026, with or without a time.")
TO_COME: Final = N_("This date is in the future.")
NO_SOURCE: Final = N_("Enter where these completions come from, such as Niche Academy.")
HAS_FAULTS: Final = N_("Some rows can't be read. Correct the list, or import only the valid rows.")
_AMERICAN: Final = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp])?\.?[Mm]?\.?)?"
)


class Answer(StrEnum):
    """The result of a row."""

    OK = "ok"
    ALREADY = "already"
    DUPLICATE = "duplicate"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Reported:
    """A completion that can be imported."""

    address: Address
    name: str
    webinar_id: int
    completed_at: datetime


@dataclass(frozen=True, slots=True)
class AnsweredRow:
    """A row and its result; `sentence` says what is wrong with an invalid one."""

    line: int
    who: str
    webinar: str
    answer: Answer
    sentence: str
    reported: Reported | None


def answer_list(
    session: Session, organization_id: int, file: BinaryIO, *, zone: ZoneInfo, now: datetime
) -> tuple[AnsweredRow, ...]:
    """Return the result of every row, without writing anything.

    Dates without a time zone are in `zone`. Raises Invalid (field `file`) for a file that is not such a
    list.
    """
    rows = read_named(file, COLUMNS, needed=NEEDED, missing=NO_COLUMNS, longest=LONGEST_CELL)
    names = names_shown(session, organization_id, now=now)
    taken = _taken(session, organization_id)
    seen: set[tuple[int, str]] = set()
    answered: list[AnsweredRow] = []
    for row in rows:
        if len(answered) >= MOST_ROWS:
            raise refusal(TOO_MANY)
        answered.append(_answered(row, names, taken, seen, zone=zone, now=now))
    return tuple(answered)


def take_in(  # noqa: PLR0913  (one import needs all of them)
    session: Session,
    organization_id: int,
    rows: Sequence[AnsweredRow],
    source: str,
    *,
    partial: bool,
    actor: str | None,
    now: datetime,
) -> int:
    """Import completions and return their number; `partial` skips rows with errors.

    Importing the same list again changes nothing. Raises Invalid without a source, Conflict for a list
    with errors unless `partial`.
    """
    source = checked_source(source)
    if not partial and any(row.answer is Answer.INVALID for row in rows):
        raise Conflict(HAS_FAULTS, code="not_applied")
    new = [row.reported for row in rows if row.answer is Answer.OK and row.reported is not None]
    for start in range(0, len(new), AT_ONCE):
        session.execute(
            insert(OutsideCompletion),
            [
                {
                    "public_id": new_public_id(),
                    "organization_id": organization_id,
                    "webinar_id": one.webinar_id,
                    "email": one.address.shown,
                    "email_key": one.address.key,
                    "name": one.name,
                    "source": source,
                    "completed_at": one.completed_at,
                    "created_at": now,
                }
                for one in new[start : start + AT_ONCE]
            ],
        )
    if new:
        whose = customers(session, [organization_id])[organization_id].public_id
        detail = {"rows": len(new)}
        audit.record(session, "completions.reported", whose, actor=actor, now=now, detail=detail)
    return len(new)


def checked_source(source: str) -> str:
    """Return the normalized source of completions; raises Invalid (field `source`) if it is empty."""
    text = " ".join(source.split())[:LONGEST_SOURCE]
    if not text:
        raise Invalid(NO_SOURCE, field="source")
    return text


def _answered(
    row: NamedRow,
    names: Mapping[str, int],
    taken: frozenset[tuple[int, str]],
    seen: set[tuple[int, str]],
    *,
    zone: ZoneInfo,
    now: datetime,
) -> AnsweredRow:
    who, webinar = row.cells["email"][:LONGEST_SHOWN], row.cells["webinar"][:LONGEST_SHOWN]
    try:
        reported = _read(row, names, zone, now)
    except Invalid as fault:
        return AnsweredRow(row.line, who, webinar, Answer.INVALID, fault.message, None)
    key = (reported.webinar_id, reported.address.key)
    answer = Answer.OK
    if key in taken:
        answer = Answer.ALREADY
    elif key in seen:
        answer = Answer.DUPLICATE
    seen.add(key)
    return AnsweredRow(row.line, who, webinar, answer, "", reported)


def _read(row: NamedRow, names: Mapping[str, int], zone: ZoneInfo, now: datetime) -> Reported:
    address = read_address(row.cells["email"])
    webinar_id = names.get(" ".join(row.cells["webinar"].split()).casefold())
    if webinar_id is None:
        raise Invalid(NO_WEBINAR)
    completed_at = _moment(row.cells["completed"], zone)
    if completed_at > now:
        raise Invalid(TO_COME)
    name = "".join(sign for sign in row.cells.get("name", "") if sign.isprintable())
    return Reported(address, " ".join(name.split())[:LONGEST_SHOWN], webinar_id, completed_at)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """Return a time in UTC; a date alone means midnight in `zone`."""
    try:
        at = _american(text) or datetime.fromisoformat(text)
        return at.replace(tzinfo=at.tzinfo or zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid(NO_DAY) from error


def _american(text: str) -> datetime | None:
    found = _AMERICAN.fullmatch(text)
    if found is None:
        return None
    month, day, year, hour, minute, second = (int(each or 0) for each in found.groups()[:6])
    half = (found[7] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  (the caller adds the time zone)


def _taken(session: Session, organization_id: int) -> frozenset[tuple[int, str]]:
    rows: Iterator[tuple[int, str]] = (
        (row.webinar_id, row.email_key)
        for row in session.execute(
            select(OutsideCompletion.webinar_id, OutsideCompletion.email_key).where(
                OutsideCompletion.organization_id.in_(family_of(organization_id))
            )
        )
    )
    return frozenset(rows)
