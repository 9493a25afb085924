"""Matching people of an old and a new LMS: evidence, hints, and doubts."""

import pytest

from lti.id_mappings.person_match_proposals import Line, Proposal, Somebody, propose, propose_listed
from lti.models.id_mappings import Doubt, Evidence

OLD = Somebody("o-1", "Rosalind Inkwell", "r@elm.example", "e-77", 1, 101)


def one(old: Somebody, *new: Somebody) -> Proposal:
    [found] = propose([old], new)
    return found


@pytest.mark.parametrize(
    ("new", "evidence", "doubt", "is_chosen"),
    [
        (Somebody("n", "Rosalind Inkwell", "r@elm.example", None), Evidence.ADDRESS, None, True),
        (Somebody("n", "R. Inkwell", None, "e-77"), Evidence.SIS_ID, None, True),
        (Somebody("n", "Rosalind  INKWELL"), Evidence.NAME, None, False),
        (
            Somebody("n", "Otto Margin", "r@elm.example"),
            Evidence.ADDRESS,
            Doubt.NAMES_DIFFER,
            False,
        ),
        (
            Somebody("n", "Rosalind Inkwell", "r@elm.example", "e-78"),
            Evidence.ADDRESS,
            Doubt.IDS_DIFFER,
            False,
        ),
        (
            Somebody("n", "Rosalind Inkwell", "r@elm.example", None, 9, 101),
            Evidence.ADDRESS,
            Doubt.ALREADY,
            False,
        ),
        (Somebody("", "Otto Margin", "o@elm.example", "e-1"), Evidence.NONE, None, False),
    ],
)
def test_shared_data_decides_the_proposal(
    new: Somebody, evidence: Evidence, doubt: Doubt | None, is_chosen: bool
) -> None:
    found = one(OLD, new)
    assert (found.evidence, found.doubt, found.is_chosen) == (evidence, doubt, is_chosen)


def test_seats_on_both_sides_are_reported_and_the_pair_stays_selected() -> None:
    old = Somebody("o", "A", "a@elm.example", seats=frozenset({4}))
    found = one(old, Somebody("n", "A", "a@elm.example", seats=frozenset({4, 5})))
    assert (found.doubt, found.is_chosen) == (Doubt.TWO_SEATS, True)


def test_two_old_people_for_one_new_are_shown_and_not_selected() -> None:
    shared = "desk@elm.example"
    found = propose(
        [Somebody("o-1", "Ann Reader", shared), Somebody("o-2", "Ann Writer", shared)],
        [Somebody("n-1", "Ann Reader", shared)],
    )
    assert [(each.new_sub, each.doubt, each.is_chosen) for each in found] == [
        ("n-1", Doubt.TWO_OLD, False),
        ("n-1", Doubt.TWO_OLD, False),
    ]


def test_one_old_person_for_two_new_is_shown_with_both() -> None:
    found = propose(
        [Somebody("o-1", "Ann Reader", "a@elm.example", "e-1")],
        [
            Somebody("n-1", "Ann Reader", "a@elm.example"),
            Somebody("n-2", "Ann Reader", None, "e-1"),
        ],
    )
    assert {(each.new_sub, each.doubt) for each in found} == {
        ("n-1", Doubt.TWO_NEW),
        ("n-2", Doubt.TWO_NEW),
    }


def test_name_match_yields_to_stronger_evidence_for_another_person() -> None:
    found = propose(
        [Somebody("o-1", "Ann Reader"), Somebody("o-2", "Ann B. Reader", "ann@elm.example")],
        [Somebody("n-1", "Ann Reader", "ann@elm.example")],
    )
    assert [(each.old_sub, each.new_sub, each.evidence) for each in found] == [
        ("o-1", "", Evidence.NONE),
        ("o-2", "n-1", Evidence.ADDRESS),
    ]


def test_name_shared_by_several_people_is_no_hint() -> None:
    twice = [Somebody("n-1", "Ann Reader"), Somebody("n-2", "ann reader")]
    assert one(Somebody("o-1", "Ann Reader"), *twice).evidence is Evidence.NONE
    found = propose([Somebody("o-1", "Ann Reader"), Somebody("o-2", "Ann Reader")], twice[:1])
    assert {each.evidence for each in found} == {Evidence.NONE}


def test_every_line_of_a_list_gets_an_answer() -> None:
    old = {"o-1": OLD, "o-2": Somebody("o-2", "Otto Margin"), "o-3": Somebody("o-3", person=7)}
    new = {"n-3": Somebody("n-3", person=7)}
    lines = [
        Line(2, "o-1", "n-1"),
        Line(3, "o-9", "n-9"),
        Line(4, "o-1", ""),
        Line(5, "o-1", "n-1"),
        Line(6, "o-3", "n-3"),
        Line(7, "o-2", "n-1"),
    ]
    found = propose_listed(lines, old, new)
    assert [(each.line, each.doubt) for each in found] == [
        (2, Doubt.TWO_OLD),
        (3, Doubt.UNKNOWN),
        (4, Doubt.INCOMPLETE),
        (5, Doubt.REPEATED),
        (6, Doubt.ALREADY),
        (7, Doubt.TWO_OLD),
    ]


def test_list_can_name_a_person_who_has_not_launched_yet() -> None:
    [found] = propose_listed([Line(1, "o-1", "never-seen")], {"o-1": OLD}, {})
    assert (found.doubt, found.is_chosen) == (None, True)
