"""Edited texts: our team's own words in automatic emails, checked, stored, shown and tested."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Invalid, NotFound
from lms.core.languages import Language, speaking
from lms.mail.edits import HOUSE, NO_EDITS, OURS, PLACEHOLDER, Edits
from lms.mail.examples import EXAMPLES
from lms.mail.lanes import LANES
from lms.mail.outbox import key_of
from lms.mail.passages import Passage, braced, passages_of
from lms.mail.rendering import Written, mail_branding, write
from lms.models.mail import EmailText, Mail

# The name of the subject among the fields; the others are passages' keys.
SUBJECT: Final = "subject"
LONGEST_SUBJECT: Final = 200
LONGEST_PASSAGE: Final = 2000
TEST_KIND: Final = "delivery_test"
# never in a subject: it stays in the list of sent emails when the body is deleted
_SECRET: Final = ("code", "url")

TOO_LONG: Final = N_("This text is too long.")
UNKNOWN: Final = N_("You can't use {%(name)s} in this text. You can use %(known)s.")
BRACES: Final = N_("Use braces only around a name that you can use, such as {%(name)s}.")
IN_LINK: Final = N_("A link's address can't contain a placeholder.")


class BadText(Invalid):
    """Texts that can't be saved: for each field its sentence and the values in it."""

    def __init__(self, faults: Mapping[str, tuple[str, Mapping[str, str]]]) -> None:
        super().__init__(N_("Check the text below."), fields={k: v[0] for k, v in faults.items()})
        self.faults = faults


@dataclass(frozen=True, slots=True)
class EmailTextFacts:
    """A kind of email as our team edits it.

    `id` is "" until it is edited. `subject` and `passages` (by our text) are what was edited. `unused`
    are edited passages whose text of ours has changed since; `failed_at` is when the edited texts
    couldn't be used.
    """

    id: str
    kind: str
    subject: str
    passages: Mapping[str, str]
    unused: Mapping[str, str]
    failed_at: datetime | None

    @property
    def is_edited(self) -> bool:
        """Return whether the email has words of our team, used or not."""
        return bool(self.subject or self.passages or self.unused)

    def words_of(self, passage: Passage) -> str:
        """Return the passage as it is sent."""
        return self.passages.get(passage.original, passage.text)


def read_text(session: Session, kind: str) -> EmailTextFacts:
    """Return the edited texts of a kind of email; raises NotFound for an unknown kind."""
    if kind not in EXAMPLES:
        raise NotFound
    row = session.get(EmailText, kind)
    if row is None:
        return EmailTextFacts("", kind, "", {}, {}, None)
    ours = {passage.original for passage in passages_of(kind)}
    return EmailTextFacts(
        id=row.public_id,
        kind=kind,
        subject=row.subject,
        passages={key: words for key, words in row.passages.items() if key in ours},
        unused={braced(key): words for key, words in row.passages.items() if key not in ours},
        failed_at=row.failed_at,
    )


def edited_kinds(session: Session) -> Mapping[str, bool]:
    """Return the kinds of email that were edited, and whether all of their edited texts are used."""
    rows = session.scalars(select(EmailText))
    return {
        row.kind: _is_used(row)
        for row in rows
        if row.kind in EXAMPLES and (row.subject or row.passages)
    }


def _is_used(row: EmailText) -> bool:
    ours = {passage.original for passage in passages_of(row.kind)}
    return row.failed_at is None and ours.issuperset(row.passages)


def subject_placeholders(kind: str) -> tuple[str, ...]:
    """Return the placeholders that an edited subject of a kind can contain."""
    values = EXAMPLES[kind].values
    named = [
        name
        for name, value in values.items()
        if isinstance(value, str) and value and not name.endswith(_SECRET) and "://" not in value
    ]
    return (OURS, HOUSE, *named)


def checked(kind: str, texts: Mapping[str, str]) -> Edits:
    """Return our team's words from the fields of a form: SUBJECT and the keys of passages.

    A text that is empty or the same as ours is not an edit. Raises BadText for unknown placeholders,
    other braces, placeholders in the address of a link, and texts that are too long.
    """
    faults: dict[str, tuple[str, Mapping[str, str]]] = {}
    subject = " ".join(texts.get(SUBJECT, "").split())
    if subject == braces(OURS):
        subject = ""
    _check(SUBJECT, subject, subject_placeholders(kind), LONGEST_SUBJECT, faults)
    edited: dict[str, str] = {}
    for passage in passages_of(kind):
        words = "\n".join(texts.get(passage.key, "").strip().splitlines())
        if words and words != passage.text.strip():
            edited[passage.original] = words
            _check(passage.key, words, (*passage.placeholders, HOUSE), LONGEST_PASSAGE, faults)
    if faults:
        raise BadText(faults)
    return Edits(subject, edited)


def braces(name: str) -> str:
    """Return a placeholder as it is written: {name}."""
    return f"{{{name}}}"


def _check(
    field: str,
    words: str,
    known: tuple[str, ...],
    longest: int,
    faults: dict[str, tuple[str, Mapping[str, str]]],
) -> None:
    unknown = [name for name in PLACEHOLDER.findall(words) if name not in known]
    if len(words) > longest:
        faults[field] = (TOO_LONG, {})
    elif unknown:
        said = ", ".join(braces(name) for name in dict.fromkeys(known))
        faults[field] = (UNKNOWN, {"name": unknown[0], "known": said})
    elif re.search(r"[{}]", PLACEHOLDER.sub("", words)):
        faults[field] = (BRACES, {"name": known[0]})
    elif any(PLACEHOLDER.search(part.partition(")")[0]) for part in words.split("](")[1:]):
        faults[field] = (IN_LINK, {})


def save_text(
    session: Session, kind: str, texts: Mapping[str, str], *, actor: str, now: datetime
) -> None:
    """Store our team's words of a kind of email; raises BadText, and NotFound for an unknown kind."""
    facts = read_text(session, kind)
    edits = checked(kind, texts)
    if edits != Edits(facts.subject, facts.passages) or facts.failed_at or facts.unused:
        _store(session, kind, edits, "email_text.changed", actor=actor, now=now)


def reset_text(session: Session, kind: str, *, actor: str, now: datetime) -> None:
    """Remove our team's words, so that ours are sent again; raises NotFound for an unknown kind."""
    if read_text(session, kind).is_edited:
        _store(session, kind, NO_EDITS, "email_text.reset", actor=actor, now=now)


def _store(
    session: Session, kind: str, edits: Edits, act: str, *, actor: str, now: datetime
) -> None:
    row = session.get(EmailText, kind)
    if row is None:
        row = EmailText(kind=kind, updated_at=now)
        session.add(row)
        session.flush()
    row.subject, row.passages = edits.subject, dict(edits.passages)
    row.updated_at, row.failed_at = now, None
    audit.record(session, act, row.public_id, actor=actor, now=now, detail={"kind": kind})


def preview(session: Session, kind: str, edits: Edits = NO_EDITS, *, to: str) -> Written:
    """Return the example of a kind of email with our team's words; raises NotFound."""
    if kind not in EXAMPLES:
        raise NotFound
    example = EXAMPLES[kind]
    values = {**example.values, "recipient": to}
    with speaking(Language.ENGLISH):
        return write(mail_branding(session), kind, example.subject, values, edits)


def send_test(
    session: Session, kind: str, edits: Edits, *, to: str, login_id: int, now: datetime
) -> None:
    """Email the example of a kind with our team's words to one of our team; raises NotFound."""
    written = preview(session, kind, edits, to=to)
    session.add(
        Mail(
            kind=TEST_KIND,
            lane=LANES[TEST_KIND],
            login_id=login_id,
            recipient=to,
            recipient_key=key_of(to),
            subject=N_("Test: %(subject)s") % {"subject": written.subject},
            text=written.text,
            html=written.html,
            run_at=now,
            created_at=now,
        )
    )
