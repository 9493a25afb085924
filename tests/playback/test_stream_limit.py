"""One stream per login (PRODUCT.md, G1): who gets it, how long it is reserved, and takeovers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select, update

from lms.access.decision_facts import load_case
from lms.access.policy import Action, decide
from lms.core.model_base import new_public_id
from lms.models.accounts import Login
from lms.models.grants import Grant
from lms.models.playback import PlaybackEnd, PlaybackSession, Stream
from lms.playback import heartbeats, progress_bitmap, sessions, stream_limit
from lms.playback.heartbeats import Ended, Kept
from lms.playback.sessions import Playback, Screen
from lms.playback.stream_limit import Claim, Holder
from tests.clock import NOW
from tests.factories import make_grant

SECOND = timedelta(seconds=1)
FIREFOX, PHONE = "Firefox on Windows", "Safari on an iPhone"
ROUNDS, SCREENS = 10, 8


def open_in(session, person, cast, *, browser=FIREFOX, at=NOW, takes_over=False):
    screen = Screen(login_id=person.id, sign_in_id=None, browser=browser)
    return sessions.open_playback(
        session, screen=screen, webinar_id=cast.webinar_id, now=at, takes_over=takes_over
    )


def beat(session, playback, *, at):
    told = progress_bitmap.checked_beat(0.0, 1.0, ())
    return heartbeats.keep_beat(session, playback.session_id, beat=told, now=at)


def test_person_without_access_takes_no_stream(database, cast):
    with database.transaction() as session:
        open_in(session, cast.dan, cast)
        assert session.scalar(select(func.count()).select_from(Stream)) == 0


def test_second_screen_sees_where_the_first_plays_and_since_when(database, cast):
    with database.transaction() as session:
        open_in(session, cast.alice, cast)
        answer = open_in(session, cast.alice, cast, browser=PHONE, at=NOW + 5 * SECOND)
        assert isinstance(answer, Holder)
        assert (answer.browser, answer.since) == (FIREFOX, NOW)
        assert session.scalar(select(func.count()).select_from(PlaybackSession)) == 1


def test_two_people_play_at_once(database, cast):
    with database.transaction() as session:
        assert isinstance(open_in(session, cast.alice, cast), Playback)
        assert isinstance(open_in(session, cast.bob, cast), Playback)


def test_session_closed_by_another_person_releases_no_stream(database, cast):
    with database.transaction() as session:
        his = open_in(session, cast.bob, cast)
        sessions.end_session(session, his.session_id, ended_as=PlaybackEnd.CLOSED, now=NOW)
        open_in(session, cast.alice, cast)
        assert isinstance(open_in(session, cast.alice, cast), Holder)


def test_second_screen_takes_the_stream_over_and_the_first_ends(database, cast):
    with database.transaction() as session:
        first = open_in(session, cast.alice, cast)
        later = NOW + 10 * SECOND
        second = open_in(session, cast.alice, cast, browser=PHONE, at=later, takes_over=True)
        assert beat(session, first, at=later) == Ended(PlaybackEnd.TAKEN_OVER)
        assert isinstance(beat(session, second, at=later), Kept)
        holder = stream_limit.find_holder(session, cast.alice.id)
        assert (holder.browser, holder.since) == (PHONE, later)


def test_first_screen_can_take_the_stream_back(database, cast):
    with database.transaction() as session:
        open_in(session, cast.alice, cast)
        second = open_in(session, cast.alice, cast, browser=PHONE, takes_over=True)
        third = open_in(session, cast.alice, cast, takes_over=True)
        assert beat(session, second, at=NOW + SECOND) == Ended(PlaybackEnd.TAKEN_OVER)
        assert isinstance(beat(session, third, at=NOW + SECOND), Kept)


def test_stream_of_a_killed_browser_is_reserved_for_45_seconds(database, cast):
    with database.transaction() as session:
        open_in(session, cast.alice, cast)
        early = open_in(session, cast.alice, cast, at=NOW + 44 * SECOND)
        late = open_in(session, cast.alice, cast, at=NOW + 45 * SECOND)
        assert isinstance(early, Holder)
        assert isinstance(late, Playback)


def test_each_heartbeat_reserves_the_stream_for_45_more_seconds(database, cast):
    with database.transaction() as session:
        playback = open_in(session, cast.alice, cast)
        for number in range(1, 5):
            beat(session, playback, at=NOW + number * 15 * SECOND)
        assert isinstance(open_in(session, cast.alice, cast, at=NOW + 104 * SECOND), Holder)
        assert isinstance(open_in(session, cast.alice, cast, at=NOW + 105 * SECOND), Playback)


def test_player_paused_for_an_hour_still_has_its_stream(database, cast):
    with database.transaction() as session:
        playback = open_in(session, cast.alice, cast)
        assert isinstance(beat(session, playback, at=NOW + timedelta(hours=1)), Kept)
        again = open_in(session, cast.alice, cast, at=NOW + timedelta(hours=1, seconds=30))
        assert isinstance(again, Holder)


def test_taking_a_lapsed_stream_ends_the_former_player(database, cast):
    with database.transaction() as session:
        first = open_in(session, cast.alice, cast)
        open_in(session, cast.alice, cast, at=NOW + 46 * SECOND)
        assert beat(session, first, at=NOW + 47 * SECOND) == Ended(PlaybackEnd.TAKEN_OVER)


def test_closed_tab_releases_the_stream_at_once(database, cast):
    with database.transaction() as session:
        first = open_in(session, cast.alice, cast)
        sessions.end_session(session, first.session_id, ended_as=PlaybackEnd.CLOSED, now=NOW)
        assert isinstance(open_in(session, cast.alice, cast, browser=PHONE, at=NOW), Playback)


def test_preview_by_staff_takes_no_stream(database, cast):
    with database.transaction() as session:
        open_in(session, cast.alice, cast)
        screen = Screen(login_id=cast.alice.id, sign_in_id=None)
        preview = sessions.open_preview(session, screen=screen, webinar_id=cast.webinar_id, now=NOW)
        holder = stream_limit.find_holder(session, cast.alice.id)
        assert holder.session_id != preview.session_id


def test_opening_a_stream_does_not_end_a_preview(database, cast):
    with database.transaction() as session:
        screen = Screen(login_id=cast.alice.id, sign_in_id=None)
        preview = sessions.open_preview(session, screen=screen, webinar_id=cast.webinar_id, now=NOW)
        open_in(session, cast.alice, cast)
        assert isinstance(beat(session, preview, at=NOW + SECOND), Kept)


def test_merged_logins_share_one_stream(database, cast):
    with database.transaction() as session:
        session.get_one(Login, cast.bob.id).merged_into = cast.alice.id
        session.flush()
        first = open_in(session, cast.bob, cast)
        assert isinstance(open_in(session, cast.alice, cast), Holder)
        open_in(session, cast.alice, cast, takes_over=True)
        assert beat(session, first, at=NOW + SECOND) == Ended(PlaybackEnd.TAKEN_OVER)


def test_only_one_player_continues_when_two_logins_are_merged(database, cast):
    with database.transaction() as session:
        hers, his = open_in(session, cast.alice, cast), open_in(session, cast.bob, cast)
        session.get_one(Login, cast.bob.id).merged_into = cast.alice.id
        session.flush()
        assert isinstance(beat(session, hers, at=NOW + SECOND), Kept)
        assert beat(session, his, at=NOW + SECOND) == Ended(PlaybackEnd.TAKEN_OVER)


@pytest.mark.timeout(600)
def test_exactly_one_of_many_concurrent_screens_gets_the_stream(database, cast):
    for number in range(ROUNDS):
        moment = NOW + timedelta(hours=number)
        starts = Barrier(SCREENS)

        def press(_: int, moment=moment, starts=starts):
            starts.wait()
            with database.transaction() as session:
                return open_in(session, cast.alice, cast, at=moment)

        with ThreadPoolExecutor(SCREENS) as pool:
            answers = list(pool.map(press, range(SCREENS)))
        (got,) = [answer for answer in answers if isinstance(answer, Playback)]
        told = [answer for answer in answers if isinstance(answer, Holder)]
        assert {answer.session_id for answer in told} == {got.session_id}
        assert len(told) == SCREENS - 1


@pytest.mark.timeout(600)
def test_exactly_one_of_many_concurrent_takeovers_continues(database, cast):
    starts = Barrier(SCREENS)

    def press(_: int):
        starts.wait()
        with database.transaction() as session:
            return open_in(session, cast.alice, cast, takes_over=True)

    with ThreadPoolExecutor(SCREENS) as pool:
        opened = list(pool.map(press, range(SCREENS)))
    with database.transaction() as session:
        heard = [beat(session, playback, at=NOW + SECOND) for playback in opened]
    assert len([answer for answer in heard if isinstance(answer, Kept)]) == 1


def test_session_can_claim_its_stream_again(database, cast):
    with database.transaction() as session:
        mine = Claim(cast.alice.id, new_public_id(), FIREFOX)
        assert stream_limit.claim(session, mine, now=NOW)
        assert stream_limit.claim(session, mine, now=NOW + SECOND)


def test_holder_is_unchanged_when_playback_continues_by_another_grant(database, cast):
    with database.transaction() as session:
        playback = open_in(session, cast.alice, cast)
        held = Grant.login_id == cast.alice.id
        session.execute(update(Grant).where(held).values(revoked_at=NOW, revoked_as="refunded"))
        make_grant(session, session.get_one(Login, cast.alice.id))
        assert isinstance(beat(session, playback, at=NOW + 15 * SECOND), Kept)
        holder = stream_limit.find_holder(session, cast.alice.id)
        assert (holder.browser, holder.since) == (FIREFOX, NOW)


def test_access_decision_does_not_depend_on_other_playback(database, cast):
    with database.transaction() as session:
        case = load_case(session, login_id=cast.alice.id, webinar_id=cast.webinar_id)
        before = decide(case.login, case.webinar, Action.RECORDING, NOW)
        open_in(session, cast.alice, cast)
        case = load_case(session, login_id=cast.alice.id, webinar_id=cast.webinar_id)
        assert decide(case.login, case.webinar, Action.RECORDING, NOW) == before
