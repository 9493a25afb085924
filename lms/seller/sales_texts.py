"""Sales texts: what the seller writes for its home page and below each buy box, in Markdown."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.database import insert_into
from lms.core.errors import N_, Invalid
from lms.models.seller import SalesText, SalesTextKind

LONGEST_TEXT: Final = 20_000
TOO_LONG: Final = N_("Use up to 20,000 characters.")
SUBJECT: Final = "sales_texts"  # the subject of its audit entries


@dataclass(frozen=True, slots=True)
class SalesTexts:
    """The texts by SalesTextKind, in Markdown; "" shows nothing."""

    home: str = ""
    testimonials: str = ""
    faq: str = ""


def read_sales_texts(session: Session) -> SalesTexts:
    """Return the texts."""
    rows = session.execute(select(SalesText.kind, SalesText.text))
    return SalesTexts(**{row.kind.value: row.text for row in rows})


def save_sales_texts(
    session: Session, texts: SalesTexts, *, actor: str | None, now: datetime
) -> None:
    """Save the texts; raises Invalid with each that is too long."""
    clean = {
        SalesTextKind(name): "\n".join(text.splitlines()).strip()
        for name, text in asdict(texts).items()
    }
    faults = {kind.value: TOO_LONG for kind, text in clean.items() if len(text) > LONGEST_TEXT}
    if faults:
        raise Invalid(N_("Check the fields below."), fields=faults)
    rows = session.scalars(select(SalesText).order_by(SalesText.kind).with_for_update())
    known = {row.kind: row for row in rows}
    changed = [kind for kind, text in clean.items() if text != _text(known.get(kind))]
    for kind in changed:
        row, text = known.get(kind), clean[kind]
        if row is None:
            # Another person can save the first text at the same time: the last one counts.
            put = insert_into(session, SalesText).values(kind=kind, text=text, updated_at=now)
            changes = {"text": text, "updated_at": now}
            session.execute(put.on_conflict_do_update(index_elements=["kind"], set_=changes))
        elif text:
            row.text, row.updated_at = text, now
        else:
            session.delete(row)
        audit.record(
            session, "sales_text.saved", SUBJECT, actor=actor, now=now, detail={"kind": kind.value}
        )
    session.flush()


def _text(row: SalesText | None) -> str:
    return row.text if row is not None else ""
