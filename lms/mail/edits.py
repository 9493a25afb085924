"""Edits: our team's own words in a kind of email, as the outbox puts them in place of ours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import escape
from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.core.languages import ngettext, template_text
from lms.core.markdown import to_inline_html
from lms.models.mail import EmailText

PLACEHOLDER: Final = re.compile(r"{(\w+)}")
HOUSE: Final = "house"  # the seller's name, which every text can contain
OURS: Final = "subject"  # our own subject, which an edited one can contain
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Edits:
    """Edited words of one kind of email: its subject, "" for ours, and passages by our text for them.

    Passages are Markdown with placeholders like {name}.
    """

    subject: str = ""
    passages: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    def said(self, original: str, *, house: str) -> str:
        """Return the words for a text that was edited, with placeholders as templates have them."""
        words = to_inline_html(self.passages[original]).replace("%", "%%")
        start = original[: len(original) - len(original.lstrip())]  # such as " of {total}"
        name = str(escape(house)).replace("%", "%%")
        return start + PLACEHOLDER.sub(
            lambda found: name if found[1] == HOUSE else f"%({found[1]})s", words
        )

    def subject_of(self, ours: str, values: Mapping[str, object], *, house: str) -> str:
        """Return the subject of one email; ours if a value that the edited one names is empty."""
        given = {**values, HOUSE: house, OURS: ours}
        names = PLACEHOLDER.findall(self.subject)
        if not self.subject or any(given.get(name) in (None, "") for name in names):
            return ours
        return PLACEHOLDER.sub(lambda found: str(given[found[1]]), self.subject)


NO_EDITS: Final = Edits()


def read_edits(session: Session, kind: str) -> Edits:
    """Return our team's words for a kind of email, without any that failed."""
    row = session.get(EmailText, kind)
    if row is None or row.failed_at is not None:
        return NO_EDITS
    return Edits(row.subject, row.passages)


def mark_failed(session: Session, kind: str, *, now: datetime) -> None:
    """Record that an edited text couldn't be used, so that ours is sent until our team saves it again."""
    session.execute(
        update(EmailText)
        .where(EmailText.kind == kind, EmailText.failed_at.is_(None))
        .values(failed_at=now)
    )


@pass_context
def translated(context: Context, original: str) -> str:
    """Return a text of a template, edited if the email's `edits` have it."""
    edits: Edits = context.get("edits", NO_EDITS)
    if original not in edits.passages:
        return template_text(original, context["language"])
    return edits.said(original, house=context["branding"].name)


@pass_context
def translated_number(context: Context, one: str, many: str, number: int) -> str:
    """Return one of two texts of a template, by number, edited if the email's `edits` have it."""
    chosen = one if number == 1 else many
    edits: Edits = context.get("edits", NO_EDITS)
    return translated(context, chosen) if chosen in edits.passages else ngettext(one, many, number)
