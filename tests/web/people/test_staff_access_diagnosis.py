"""The page "Why can't they watch?": finding the caller, the answer, and actions that help."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from lms.core.database import Database
from lms.grants.grants import Target, Term
from lms.models.accounts import EmailPurpose, EmailToken, Login, SignIn
from lms.models.audit import AuditEntry
from lms.models.grants import OfferKind, Scope
from lms.models.mail import Mail
from lms.models.organizations import Organization
from lms.models.playback import PlaybackEnd, PlaybackSession
from lms.models.seats import (
    Assignment,
    AssignmentEnd,
    AssignmentState,
    ClaimLink,
    Pool,
    Seat,
    SeatState,
    VerifiedDomain,
)
from lms.people import login_merges
from lms.seats import pools
from lms.seats.pools import NewPoolGrant
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_membership
from tests.visitor import Visitor


def _ask(staff: Visitor, who: str, **more: str) -> str:
    asked = {"address": who, "webinar": "reading-rooms", "action": "recording", **more}
    return staff.get("/staff/people/why", query_string=asked).text


def _invited(database: Database, cast: Cast, email: str) -> str:
    """Invite an address to a pool of Elm County; return the seat's public ID."""
    _sell_and_invite(database, cast, email)
    with database.read_session() as session:
        return session.scalars(select(Seat.public_id).order_by(Seat.id.desc())).first() or ""


def _assignment(database: Database) -> Assignment:
    with database.read_session() as session:
        return session.scalars(select(Assignment).order_by(Assignment.id.desc())).first()  # type: ignore[return-value]  # there is one


def _sell_and_invite(database: Database, cast: Cast, email: str) -> None:
    with database.transaction() as session:
        target = Target(Scope.WEBINAR, cast.webinar_id)
        new = NewPoolGrant(cast.organization_id, target, 5, Term(NOW), OfferKind.GROUP_SEATS)
        pool = pools.sell_seats(session, new, actor=None, now=NOW)
        seat = Seat(pool_id=pool.id, state=SeatState.TAKEN, created_at=NOW)
        session.add(seat)
        session.flush()
        session.get_one(Pool, pool.id).used = 1
        session.add(
            Assignment(
                seat_id=seat.id,
                pool_id=pool.id,
                email=email,
                email_key=email,
                state=AssignmentState.INVITED,
                created_at=NOW,
                expires_at=NOW + timedelta(days=14),
            )
        )
        session.add(
            VerifiedDomain(
                organization_id=cast.organization_id, domain="elm.example", verified_at=NOW
            )
        )


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_only_staff_can_open_the_page(client: Visitor, cast: Cast, person: str) -> None:
    client.sign_in(getattr(cast, person).id)
    assert client.get("/staff/people/why").status_code == 404


@pytest.mark.parametrize(
    ("person", "code"),
    [
        ("alice", "OK_PERMANENT"),
        ("bob", "OK_TERM"),
        ("carol", "PASS_EXPIRED"),
        ("dan", "NO_GRANT"),
    ],
)
def test_answer_shows_the_decision_code_for_the_caller(
    staff: Visitor, cast: Cast, person: str, code: str
) -> None:
    whom: str = getattr(cast, person).email
    assert code in _ask(staff, whom)
    assert code in _ask(staff, getattr(cast, person).public_id)


def test_answer_lists_the_considered_access_and_the_next_step(staff: Visitor, cast: Cast) -> None:
    page = _ask(staff, cast.carol.email)
    assert "Pass for all webinars" in page
    assert "Renew" in page


def test_answer_depends_on_the_chosen_time(staff: Visitor, cast: Cast) -> None:
    earlier = (NOW - timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    assert "OK_TERM" in _ask(staff, cast.carol.email, at=earlier)


def test_answer_depends_on_the_chosen_action(staff: Visitor, cast: Cast) -> None:
    assert "LIVE_OVER" in _ask(staff, cast.alice.email, action="live")


def test_address_without_an_account_gets_an_answer_and_nothing_is_saved(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    _sell_and_invite(database, cast, "eve@elm.example")
    with database.read_session() as session:
        before = session.scalar(select(func.count(AuditEntry.id)))
    page = _ask(staff, "Eve@elm.example")
    assert "INVITE_NOT_CLAIMED" in page
    assert "t have an account yet" in page
    assert "Elm County Library" in page
    assert "NO_GRANT" in _ask(staff, "somebody@nowhere.example")
    with database.read_session() as session:
        assert session.scalar(select(Login.id).where(Login.email_key == "eve@elm.example")) is None
        assert session.scalar(select(func.count(AuditEntry.id))) == before


def test_unconfirmed_address_gets_an_answer_and_stays_unconfirmed(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    _sell_and_invite(database, cast, "eve@elm.example")
    staff.get("/")
    with database.transaction() as session:
        session.add(
            Login(email="eve@elm.example", email_key="eve@elm.example", name="eve", created_at=NOW)
        )
    assert "INVITE_NOT_CLAIMED" in _ask(staff, "eve@elm.example")
    with database.read_session() as session:
        begun = session.scalars(select(Login).where(Login.email_key == "eve@elm.example")).one()
    assert begun.confirmed_at is None


def test_merged_address_is_answered_for_the_remaining_account(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        login_merges.merge(
            session,
            kept=cast.dan.public_id,
            merged=cast.alice.public_id,
            hooks=(),
            actor=None,
            now=NOW,
        )
    page = _ask(staff, cast.alice.email)
    assert "OK_PERMANENT" in page
    assert "from the merged account of Alice" in page
    assert f"/staff/people/{cast.dan.public_id}" in page


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"address": "nobody", "webinar": "reading-rooms"}, "address"),
        ({"address": "zzz"}, "address"),
        ({"address": "", "webinar": "reading-rooms"}, "address"),
        ({"address": "dan@example.org", "webinar": "no such"}, "webinar"),
        (
            {"address": "dan@example.org", "webinar": "reading-rooms", "at": "2026-03-08T02:30"},
            "at",
        ),
    ],
)
def test_invalid_input_shows_an_error_at_its_field(
    staff: Visitor, asked: dict[str, str], field: str
) -> None:
    answer = staff.get("/staff/people/why", query_string={"action": "recording", **asked})
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_only_staff_can_act_for_a_caller(
    client: Visitor, database: Database, cast: Cast, clock: Clock, person: str
) -> None:
    seat = _invited(database, cast, "eve@elm.example")
    client.sign_in(getattr(cast, person).id)
    for act in ("resend", "extend", "link", "address"):
        assert client.post(f"/staff/people/why/seats/{seat}/{act}").status_code == 404
    with database.read_session() as session:
        pool = session.scalars(select(Pool.public_id)).first()
    assert client.post(f"/staff/people/why/pools/{pool}/invite").status_code == 404
    assert _assignment(database).notified_at is None


def test_caller_is_found_by_part_of_a_name_or_address(
    staff: Visitor, database: Database, cast: Cast
) -> None:
    _sell_and_invite(database, cast, "alicia@elm.example")
    page = _ask(staff, "ali")
    assert "Choose a person" in page
    assert f"address={cast.alice.email}" in page.replace("%40", "@")
    assert "alicia@elm.example" in page
    assert "Invited, no account yet" in page
    assert "INVITE_NOT_CLAIMED" in _ask(staff, "alicia elm")
    assert "OK_PERMANENT" in _ask(staff, "lice@exam")


def test_page_without_a_webinar_shows_the_caller_and_webinars_to_choose(
    staff: Visitor, database: Database, cast: Cast
) -> None:
    _sell_and_invite(database, cast, "eve@elm.example")
    page = _ask(staff, "eve", webinar="")
    assert "t have an account yet" in page
    assert "webinar=Reading+rooms" in page
    assert "Resend the invitation" in page
    assert "Recent activity" not in _ask(staff, "nobody@other.example", webinar="")
    page = _ask(staff, cast.alice.email, webinar="")
    assert "Recent activity" in page
    assert "Never signed in" in page
    assert "Email how to sign in" in page


def test_mistyped_address_shows_possible_matches(staff: Visitor, cast: Cast) -> None:
    page = _ask(staff, "alice@other.example")
    assert "Did they use a different address?" in page
    assert cast.alice.email in page


def test_expired_invitation_can_be_sent_again_once(
    staff: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    _sell_and_invite(database, cast, "eve@elm.example")
    with database.transaction() as session:
        session.execute(
            update(Assignment).values(
                state=AssignmentState.RELEASED,
                ended_at=NOW,
                ended_as=AssignmentEnd.EXPIRED,
                expires_at=NOW,
            )
        )
        session.execute(update(Seat).values(state=SeatState.FREE))
        session.execute(update(Pool).values(used=0))
        pool = session.scalars(select(Pool.public_id)).one()
    clock.advance(timedelta(days=1))
    staff.sign_in(cast.ada.id)
    page = _ask(staff, "eve")
    assert "Their invitation from Elm County Library expired" in page
    assert f"/staff/people/why/pools/{pool}/invite" in page
    asked = {"address": "eve@elm.example", "webinar": "reading-rooms", "email": "eve@elm.example"}
    answer = staff.post(f"/staff/people/why/pools/{pool}/invite", data=asked)
    assert answer.status_code == 303
    assert answer.location.startswith("/staff/people/why?")
    again = _assignment(database)
    assert (again.state, again.email) == (AssignmentState.INVITED, "eve@elm.example")
    assert again.notified_at is not None
    assert "INVITE_NOT_CLAIMED" in staff.get(answer.location).text
    answer = staff.post(f"/staff/people/why/pools/{pool}/invite", data=asked)
    assert "They already have a seat or an invitation there" in staff.get(answer.location).text


def test_invitation_says_when_the_last_seat_was_just_taken(
    staff: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    _sell_and_invite(database, cast, "eve@elm.example")
    with database.transaction() as session:
        session.execute(update(Pool).values(used=5))
        pool = session.scalars(select(Pool.public_id)).one()
    asked = {"address": cast.dan.email, "email": cast.dan.email}
    answer = staff.post(f"/staff/people/why/pools/{pool}/invite", data=asked)
    assert "The last seat was just taken" in staff.get(answer.location).text


def test_open_invitation_can_be_resent_extended_and_copied(
    staff: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    seat = _invited(database, cast, "eve@elm.example")
    clock.advance(timedelta(days=5))
    staff.sign_in(cast.ada.id)
    asked = {"address": "eve@elm.example", "webinar": "reading-rooms"}
    assert staff.post(f"/staff/people/why/seats/{seat}/resend", data=asked).status_code == 303
    assert _assignment(database).notified_at == NOW + timedelta(days=5)
    clock.advance(timedelta(days=5))
    staff.sign_in(cast.ada.id)
    assert staff.post(f"/staff/people/why/seats/{seat}/extend", data=asked).status_code == 303
    assert _assignment(database).expires_at == NOW + timedelta(days=24)
    with database.read_session() as session:
        assert session.scalars(select(ClaimLink.expires_at)).all() == [NOW + timedelta(days=24)]
    page = staff.post(f"/staff/people/why/seats/{seat}/link", data=asked)
    assert "/claim/" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    link = page.text.partition("/claim/")[2].partition('"')[0]
    assert staff.get(f"/claim/{link}").status_code == 200


def test_address_of_an_invitation_can_be_corrected(
    staff: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    seat = _invited(database, cast, "eev@elm.example")
    asked = {"address": "eev@elm.example", "webinar": "reading-rooms"}
    url = f"/staff/people/why/seats/{seat}/address"
    wrong = staff.post(url, data={**asked, "email": "eve@"})
    assert wrong.status_code == 400
    assert 'value="eve@"' in wrong.text
    assert f'id="address-{seat}-error"' in wrong.text
    answer = staff.post(url, data={**asked, "email": "eve@elm.example"})
    assert "eve%40elm.example" in answer.location or "eve@elm.example" in answer.location
    assert _assignment(database).email == "eve@elm.example"


def test_member_without_access_is_offered_a_seat_of_their_organization(
    staff: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    _sell_and_invite(database, cast, "eve@elm.example")
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        make_membership(session, elm, session.get_one(Login, cast.dan.id))
    page = _ask(staff, "dan")
    assert "Assign a seat" in page
    assert "t have access" in page
    assert "Assign a seat" not in _ask(staff, "alice")


def test_page_shows_sign_ins_codes_and_playback_sessions(
    staff: Visitor, client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        session.add(
            SignIn(
                token_hash=b"s" * 32,
                login_id=cast.alice.id,
                remembered=False,
                agent="Firefox on Windows",
                created_at=NOW,
                last_seen_at=NOW,
                expires_at=NOW + timedelta(hours=1),
            )
        )
        session.add(
            EmailToken(
                token_hash=b"t" * 32,
                purpose=EmailPurpose.SIGN_IN_CODE,
                login_id=cast.alice.id,
                email=cast.alice.email,
                tries=2,
                created_at=NOW,
                expires_at=NOW + timedelta(minutes=15),
            )
        )
        session.add(
            PlaybackSession(
                login_id=cast.alice.id,
                recording_id=cast.recording_id,
                sign_in_id=None,
                opened_at=NOW,
                expires_at=NOW + timedelta(hours=4),
                beat_at=NOW,
                ended_at=NOW,
                ended_as=PlaybackEnd.TAKEN_OVER,
            )
        )
    page = _ask(staff, "alice")
    assert "Firefox on Windows" in page
    assert "not used yet, 2 wrong attempts" in page
    assert "they continued on another screen" in page


def test_page_shows_bounced_emails(
    staff: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    seat = _invited(database, cast, "eve@elm.example")
    staff.post(f"/staff/people/why/seats/{seat}/resend", data={"address": "eve@elm.example"})
    with database.transaction() as session:
        session.execute(update(Mail).values(bounced_at=NOW, failure="No such mailbox"))
    page = _ask(staff, "eve")
    assert "Email to them bounced on" in page
    assert "No such mailbox" in page


def test_unblocking_and_sign_in_email_return_to_the_callers_page(
    staff: Visitor, cast: Cast, clock: Clock
) -> None:
    staff.post(f"/staff/people/{cast.dan.public_id}/block", data={"reason": "A test"})
    page = _ask(staff, "dan")
    assert "Their account is blocked" in page
    back = f"/staff/people/why?address={cast.dan.email}"
    for act in ("unblock", "sign-in-email"):
        answer = staff.post(f"/staff/people/{cast.dan.public_id}/{act}", data={"next": back})
        assert (answer.status_code, answer.location) == (303, back)
