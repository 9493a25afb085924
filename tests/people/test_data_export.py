"""The export of everything stored about a person."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.certificates.rules_and_attendance_minutes import note_attendance
from lms.core.database import Database
from lms.core.errors import NotFound
from lms.live.answers import give
from lms.live.questions import Question, read_questions, set_default_questions
from lms.models.accounts import Login
from lms.models.documents import DocumentKind
from lms.models.grants import Grant
from lms.models.live import QuestionKind, Registration
from lms.models.organizations import MemberInvitation, Role
from lms.models.payments import PaymentMethod
from lms.models.requests import DeskRequest, RequestKind
from lms.people.data_export import read_personal_data
from lms.playback import notes
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_attendee
from tests.sales.order_fixtures import GROUP, SEAT, placed
from tests.seat_rows import watched


def test_export_has_all_logins_of_a_person(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        session.get_one(Login, cast.dan.id).merged_into = cast.alice.id
        watched(session, cast.dan.id, cast.recording_id, 0.5)
        notes.write(
            session,
            login_id=cast.dan.id,
            webinar_id=cast.webinar_id,
            at_s=65,
            text="Ask for the list",
            now=NOW,
        )
        session.add(
            Registration(login_id=cast.alice.id, webinar_id=cast.webinar_id, registered_at=NOW)
        )
        found = read_personal_data(session, cast.alice.id, hooks=(), now=NOW)
    assert (found.name, found.email) == ("Alice", "alice@example.org")
    assert found.further_emails == ("dan@example.org",)
    assert [one["share"] for one in found.progress] == [0.5]
    assert [(one.at_s, one.text) for one in found.notes] == [(65.0, "Ask for the list")]
    assert len(found.grants) == len(found.registrations) == 1


def test_export_has_open_invitations(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        session.get_one(Login, cast.dan.id).merged_into = cast.alice.id
        session.add(
            MemberInvitation(
                organization_id=cast.organization_id,
                login_id=cast.dan.id,
                role=Role.MANAGER,
                email="dan@example.org",
                email_key="dan@example.org",
                name="Daniel",
                created_at=NOW,
            )
        )
        session.flush()
        found = read_personal_data(session, cast.alice.id, hooks=(), now=NOW)
        elses = read_personal_data(session, cast.bob.id, hooks=(), now=NOW)
    [asked] = found.asked
    assert asked == {
        "organization": "Elm County Library",
        "role": Role.MANAGER,
        "email": "dan@example.org",
        "name": "Daniel",
        "asked_at": NOW,
    }
    assert elses.asked == ()


def test_export_has_requests_and_attendance(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        for login_id, email in ((cast.alice.id, "a@example.net"), (None, "Alice@example.org")):
            session.add(
                DeskRequest(
                    kind=RequestKind.TROUBLE,
                    login_id=login_id,
                    name="Alice",
                    email=email,
                    message=f"From {email}",
                    answer="Mended.",
                    note="Be patient.",
                    created_at=NOW,
                    due_at=NOW + timedelta(days=1),
                )
            )
        pass_of_bob = session.scalars(select(Grant).where(Grant.login_id == cast.bob.id)).one()
        make_attendee(
            session, pass_of_bob, cast.webinar_id, name="Alice A.", email="alice@example.org"
        )
        note_attendance(
            session, login_id=cast.alice.id, webinar_id=cast.webinar_id, minutes=42, now=NOW
        )
        found = read_personal_data(session, cast.alice.id, hooks=(), now=NOW)
        elses = read_personal_data(session, cast.dan.id, hooks=(), now=NOW)
    assert [(one["email"], one["message"], one["answer"]) for one in found.requests] == [
        ("a@example.net", "From a@example.net", "Mended."),
        ("Alice@example.org", "From Alice@example.org", "Mended."),
    ]
    [shown] = found.showings
    assert (shown["name"], shown["email"]) == ("Alice A.", "alice@example.org")
    assert shown["entered_at"] == NOW
    [lived] = found.live_minutes
    assert lived["minutes"] == 42
    assert (elses.requests, elses.showings, elses.live_minutes) == ((), (), ())


def test_export_has_orders_documents_and_payments(database: Database, cast: Cast) -> None:
    own = placed(database, SEAT)
    placed(database, GROUP)
    with database.read_session() as session:
        dan = read_personal_data(session, cast.dan.id, hooks=(), now=NOW)
        mia = read_personal_data(session, cast.mia.id, hooks=(), now=NOW)
    [order] = dan.orders
    assert order == {
        "number": own.number,
        "organization": "",
        "name": "Dan",
        "email": "dan@example.org",
        "covers": ["Reading rooms"],
        "placed_at": NOW,
    }
    assert [
        (one["kind"], one["total_minor"], one["open_minor"], one["issued_at"])
        for one in dan.documents
    ] == [
        (DocumentKind.INVOICE, 9900, 0, NOW),
        (DocumentKind.RECEIPT, 9900, 0, NOW),
    ]
    assert dan.documents[0]["number"] == own.invoice_number
    [paid] = dan.payments
    assert (paid["method"], paid["amount_minor"]) == (PaymentMethod.CARD, 9900)
    assert paid["currency"] == "USD"
    # what an organization owes isn't about the person who ordered
    [theirs] = mia.orders
    assert theirs["organization"] == "Elm County Library"
    assert theirs["email"] == "mia@example.org"
    assert (mia.documents, mia.payments) == ((), ())


def test_unconfirmed_address_exports_nothing(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        session.get_one(Login, cast.alice.id).confirmed_at = None
        session.add(
            DeskRequest(
                kind=RequestKind.TROUBLE,
                name="Alice",
                email="alice@example.org",
                created_at=NOW,
                due_at=NOW + timedelta(days=1),
            )
        )
        session.flush()
        assert read_personal_data(session, cast.alice.id, hooks=(), now=NOW).requests == ()


def test_export_has_nothing_of_other_people(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        watched(session, cast.bob.id, cast.recording_id, 0.5)
        notes.write(
            session,
            login_id=cast.bob.id,
            webinar_id=cast.webinar_id,
            at_s=5,
            text="Mine",
            now=NOW,
        )
        found = read_personal_data(session, cast.dan.id, hooks=(), now=NOW)
    kept = (found.grants, found.seats, found.progress, found.notes, found.emails_sent)
    assert kept == ((), (), (), (), ())


def test_unknown_login_is_not_found(database: Database) -> None:
    with database.read_session() as session, pytest.raises(NotFound):
        read_personal_data(session, 4711, hooks=(), now=NOW)


def test_export_has_answers_to_registration_questions(database: Database, cast: Cast) -> None:
    branch = Question(QuestionKind.TEXT, "Which branch?")
    with database.transaction() as session:
        set_default_questions(session, [branch], actor=None, now=NOW)
        (stored,) = read_questions(session, None)
        said = {stored.id: "Main"}
        give(session, login_id=cast.bob.id, webinar_id=cast.webinar_id, answers=said, now=NOW)
    with database.read_session() as session:
        found = read_personal_data(session, cast.bob.id, hooks=(), now=NOW)
    (answer,) = found.registration_answers
    assert (answer.question, answer.answer) == ("Which branch?", "Main")
