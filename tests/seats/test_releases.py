"""Releasing a seat: when it can be reassigned, emails, playback, and undoing it (S3, E1)."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.core.database import Database
from lms.core.errors import Conflict, NotFound
from lms.grants.grants import Target, Term
from lms.models.accounts import Login
from lms.models.catalog import Presenter, Webinar, WebinarPresenter, WebinarSeries
from lms.models.grants import Scope, Withdrawal
from lms.models.jobs import Job
from lms.models.mail import Mail
from lms.models.playback import PlaybackEnd
from lms.models.recordings import Recording
from lms.models.seats import (
    Assignment,
    AssignmentEnd,
    AssignmentState,
    Pool,
    SeatState,
    WaitingEntry,
)
from lms.seats import claims, pools
from lms.seats.claim_statements import Full
from lms.seats.seat_counts import TELL, UNDO_FOR
from lms.seats.transfer_rules import watched_share
from tests.clock import NOW
from tests.factories import make_recording, make_series, make_webinar
from tests.seats.pool_fixtures import (
    DAY,
    FOR_GOOD,
    LINKS,
    YEAR,
    counts,
    endings,
    invite,
    let_go,
    make_home,
    people,
    play,
    record,
    seat_row,
    settle_at,
    sold,
    states,
    take,
    take_seat,
    undo,
    wait,
    watched,
)
from tests.seats.test_claims import email_of


def test_unknown_seats_and_seats_without_a_person_cannot_be_released(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    with pytest.raises(NotFound):
        let_go(database, "0" * 26)
    seat = take_seat(database, home.pool_id, pat)
    let_go(database, seat)
    with pytest.raises(Conflict):
        let_go(database, seat)


def test_permanent_seat_watched_less_than_half_is_available_at_once(database: Database) -> None:
    home = make_home(database, 1)
    pat, dan = people(database, 2)
    watched(database, home, pat, 0.49)
    seat = take_seat(database, home.pool_id, pat)
    assert let_go(database, seat).refill.is_free
    assert counts(database, home.pool_id) == (0, 1)
    assert take_seat(database, home.pool_id, dan) == seat


def test_permanent_seat_watched_half_waits_for_approval(database: Database) -> None:
    home = make_home(database, 1)
    pat, dan = people(database, 2)
    watched(database, home, pat, 0.5)
    seat = take_seat(database, home.pool_id, pat)
    assert let_go(database, seat).refill.needs_approval
    assert seat_row(database, seat).state is SeatState.LOCKED
    assert counts(database, home.pool_id) == (1, 1)
    assert take(database, home.pool_id, dan) == Full()
    with database.transaction() as session:
        claims.approve_refill(session, seat, actor=None, now=NOW)
    assert take_seat(database, home.pool_id, dan) == seat


def test_only_a_locked_seat_can_be_approved(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    seat = take_seat(database, home.pool_id, pat)
    with pytest.raises(Conflict), database.transaction() as session:
        claims.approve_refill(session, seat, actor=None, now=NOW)


def test_approved_seat_is_offered_to_the_waitlist(database: Database) -> None:
    home = make_home(database, 1)
    pat, dan = people(database, 2)
    watched(database, home, pat, 0.9)
    seat = take_seat(database, home.pool_id, pat)
    wait(database, home.pool_id, dan)
    let_go(database, seat)
    assert dan not in states(database, home.pool_id)
    with database.transaction() as session:
        claims.approve_refill(session, seat, actor=None, now=NOW)
    assert states(database, home.pool_id)[dan] is AssignmentState.OFFERED


@pytest.mark.parametrize(("age", "is_free"), [(timedelta(days=7), True), (6.9 * DAY, False)])
def test_contract_seat_can_be_reassigned_seven_days_after_its_claim(
    database: Database, age: timedelta, is_free: bool
) -> None:
    home = make_home(database, 1, YEAR)
    [pat] = people(database, 1)
    watched(database, home, pat, 1.0)
    seat = take_seat(database, home.pool_id, pat)
    assert let_go(database, seat, NOW + age).refill.is_free is is_free


def test_contract_seat_released_early_is_unlocked_automatically(database: Database) -> None:
    home = make_home(database, 1, YEAR)
    pat, dan = people(database, 2)
    seat = take_seat(database, home.pool_id, pat)
    assert let_go(database, seat, NOW + DAY).refill.opens_at == NOW + 7 * DAY
    assert counts(database, home.pool_id) == (1, 1)
    settle_at(database, home.pool_id, NOW + 6 * DAY)
    assert take(database, home.pool_id, dan, NOW + 6 * DAY) == Full()
    settle_at(database, home.pool_id, NOW + 7 * DAY)
    assert take_seat(database, home.pool_id, dan, NOW + 7 * DAY) == seat


def test_unlimited_seats_are_never_locked(database: Database) -> None:
    home = make_home(database, None)
    [pat] = people(database, 1)
    watched(database, home, pat, 1.0)
    seat = take_seat(database, home.pool_id, pat)
    assert let_go(database, seat).refill.is_free


def test_best_watched_version_of_a_recording_counts(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    first = watched(database, home, pat, 0.6)
    with database.transaction() as session:
        webinar = session.get_one(Webinar, home.webinar_id)
        session.execute(update(Recording).where(Recording.id == first).values(is_current=False))
        session.flush()
        make_recording(session, webinar, seconds=1000.0, number=2)
    seat = take_seat(database, home.pool_id, pat)
    assert let_go(database, seat).refill.needs_approval


@pytest.mark.parametrize("scope", [Scope.SERIES, Scope.PRESENTER, Scope.EVERYTHING])
def test_watched_share_of_a_scope_covers_all_its_webinars(database: Database, scope: Scope) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    with database.transaction() as session:
        series = make_series(session)
        presenter = Presenter(slug="kim", name="Kim", created_at=NOW)
        session.add(presenter)
        session.flush()
        for number, share in enumerate((1.0, 0.2)):
            webinar = make_webinar(session, f"part-{number}")
            session.add_all(
                [
                    WebinarSeries(webinar_id=webinar.id, series_id=series.id),
                    WebinarPresenter(
                        webinar_id=webinar.id, presenter_id=presenter.id, position=number
                    ),
                ]
            )
            recording = make_recording(session, webinar, seconds=1000.0)
            session.add(record(pat, recording.id, share))
        target_id = {Scope.SERIES: series.id, Scope.PRESENTER: presenter.id}.get(scope)
        target = Target(scope, target_id)
        facts = sold(session, home.organization_id, target, 1, Term(NOW - DAY))
        pool = session.get_one(Pool, facts.id)
        assert watched_share(session, pool, pat) == pytest.approx(0.6)


def test_watched_share_is_zero_without_recordings(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    with database.transaction() as session:
        facts = sold(session, home.organization_id, Target(Scope.EVERYTHING), 1, Term(NOW - DAY))
        assert watched_share(session, session.get_one(Pool, facts.id), pat) == 0.0


def test_release_stops_playback_and_is_emailed_later(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    recording_id = watched(database, home, pat, 0.1)
    seat = take_seat(database, home.pool_id, pat)
    play(database, pat, recording_id)
    let_go(database, seat)
    assert endings(database) == [(NOW, PlaybackEnd.RELEASED)]
    with database.read_session() as session:
        letter = session.scalars(select(Mail)).one()
        assert letter.kind == "seat_released"
        assert letter.run_at > NOW + UNDO_FOR
        assert "You keep your certificates" in letter.text
        assert home.pool.covers in letter.text


def test_release_stops_playback_of_a_merged_account(database: Database) -> None:
    home = make_home(database, 1)
    pat, old = people(database, 2)
    seat = take_seat(database, home.pool_id, pat)
    with database.transaction() as session:
        session.get_one(Login, old).merged_into = pat
    play(database, old, watched(database, home, old, 0.1))
    let_go(database, seat)
    assert endings(database) == [(NOW, PlaybackEnd.RELEASED)]


def test_viewing_of_the_kept_account_counts_and_stops_for_a_merged_accounts_seat(
    database: Database,
) -> None:
    home = make_home(database, 1)
    old, kept = people(database, 2)
    seat = take_seat(database, home.pool_id, old)
    with database.transaction() as session:
        session.get_one(Login, old).merged_into = kept
    play(database, kept, watched(database, home, kept, 0.5))
    assert let_go(database, seat).refill.needs_approval
    assert endings(database) == [(NOW, PlaybackEnd.RELEASED)]


def test_invited_person_is_emailed_a_withdrawal_only_if_they_got_an_invitation(
    database: Database,
) -> None:
    home = make_home(database, 2)
    told = invite(database, home.pool_id, "told@example.org")
    untold = invite(database, home.pool_id, "untold@example.org")
    with database.transaction() as session:
        session.execute(
            update(Assignment).where(Assignment.email == "told@example.org").values(notified_at=NOW)
        )
    for seat in (told, untold):
        assert let_go(database, seat).refill.is_free
    with database.read_session() as session:
        letter = session.scalars(select(Mail)).one()
        assert letter.recipient == "told@example.org"
        assert letter.subject.startswith("Your invitation was withdrawn: ")
        assert "withdrew its invitation" in letter.text
    assert counts(database, home.pool_id) == (0, 2)


def test_deletion_of_an_account_sends_no_email(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    seat = take_seat(database, home.pool_id, pat)
    let_go(database, seat, reason=AssignmentEnd.ERASED)
    with database.read_session() as session:
        assert session.scalars(select(Mail)).all() == []


def test_person_without_an_address_is_not_emailed(database: Database) -> None:
    home = make_home(database, 1)
    [pat] = people(database, 1)
    with database.transaction() as session:
        session.execute(update(Login).where(Login.id == pat).values(email=None, email_key=None))
    seat = take_seat(database, home.pool_id, pat)
    let_go(database, seat)
    undo(database, seat)
    with database.read_session() as session:
        assert session.scalars(select(Mail)).all() == []


def test_person_is_emailed_if_the_merged_account_had_no_address(
    database: Database,
) -> None:
    """They claimed the seat in an LMS, or as a buyer who had not confirmed the address."""
    home = make_home(database, 1)
    claimer, account = people(database, 2)
    with database.transaction() as session:
        session.execute(update(Login).where(Login.id == claimer).values(email=None, email_key=None))
    seat = take_seat(database, home.pool_id, claimer)
    with database.transaction() as session:
        session.get_one(Login, claimer).merged_into = account
    let_go(database, seat)
    with database.read_session() as session:
        letters = session.execute(select(Mail.kind, Mail.recipient)).all()
    assert letters == [("seat_released", email_of(database, account))]


def test_released_seat_is_reserved_72_hours_for_the_first_on_the_waitlist(
    database: Database,
) -> None:
    home = make_home(database, 1)
    pat, dan, kim = people(database, 3)
    seat = take_seat(database, home.pool_id, pat)
    wait(database, home.pool_id, kim, NOW - timedelta(hours=1))
    wait(database, home.pool_id, dan, NOW - timedelta(hours=2))
    let_go(database, seat)
    with database.read_session() as session:
        offer = session.scalars(
            select(Assignment).where(Assignment.state == AssignmentState.OFFERED)
        ).one()
        assert (offer.login_id, offer.expires_at) == (dan, NOW + timedelta(hours=72))
        assert session.scalars(select(Job.kind)).all() == [TELL]
        waits = session.scalars(select(WaitingEntry).order_by(WaitingEntry.joined_at)).all()
        assert [entry.ended_as for entry in waits] == ["offered", None]
    assert counts(database, home.pool_id) == (1, 1)


def test_person_on_the_waitlist_who_got_another_seat_is_skipped(database: Database) -> None:
    home = make_home(database, 2)
    pat, dan, kim = people(database, 3)
    seat = take_seat(database, home.pool_id, pat)
    take_seat(database, home.pool_id, dan)
    wait(database, home.pool_id, dan, NOW - timedelta(hours=2))
    wait(database, home.pool_id, kim)
    let_go(database, seat)
    assert states(database, home.pool_id)[kim] is AssignmentState.OFFERED


def test_several_seats_are_released_together(database: Database) -> None:
    home = make_home(database, 3)
    taken = [take_seat(database, home.pool_id, one) for one in people(database, 3)]
    with database.transaction() as session:
        done = claims.release_many(
            session, taken[:2], AssignmentEnd.REMOVED, links=LINKS, actor=None, now=NOW
        )
    assert [one.seat for one in done] == taken[:2]
    assert counts(database, home.pool_id) == (1, 3)


def test_frozen_person_can_be_released_and_is_not_counted(database: Database) -> None:
    home = make_home(database, 1, YEAR)
    [pat] = people(database, 1)
    seat = take_seat(database, home.pool_id, pat)
    settle_at(database, home.pool_id, NOW + 380 * DAY)
    let_go(database, seat, NOW + 381 * DAY)
    assert counts(database, home.pool_id) == (0, 0)
    assert seat_row(database, seat).state is SeatState.FREE


@pytest.mark.parametrize("term", [YEAR, FOR_GOOD])
def test_frozen_seat_is_available_at_once_even_if_new_or_watched(
    database: Database, term: Term
) -> None:
    home = make_home(database, 1, term)
    [pat] = people(database, 1)
    watched(database, home, pat, 1.0)
    seat = take_seat(database, home.pool_id, pat)
    with database.transaction() as session:
        [line] = pools.grants_of(session, home.pool_id)
        pools.revoke_pool_grant(
            session, line.public_id, Withdrawal.REFUNDED, reason="", actor=None, now=NOW + DAY
        )
    assert let_go(database, seat, NOW + DAY).refill.is_free
    assert counts(database, home.pool_id) == (0, 0)
    assert seat_row(database, seat).state is SeatState.FREE
