"""Applying and undoing a mapping: who becomes one person, in parallel and after interruptions."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lms.core.errors import Conflict, NotFound
from lms.models.audit import AuditEntry
from lms.models.jobs import JobState
from lms.models.playback import WatchRecord
from lms.models.seats import Assignment
from lti.id_mappings import jobs
from lti.id_mappings.apply_and_undo_pairs import undo_one
from lti.id_mappings.jobs import apply_map, undo_map, work_ended
from lti.id_mappings.mappings import APPLY, ask_apply, ask_undo, begin_map, choose
from lti.id_mappings.staff_view import Show
from lti.models.id_mappings import MapState, PeopleMap
from lti.models.identities import Identity
from lti.models.launches import FrameRole
from lti.people.account_linking import unlink
from lti.people.identities import ensure_identity
from lti.protocol.messages import Person
from tests.clock import NOW
from tests.lti.id_mappings.changing_institution import (
    OTTO,
    ROSA,
    apply,
    begin,
    facts_of,
    link,
    make_change,
    make_lms,
    many,
    pairs,
    populate,
    run,
    run_handler,
    saw,
    share,
    undo,
)
from tests.seat_rows import add_pool, seat


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""
    return clock


@pytest.fixture
def change(database, cast):
    """Return Elm County's LMS migration, with Rosalind and Otto."""
    return populate(make_change(database, cast))


def test_seats_and_progress_move_whether_or_not_a_person_has_launched(change, carrel):
    cast = change.cast
    with change.database.transaction() as session:
        pool = add_pool(session, cast.organization_id, cast.webinar_id, seats=5)
        for sub in ("o-rosa", "o-otto"):
            seat(session, pool, change.login(sub).id)
            saw(session, change.login(sub).id, cast.recording_id, 0, 1800)
    map_id = begin(change)
    apply(change, carrel, map_id)
    assert (share(change, "n-rosa"), share(change, "n-otto")) == (0.5, 0.5)
    for old, new in (("o-rosa", "n-rosa"), ("o-otto", "n-otto")):
        assert change.person(old) == change.person(new) == change.login(old).id
    # Otto's first launch from the new LMS finds the same person and adds no identity
    with change.database.transaction() as session:
        change.new.comes(session, "n-otto", "Otto Margin", email=OTTO)
        assert session.scalar(select(func.count()).select_from(Identity)) == 4
        assert session.scalar(select(func.count()).select_from(Assignment)) == 2
    facts = facts_of(change, map_id)
    assert (facts.state, facts.counts[Show.APPLIED]) == (MapState.APPLIED, 2)


def test_progress_of_both_logins_is_combined_and_separated_by_undo(change, carrel):
    with change.database.transaction() as session:
        saw(session, change.login("o-rosa").id, change.cast.recording_id, 0, 1800)
        saw(session, change.login("n-rosa").id, change.cast.recording_id, 900, 2700)
    map_id = begin(change)
    apply(change, carrel, map_id)
    assert (share(change, "o-rosa"), share(change, "n-rosa")) == (0.75, 0.75)
    undo(change, carrel, map_id)
    assert (share(change, "o-rosa"), share(change, "n-rosa")) == (0.5, 0.5)
    assert change.login("n-otto") is None  # no one launched with it
    facts = facts_of(change, map_id)
    assert (facts.state, facts.counts[Show.UNDONE]) == (MapState.UNDONE, 2)
    with change.database.read_session() as session:
        assert session.scalar(select(func.count()).select_from(WatchRecord)) == 2


def test_person_who_launched_in_the_meantime_remains_after_undo(change, carrel):
    map_id = begin(change)
    apply(change, carrel, map_id)
    with change.database.transaction() as session:
        ensure_identity(
            session,
            issuer=change.new.course.issuer,
            organization_id=change.cast.organization_id,
            person=Person("n-otto", FrameRole.LEARNER, "Otto Margin"),
            now=NOW + timedelta(minutes=1),
        )
    undo(change, carrel, map_id)
    assert change.login("n-otto").merged_into is None
    assert change.person("n-otto") != change.person("o-otto")


def test_one_pair_can_be_undone_and_applied_again(change, carrel):
    map_id = begin(change)
    apply(change, carrel, map_id)
    [rosa] = [each for each in pairs(change, map_id) if each.old.sub == "o-rosa"]
    with change.database.transaction() as session:
        assert undo_one(session, map_id, rosa.public_id, actor=None, now=NOW) == ""
    assert change.person("n-rosa") != change.person("o-rosa")
    assert change.person("n-otto") == change.person("o-otto")
    with change.database.transaction() as session, pytest.raises(NotFound):
        undo_one(session, map_id, rosa.public_id, actor=None, now=NOW)
    with change.database.transaction() as session:
        choose(session, map_id, shown=[rosa.public_id], chosen=[rosa.public_id])
    apply(change, carrel, map_id)
    assert change.person("n-rosa") == change.person("o-rosa")


@pytest.mark.parametrize("side", ["o-rosa", "n-rosa"])
def test_account_linked_on_one_side_gets_the_other_side(change, carrel, side):
    link(change, side, "alice@example.org")
    map_id = begin(change)
    apply(change, carrel, map_id)
    alice = change.cast.alice.id
    assert change.person("o-rosa") == change.person("n-rosa") == alice
    undo(change, carrel, map_id)
    other = "n-rosa" if side == "o-rosa" else "o-rosa"
    assert change.person(side) == alice
    assert change.person(other) == change.login(other).id


@pytest.mark.parametrize("side", ["o-rosa", "n-rosa"])
def test_linking_after_a_mapping_moves_both_sides_and_unlinking_moves_both_back(
    change, carrel, side
):
    map_id = begin(change)
    apply(change, carrel, map_id)
    link(change, side, "alice@example.org")
    alice = change.cast.alice.id
    assert change.person("o-rosa") == change.person("n-rosa") == alice
    with change.database.transaction() as session:
        identity = session.scalars(select(Identity).where(Identity.sub == side)).one()
        unlink(session, alice, identity.public_id, now=NOW)
    assert change.person("o-rosa") == change.person("n-rosa") != alice
    link(change, side, "alice@example.org")
    undo(change, carrel, map_id)
    other = "n-rosa" if side == "o-rosa" else "o-rosa"
    assert (change.person(side), change.person(other)) == (alice, change.login(other).id)


def test_two_separate_accounts_are_not_merged(change, carrel):
    link(change, "o-rosa", "alice@example.org")
    link(change, "n-rosa", "bob@example.org")
    map_id = begin(change)
    apply(change, carrel, map_id)
    [failed] = pairs(change, map_id, Show.FAILED)
    assert "merge them first" in failed.failure
    assert change.person("o-rosa") == change.cast.alice.id
    assert change.person("n-rosa") == change.cast.bob.id
    assert change.person("n-otto") == change.person("o-otto")  # the other pair was applied


def test_person_in_three_lmss_is_one_person_and_each_mapping_can_be_undone(
    change, carrel, database, cast
):
    first = begin(change)
    apply(change, carrel, first)
    with database.transaction() as session:
        third = make_lms(session, cast.organization_id, "Elm Brightspace")
        third.comes(session, "b-rosa", "Rosalind Inkwell", email=ROSA)
        second = begin_map(
            session,
            cast.organization_id,
            old=change.new.public_id,
            new=third.public_id,
            actor=None,
            now=NOW,
        )
    apply(change, carrel, second)
    assert change.person("b-rosa") == change.person("n-rosa") == change.person("o-rosa")
    undo(change, carrel, first)
    assert change.person("b-rosa") == change.person("n-rosa") != change.person("o-rosa")


def test_parallel_apply_requests_apply_the_mapping_once(change, carrel):
    map_id = begin(change)

    def ask(_number):
        try:
            with change.database.transaction() as session:
                return ask_apply(session, map_id, actor=None, now=NOW)
        except Conflict:
            return "refused"

    with ThreadPoolExecutor(4) as threads:
        answers = sorted(map(str, threads.map(ask, range(4))))
    assert answers == ["2", "refused", "refused", "refused"]
    assert run(carrel, map_id).state is JobState.DONE
    with change.database.read_session() as session:
        merged = select(func.count()).where(AuditEntry.act == "login.merged")
        assert session.scalar(merged) == 2


def test_parallel_workers_apply_each_pair_once(change, carrel):
    map_id = many(change, 40)
    with change.database.transaction() as session:
        ask_apply(session, map_id, actor=None, now=NOW)

    def work(_number):
        return run_handler(carrel, map_id)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(work, range(2)))
    facts = facts_of(change, map_id)
    assert (facts.state, facts.counts[Show.APPLIED], facts.counts[Show.FAILED]) == (
        MapState.APPLIED,
        42,
        0,
    )
    with change.database.read_session() as session:
        merged = select(func.count()).where(AuditEntry.act == "login.merged")
        assert session.scalar(merged) == 42


@pytest.mark.parametrize("handler", [apply_map, undo_map])
def test_interrupted_job_resumes_where_it_stopped(change, carrel, handler):
    map_id = many(change, 60)
    with change.database.transaction() as session:
        ask_apply(session, map_id, actor=None, now=NOW)
    if handler is undo_map:
        run_handler(carrel, map_id)
        with change.database.transaction() as session:
            ask_undo(session, map_id, actor=None, now=NOW)
    with pytest.raises(jobs.Stopped):
        run_handler(carrel, map_id, handler, steps=1)
    facts = facts_of(change, map_id)
    assert facts.is_at_work
    assert (facts.done, facts.total) == (jobs.STEP, 62)
    said = run_handler(carrel, map_id, handler)
    assert said[-1] == 1.0
    applied = 62 if handler is apply_map else 0
    assert facts_of(change, map_id).counts[Show.APPLIED] == applied


def test_failed_job_keeps_the_pairs_that_were_applied(change, carrel):
    map_id = many(change, 60)
    with change.database.transaction() as session:
        ask_apply(session, map_id, actor=None, now=NOW)
    with pytest.raises(jobs.Stopped):
        run_handler(carrel, map_id, steps=1)
    with change.database.transaction() as session:
        row = session.scalars(select(PeopleMap)).one()
        ended = jobs.Ended("x", APPLY, map_id, {}, JobState.FAILED, "The disk is full.", "", NOW)
        work_ended(session, ended)
        assert (row.state, row.failure) == (MapState.APPLIED, "The disk is full.")
    apply(change, carrel, map_id)
    assert facts_of(change, map_id).counts[Show.APPLIED] == 62
