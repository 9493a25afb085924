"""ID mappings: proposals, selection, people who never appear, and what is stored or deleted."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.errors import Conflict, Invalid, NotFound
from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.jobs import Job
from lti.id_mappings.mappings import (
    ask_apply,
    ask_undo,
    begin_map,
    choose,
    discard,
    forget_old,
    take_list,
)
from lti.id_mappings.person_match_proposals import Line
from lti.id_mappings.staff_view import Show, find_map
from lti.models.id_mappings import Doubt, Evidence, MapPair, MapState, PairState, PeopleMap
from lti.models.identities import Identity
from lti.models.launches import FrameRole
from lti.people.identities import ensure_identity, forget_person
from lti.protocol.messages import Person
from tests.clock import NOW
from tests.factories import make_organization
from tests.lti.id_mappings.changing_institution import (
    OTTO,
    ROSA,
    apply,
    begin,
    facts_of,
    make_change,
    make_lms,
    pairs,
    populate,
    undo,
)


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""
    return clock


@pytest.fixture
def change(database, cast):
    """Return Elm County's LMS migration, with Rosalind and Otto."""
    return populate(make_change(database, cast))


def test_preview_proposes_matches_and_changes_nothing(change):
    map_id = begin(change)
    found = {each.old.sub: each for each in pairs(change, map_id)}
    assert {each.new.sub for each in found.values()} == {"n-rosa", "n-otto"}
    assert all(each.evidence is Evidence.ADDRESS and each.is_chosen for each in found.values())
    assert (found["o-rosa"].new.has_come, found["o-otto"].new.has_come) == (True, False)
    assert change.login("n-otto") is None
    assert change.person("n-rosa") != change.person("o-rosa")
    assert facts_of(change, map_id).state is MapState.DRAFT


def test_institution_id_comes_from_launch_and_roster(change):
    with change.database.transaction() as session:
        change.old.comes(session, "o-una", "Una Folio", sis_id="e-5")
        change.new.lists(session, "n-una", "Una F.", sis_id="e-5")
    [found] = [each for each in pairs(change, begin(change)) if each.old.sub == "o-una"]
    assert (found.new.sub, found.evidence, found.is_chosen) == ("n-una", Evidence.SIS_ID, True)


def test_another_organizations_people_never_appear(change, database):
    with database.transaction() as session:
        oak = make_organization(session, "oak-county", name="Oak County Library")
        theirs = make_lms(session, oak.id, "Oak Moodle", issuer=change.old.course.issuer + "/x")
        theirs.comes(session, "o-oak", "Rosalind Inkwell", email=ROSA)
        other = make_lms(session, oak.id, "Oak Canvas")
        other.lists(session, "n-oak", "Otto Margin", email=OTTO)
        # the same platform serves both: one issuer, another tenant
        ensure_identity(
            session,
            issuer=change.old.course.issuer,
            organization_id=oak.id,
            person=Person("o-shared", FrameRole.LEARNER, "Otto Margin", OTTO),
            now=NOW,
        )
    map_id = begin(change)
    with database.transaction() as session:
        lines = [Line(1, "o-oak", "n-rosa"), Line(2, "o-shared", "n-otto")]
        take_list(session, map_id, lines)
    found = pairs(change, map_id)
    assert {each.old.sub for each in found if each.may_be_chosen} == {"o-rosa", "o-otto"}
    listed = [each for each in found if each.evidence is Evidence.LISTED]
    assert [each.doubt for each in listed] == [Doubt.UNKNOWN, Doubt.UNKNOWN]
    assert [(each.old.name, each.old.email) for each in listed] == [("", None), ("", None)]
    with database.transaction() as session, pytest.raises(Invalid):
        begin_map(
            session,
            change.cast.organization_id,
            old=change.old.public_id,
            new=other.public_id,
            actor=None,
            now=NOW,
        )


def test_mapping_from_an_lms_to_itself_is_refused(change):
    with change.database.transaction() as session, pytest.raises(Invalid):
        begin_map(
            session,
            change.cast.organization_id,
            old=change.old.public_id,
            new=change.old.public_id,
            actor=None,
            now=NOW,
        )


def test_unselected_pairs_stay_and_barred_pairs_cannot_be_selected(change, carrel):
    map_id = begin(change)
    ids = {each.old.sub: each.public_id for each in pairs(change, map_id)}
    with change.database.transaction() as session:
        take_list(session, map_id, [Line(1, "nobody", "n-x")])
        choose(session, map_id, shown=[*ids.values()], chosen=[ids["o-otto"]])
        [barred] = session.scalars(
            select(MapPair.public_id).where(MapPair.doubt == Doubt.UNKNOWN)
        ).all()
        choose(session, map_id, shown=[barred], chosen=[barred])
    apply(change, carrel, map_id)
    assert change.person("n-rosa") != change.person("o-rosa")
    assert change.person("n-otto") == change.person("o-otto")
    assert facts_of(change, map_id).counts[Show.BARRED] == 1


def test_uploaded_list_overrides_proposals(change, carrel):
    map_id = begin(change)
    with change.database.transaction() as session:
        take_list(session, map_id, [Line(2, "o-rosa", "n-other")])
        take_list(session, map_id, [Line(2, "o-rosa", "n-other")])
    found = {each.old.sub: each for each in pairs(change, map_id)}
    assert len(found) == len(pairs(change, map_id)) == 2
    assert (found["o-rosa"].new.sub, found["o-rosa"].line) == ("n-other", 2)
    apply(change, carrel, map_id)
    assert change.person("n-other") == change.person("o-rosa") != change.person("n-rosa")


def test_two_registrations_with_one_issuer_keep_people_separate(database, cast, carrel):
    change = make_change(database, cast, issuer="https://canvas.example.com")
    with database.transaction() as session:
        change.old.comes(session, "o-1", "Una Folio", email="una@elm.example")
        change.new.comes(session, "n-1", "Una Folio", email="una@elm.example")
        change.old.comes(session, "same", "Otto Margin", email=OTTO)
        change.new.lists(session, "same", "Otto Margin", email=OTTO)
    map_id = begin(change)
    found = {each.old.sub: each for each in pairs(change, map_id)}
    assert set(found) == {"o-1", "same"}
    assert found["o-1"].new.sub == "n-1"
    assert found["same"].new is None  # the same ID of the same issuer is already one person


def test_test_users_are_ignored(change):
    with change.database.transaction() as session:
        change.old.comes(session, "o-test", "Student View", is_test_user=True)
    assert "o-test" not in {each.old.sub for each in pairs(change, begin(change))}


def test_mapping_in_progress_refuses_changes(change):
    map_id = begin(change)
    with change.database.transaction() as session:
        ask_apply(session, map_id, actor=None, now=NOW)
    for order in (
        lambda session: ask_apply(session, map_id, actor=None, now=NOW),
        lambda session: ask_undo(session, map_id, actor=None, now=NOW),
        lambda session: discard(session, map_id, actor=None, now=NOW),
        lambda session: take_list(session, map_id, [Line(1, "o-rosa", "n-x")]),
        lambda session: choose(session, map_id, shown=["x"], chosen=[]),
    ):
        with change.database.transaction() as session, pytest.raises(Conflict):
            order(session)


def test_only_unapplied_mapping_can_be_discarded(change, carrel):
    map_id = begin(change)
    apply(change, carrel, map_id)
    with change.database.transaction() as session, pytest.raises(Conflict):
        discard(session, map_id, actor=None, now=NOW)
    undo(change, carrel, map_id)
    with change.database.transaction() as session:
        discard(session, map_id, actor=None, now=NOW)
        assert session.scalars(select(PeopleMap)).all() == []


def test_erasing_a_person_deletes_their_pairs(change, carrel):
    map_id = begin(change)
    with change.database.transaction() as session:
        take_list(session, map_id, [Line(1, "gone", "n-rosa"), Line(2, "o-rosa", "n-rosa")])
        forget_person(session, change.login("n-rosa").id)
    assert {each.old.sub for each in pairs(change, map_id)} == {"o-otto"}


def test_erasing_a_person_keeps_a_person_with_the_same_id_in_another_lms(change, carrel):
    """LMSs number their users from one, so IDs can coincide."""
    with change.database.transaction() as session:
        change.new.comes(session, "o-otto", "Una Folio", email="una@elm.example")
    map_id = begin(change)
    apply(change, carrel, map_id)
    with change.database.transaction() as session:
        una = session.scalars(
            select(Identity).where(
                Identity.sub == "o-otto", Identity.issuer == change.new.course.issuer
            )
        ).one()
        forget_person(session, una.login_id)
    assert facts_of(change, map_id).counts[Show.APPLIED] == 2


def test_old_drafts_and_unapplied_pairs_are_deleted(change, carrel):
    stands, draft = begin(change), begin(change)
    with change.database.transaction() as session:
        take_list(session, stands, [Line(1, "nobody", "n-x")])
    apply(change, carrel, stands)
    with change.database.transaction() as session:
        forget_old(session, now=NOW + timedelta(days=31))
    with change.database.read_session() as session:
        assert session.scalars(select(PeopleMap.public_id)).all() == [stands]
        states = session.scalars(select(MapPair.state)).all()
    assert states == [PairState.APPLIED, PairState.APPLIED]
    with change.database.read_session() as session, pytest.raises(NotFound):
        find_map(session, draft)


def test_audit_log_and_jobs_have_no_names_or_addresses(change, carrel):
    map_id = begin(change)
    apply(change, carrel, map_id)
    undo(change, carrel, map_id)
    with change.database.read_session() as session:
        entries = session.scalars(select(AuditEntry)).all()
        said = " ".join(f"{one.act} {one.subject} {one.detail}" for one in entries)
        said += " ".join(str(one.payload) for one in session.scalars(select(Job)))
        names = session.scalars(select(Login.name)).all()
    assert {"people_map.begun", "people_map.applied", "people_map.undone"} <= set(said.split())
    assert not any(name in said for name in ("Rosalind", "Otto", "elm.example"))
    assert "Rosalind Inkwell" in names
