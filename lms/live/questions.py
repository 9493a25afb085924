"""Registration questions: what our team asks people who register for a webinar."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Invalid
from lms.live.survey_links import SUBJECT
from lms.models.catalog import Webinar
from lms.models.live import QuestionKind, RegistrationQuestion

MOST: Final = 10
MOST_CHOICES: Final = 20
LONGEST_QUESTION: Final = 200
LONGEST_CHOICE: Final = 100
TOO_MANY: Final = N_("Ask up to 10 questions.")
FEW_CHOICES: Final = N_("Enter 2 to 20 choices, one per line.")
FAULTY: Final = N_("Check the questions below.")


@dataclass(frozen=True, slots=True)
class Question:
    """A question, with its choices if it has any; `id` is public, and "" for a new one."""

    kind: QuestionKind
    text: str
    choices: tuple[str, ...] = ()
    is_required: bool = False
    id: str = ""


def read_questions(session: Session, webinar_id: int | None) -> tuple[Question, ...]:
    """Return a webinar's own questions, whether or not they are asked; without one, the default ones."""
    rows = session.scalars(
        select(RegistrationQuestion)
        .where(
            RegistrationQuestion.webinar_id.is_not_distinct_from(webinar_id),
            RegistrationQuestion.removed_at.is_(None),
        )
        .order_by(RegistrationQuestion.position, RegistrationQuestion.id)
    )
    return tuple(question_of(row) for row in rows)


def asked_of(session: Session, webinar_id: int) -> tuple[Question, ...]:
    """Return the questions that a webinar asks: its own, or else the default ones."""
    has_own = session.scalar(select(Webinar.has_own_questions).where(Webinar.id == webinar_id))
    return read_questions(session, webinar_id if has_own else None)


def question_of(row: RegistrationQuestion) -> Question:
    """Return a stored question."""
    choices = tuple(row.choices.split("\n")) if row.choices else ()
    return Question(row.kind, row.text, choices, row.is_required, row.public_id)


def set_default_questions(
    session: Session, wanted: Sequence[Question], *, actor: str | None, now: datetime
) -> None:
    """Set the questions of webinars that have none of their own; raises Invalid as `_set`."""
    _set(session, None, wanted, now=now)
    audit.record(session, "registration_questions.changed", SUBJECT, actor=actor, now=now)


def set_own_questions(
    session: Session,
    webinar_id: int,
    wanted: Sequence[Question],
    *,
    has_own: bool,
    actor: str | None,
    now: datetime,
) -> None:
    """Set a webinar's own questions, and whether it asks them or the default ones; raises Invalid as `_set`."""
    webinar = session.get_one(Webinar, webinar_id)
    webinar.has_own_questions = has_own
    _set(session, webinar_id, wanted, now=now)
    subject = webinar.public_id
    audit.record(session, "registration_questions.changed", subject, actor=actor, now=now)


def _set(
    session: Session, webinar_id: int | None, wanted: Sequence[Question], *, now: datetime
) -> None:
    """Replace a set of questions; those left out are no longer asked, and their answers stay.

    Raises Invalid, with a fault for the number of each wrong question ("1", "2", and so on).
    """
    clean = [_clean(each) for each in wanted]
    faults = {str(number): said for number, each in enumerate(clean, 1) if (said := _fault(each))}
    if faults:
        raise Invalid(FAULTY, fields=faults)
    if len(clean) > MOST:
        raise Invalid(TOO_MANY, field=str(MOST + 1))
    rows = {
        row.public_id: row
        for row in session.scalars(
            select(RegistrationQuestion).where(
                RegistrationQuestion.webinar_id.is_not_distinct_from(webinar_id),
                RegistrationQuestion.removed_at.is_(None),
            )
        )
    }
    for position, each in enumerate(clean, 1):
        row = rows.pop(each.id, None)
        choices = "\n".join(each.choices)
        if row is None:
            row = RegistrationQuestion(
                webinar_id=webinar_id,
                position=position,
                kind=each.kind,
                text=each.text,
                choices=choices,
                is_required=each.is_required,
            )
            session.add(row)
        else:
            row.position, row.kind, row.text = position, each.kind, each.text
            row.choices, row.is_required = choices, each.is_required
    for row in rows.values():
        row.removed_at = now
    session.flush()


def _clean(question: Question) -> Question:
    choices = (" ".join(each.split()) for each in question.choices)
    return replace(
        question,
        text=" ".join(question.text.split()),
        choices=tuple(dict.fromkeys(filter(None, choices)))
        if question.kind is QuestionKind.CHOICE
        else (),
    )


def _fault(question: Question) -> str:
    """Return what is wrong with a question, or ""."""
    if not 1 <= len(question.text) <= LONGEST_QUESTION:
        return N_("Enter a question of up to 200 characters.")
    if question.kind is not QuestionKind.CHOICE:
        return ""
    if not 2 <= len(question.choices) <= MOST_CHOICES:
        return FEW_CHOICES
    if any(len(each) > LONGEST_CHOICE for each in question.choices):
        return N_("Use up to 100 characters for each choice.")
    return ""
