"""Questions that people answer when they register: the defaults, and those of one webinar."""

from collections.abc import Mapping, Sequence

import pytest

from lms.core.database import Database
from lms.core.errors import Invalid
from lms.live import answers, questions
from lms.live.questions import Question
from lms.models.accounts import Login
from lms.models.live import QuestionKind
from tests.cast import Cast
from tests.clock import NOW

BRANCH = Question(QuestionKind.TEXT, "Which  branch do you work at? ", is_required=True)
ROLE = Question(QuestionKind.CHOICE, "Your role", (" Librarian", "", "Trustee", "Librarian"))
FIRST = Question(QuestionKind.YES_NO, "Is this your first webinar?")


def by_default(database: Database, *wanted: Question) -> tuple[Question, ...]:
    """Set the default questions, and return them as stored."""
    with database.transaction() as session:
        questions.set_default_questions(session, wanted, actor=None, now=NOW)
        return questions.read_questions(session, None)


def own(database: Database, cast: Cast, *wanted: Question, has_own: bool = True) -> None:
    with database.transaction() as session:
        questions.set_own_questions(
            session, cast.webinar_id, wanted, has_own=has_own, actor=None, now=NOW
        )


def asked(database: Database, cast: Cast) -> Sequence[str]:
    with database.read_session() as session:
        return [each.text for each in questions.asked_of(session, cast.webinar_id)]


def give(database: Database, cast: Cast, login_id: int, said: Mapping[str, str]) -> None:
    with database.transaction() as session:
        answers.give(session, login_id=login_id, webinar_id=cast.webinar_id, answers=said, now=NOW)


def given(database: Database, cast: Cast, login_id: int) -> Mapping[str, str]:
    with database.read_session() as session:
        return answers.read_own(session, login_id=login_id, webinar_id=cast.webinar_id)


def test_questions_are_stored_without_extra_spaces_and_choices_once(database: Database) -> None:
    branch, role, first = by_default(database, BRANCH, ROLE, FIRST)
    assert (branch.text, branch.is_required) == ("Which branch do you work at?", True)
    assert role.choices == ("Librarian", "Trustee")
    assert (first.kind, first.choices) == (QuestionKind.YES_NO, ())


def test_invalid_questions_are_reported_by_number(database: Database) -> None:
    faulty = (
        BRANCH,
        Question(QuestionKind.TEXT, " "),
        Question(QuestionKind.TEXT, "x" * 201),
        Question(QuestionKind.CHOICE, "Your role", ("Librarian",)),
        Question(QuestionKind.CHOICE, "Your role", tuple(str(each) for each in range(21))),
        Question(QuestionKind.CHOICE, "Your role", ("x" * 101, "y")),
    )
    with pytest.raises(Invalid) as refusal:
        by_default(database, *faulty)
    assert set(refusal.value.fields) == {"2", "3", "4", "5", "6"}
    with pytest.raises(Invalid):
        by_default(database, *[BRANCH] * 11)
    assert by_default(database) == ()


def test_webinar_asks_its_own_questions_or_the_defaults(database: Database, cast: Cast) -> None:
    by_default(database, FIRST)
    assert asked(database, cast) == ["Is this your first webinar?"]
    own(database, cast, ROLE)
    assert asked(database, cast) == ["Your role"]
    own(database, cast, ROLE, has_own=False)
    assert asked(database, cast) == ["Is this your first webinar?"]
    own(database, cast)
    assert asked(database, cast) == []


def test_required_answers_are_enforced_and_choices_checked(database: Database, cast: Cast) -> None:
    branch, role, first = by_default(database, BRANCH, ROLE, FIRST)
    for said, wrong in (
        ({}, {branch.id}),
        ({branch.id: "  "}, {branch.id}),
        ({branch.id: "Main", role.id: "Pirate", first.id: "perhaps"}, {role.id, first.id}),
        ({branch.id: "x" * 1001}, {branch.id}),
    ):
        with pytest.raises(Invalid) as refusal:
            give(database, cast, cast.bob.id, said)
        assert set(refusal.value.fields) == wrong
    assert given(database, cast, cast.bob.id) == {}


def test_answers_replace_earlier_ones(database: Database, cast: Cast) -> None:
    branch, role, first = by_default(database, BRANCH, ROLE, FIRST)
    give(database, cast, cast.bob.id, {branch.id: " Main ", role.id: "Trustee", first.id: "yes"})
    assert given(database, cast, cast.bob.id) == {
        branch.id: "Main",
        role.id: "Trustee",
        first.id: "yes",
    }
    give(database, cast, cast.bob.id, {branch.id: "East", role.id: ""})
    assert given(database, cast, cast.bob.id) == {branch.id: "East"}


def test_answers_of_merged_logins_belong_to_one_person(database: Database, cast: Cast) -> None:
    (branch,) = by_default(database, BRANCH)
    give(database, cast, cast.dan.id, {branch.id: "Main"})
    with database.transaction() as session:
        session.get_one(Login, cast.dan.id).merged_into = cast.bob.id
    assert given(database, cast, cast.bob.id) == {branch.id: "Main"}
    give(database, cast, cast.dan.id, {branch.id: "East"})
    with database.read_session() as session:
        found = answers.read_given(session, cast.webinar_id)
    assert found.by_person == {cast.bob.public_id: {branch.id: "East"}}


def test_only_the_answers_of_the_given_people_are_read(database: Database, cast: Cast) -> None:
    (branch,) = by_default(database, BRANCH)
    for person in (cast.bob, cast.dan):
        give(database, cast, person.id, {branch.id: "Main"})
    with database.read_session() as session:
        found = answers.read_given(session, cast.webinar_id, [cast.dan.public_id])
    assert list(found.by_person) == [cast.dan.public_id]


def test_answers_to_a_removed_question_are_preserved(database: Database, cast: Cast) -> None:
    branch, role = by_default(database, BRANCH, ROLE)
    give(database, cast, cast.bob.id, {branch.id: "Main", role.id: "Trustee"})
    (kept,) = by_default(database, role)
    assert kept == role
    with database.read_session() as session:
        found = answers.read_given(session, cast.webinar_id)
        exported = answers.export_answers(session, [cast.bob.id])
    assert found.questions == ((role.id, "Your role"), (branch.id, "Which branch do you work at?"))
    assert found.by_person[cast.bob.public_id][branch.id] == "Main"
    assert [(one.question, one.answer) for one in exported] == [
        ("Which branch do you work at?", "Main"),
        ("Your role", "Trustee"),
    ]
    give(database, cast, cast.bob.id, {role.id: "Librarian"})
    assert given(database, cast, cast.bob.id)[branch.id] == "Main"
