"""Answers to registration questions: a person's own, and everyone's for our team."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, aliased

from lms.access.merged_logins import kept_login, logins_of
from lms.core.database import insert_into
from lms.core.errors import N_, Invalid
from lms.live.questions import Question, asked_of
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.live import QuestionKind, RegistrationAnswer, RegistrationQuestion

YES: Final = "yes"
NO: Final = "no"
LONGEST_ANSWER: Final = 1000
REQUIRED: Final = N_("Answer this question.")
NOT_OFFERED: Final = N_("Choose one of the answers.")
TOO_LONG: Final = N_("Use up to 1,000 characters.")
CHECK: Final = N_("Check the fields below.")


@dataclass(frozen=True, slots=True)
class Given:
    """The questions that people of a webinar answered or are asked, and the answers.

    `by_person` has, for the public ID of each login, the answers by the public ID of the question.
    """

    questions: tuple[tuple[str, str], ...]
    by_person: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """A person's answer, with the webinar's title and the question."""

    webinar: str
    question: str
    answer: str
    answered_at: datetime


def read_own(session: Session, *, login_id: int, webinar_id: int) -> Mapping[str, str]:
    """Return a person's answers for a webinar, by the public IDs of the questions."""
    rows = session.execute(
        select(RegistrationQuestion.public_id, RegistrationAnswer.answer)
        .join_from(RegistrationAnswer, RegistrationQuestion)
        .where(
            RegistrationAnswer.login_id.in_(logins_of(login_id)),
            RegistrationAnswer.webinar_id == webinar_id,
        )
        .order_by(RegistrationAnswer.answered_at)
    )
    return {row.public_id: row.answer for row in rows}


def give(
    session: Session,
    *,
    login_id: int,
    webinar_id: int,
    answers: Mapping[str, str],
    now: datetime,
) -> None:
    """Replace a person's answers to the questions that a webinar asks, by the questions' public IDs.

    Raises Invalid, with faults by the questions' public IDs, if a required answer is missing.
    """
    asked = asked_of(session, webinar_id)
    clean = {each.id: answers.get(each.id, "").strip() for each in asked}
    faults = {each.id: said for each in asked if (said := _fault(each, clean[each.id]))}
    if faults:
        raise Invalid(CHECK, fields=faults)
    own_id = session.scalar(select(kept_login(login_id)))
    rows = session.execute(
        select(RegistrationQuestion.id, RegistrationQuestion.public_id).where(
            RegistrationQuestion.public_id.in_(clean)
        )
    ).all()
    session.execute(
        delete(RegistrationAnswer).where(
            RegistrationAnswer.login_id.in_(logins_of(login_id)),
            RegistrationAnswer.webinar_id == webinar_id,
            RegistrationAnswer.question_id.in_([row.id for row in rows]),
        )
    )
    given = [
        {
            "login_id": own_id,
            "webinar_id": webinar_id,
            "question_id": row.id,
            "answer": clean[row.public_id],
            "answered_at": now,
        }
        for row in rows
        if clean[row.public_id]
    ]
    if given:
        insert = insert_into(session, RegistrationAnswer).values(given)
        session.execute(
            insert.on_conflict_do_update(  # sent twice at the same moment
                index_elements=["login_id", "webinar_id", "question_id"],
                set_={"answer": insert.excluded.answer, "answered_at": now},
            )
        )


def read_given(session: Session, webinar_id: int, people: Collection[str] | None = None) -> Given:
    """Return what people of a webinar answered; questions that are no longer asked come last.

    `people` limits it to logins with these public IDs.
    """
    asked = asked_of(session, webinar_id)
    person = aliased(Login)
    chosen = [] if people is None else [person.public_id.in_(people)]
    rows = session.execute(
        select(
            person.public_id.label("person"),
            RegistrationQuestion.public_id.label("question"),
            RegistrationQuestion.text,
            RegistrationAnswer.answer,
        )
        .join_from(RegistrationAnswer, RegistrationQuestion)
        .join(Login, Login.id == RegistrationAnswer.login_id)
        .join(person, person.id == func.coalesce(Login.merged_into, Login.id))
        .where(RegistrationAnswer.webinar_id == webinar_id, *chosen)
        .order_by(RegistrationQuestion.id, RegistrationAnswer.answered_at)
    ).all()
    questions = {each.id: each.text for each in asked}
    by_person: dict[str, dict[str, str]] = {}
    for row in rows:
        questions.setdefault(row.question, row.text)
        by_person.setdefault(row.person, {})[row.question] = row.answer
    return Given(tuple(questions.items()), by_person)


def export_answers(session: Session, own_ids: Sequence[int]) -> tuple[OwnAnswer, ...]:
    """Return all answers of a person's logins (row ids), oldest first."""
    rows = session.execute(
        select(
            Webinar.title,
            RegistrationQuestion.text,
            RegistrationAnswer.answer,
            RegistrationAnswer.answered_at,
        )
        .join_from(RegistrationAnswer, RegistrationQuestion)
        .join(Webinar, Webinar.id == RegistrationAnswer.webinar_id)
        .where(RegistrationAnswer.login_id.in_(own_ids))
        .order_by(RegistrationAnswer.answered_at, RegistrationQuestion.id)
    )
    return tuple(OwnAnswer(*row) for row in rows)


def _fault(question: Question, answer: str) -> str:
    """Return what is wrong with an answer, or ""."""
    if not answer:
        return REQUIRED if question.is_required else ""
    offered: tuple[str, ...] = question.choices
    if question.kind is QuestionKind.YES_NO:
        offered = (YES, NO)
    if offered and answer not in offered:
        return NOT_OFFERED
    return TOO_LONG if len(answer) > LONGEST_ANSWER else ""
