"""Staff pages for an institution that moves to another LMS."""

import io
import re

import pytest

from lti.id_mappings.mappings import NOTHING_CHOSEN
from lti.id_mappings.staff_view import Show
from tests.lti.id_mappings.changing_institution import (
    apply,
    begin,
    facts_of,
    make_change,
    pairs,
    populate,
    run,
)
from tests.page_texts import shows


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def change(database, cast):
    """Return Elm County's LMS migration, with Rosalind and Otto."""
    return populate(make_change(database, cast))


@pytest.fixture
def staff(client, cast):
    """Return a client signed in as Ada."""
    client.sign_in(cast.ada.id)
    return client


def send(staff, map_id, text):
    data = {"file": (io.BytesIO(text.encode()), "who is who.csv")}
    return staff.post(
        f"/staff/lti/maps/{map_id}/list", data=data, content_type="multipart/form-data"
    )


@pytest.mark.parametrize("person", ["mia", "alice", None])
@pytest.mark.parametrize("path", ["", "/choose", "/apply", "/undo", "/list", "/discard"])
def test_non_staff_get_not_found(client, cast, change, person, path):
    map_id = begin(change)
    if person is not None:
        client.sign_in(getattr(cast, person).id)
    assert client.post(f"/staff/lti/maps/{map_id}{path}").status_code in (404, 405)
    if person is not None:
        assert client.get(f"/staff/lti/maps/{map_id}").status_code == 404
        assert client.get(f"/staff/lti/maps/{map_id}/people.csv").status_code == 404
    assert facts_of(change, map_id).counts[Show.CHOSEN] == 2


def test_page_without_two_lmss_says_what_is_missing(staff):
    assert "No organization has two LMSs" in staff.get("/staff/lti/maps").text


def test_unknown_mapping_is_not_found(staff):
    for path in ("", "/people.csv"):
        assert staff.get(f"/staff/lti/maps/never{path}").status_code == 404
    assert staff.post("/staff/lti/maps/never/apply").status_code == 404


def test_staff_start_apply_and_undo_a_mapping(staff, carrel, change):
    page = staff.get("/staff/lti/maps").text
    values = re.findall(r'<option value="([^"]+)"', page)
    assert page.count('<option value=""') == 2
    assert len(values) == 4  # both LMSs, in each of the two lists
    begun = staff.post("/staff/lti/maps", data={"old": values[0], "new": values[1]})
    assert begun.status_code == 303
    map_id = begun.location.rpartition("/")[2]
    page = staff.get(begun.location).text
    for word in ("Rosalind Inkwell", "otto@elm.example", "Same email address", "2 people"):
        assert word in page
    assert "Hasn\u2019t opened anything in the new LMS yet." in page
    assert staff.post(f"{begun.location}/apply").location == begun.location
    assert "Merging" in staff.get(begun.location).text
    state = staff.get(begun.location, headers={"Accept": "application/json"}).get_json()
    assert (state["is_live"], state["percent"]) == (True, 0)
    run(carrel, map_id)
    page = staff.get(begun.location).text
    assert "2 people merged" in page
    assert "Undo all 2 merges" in page
    assert change.person("n-otto") == change.person("o-otto")
    [first, _second] = pairs(change, map_id)
    answer = staff.post(f"{begun.location}/pairs/{first.public_id}/undo")
    assert answer.status_code == 303
    assert staff.post(f"{begun.location}/pairs/{first.public_id}/undo").status_code == 404
    assert facts_of(change, map_id).counts[Show.APPLIED] == 1
    assert "Elm Moodle to Elm Canvas" in staff.get("/staff/lti/maps").text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("x 1", "x 1"),
        ("x 1", "y 2"),
        ("x 1", "y 1"),
        ("x \u00b2", "y \u00b2"),
        ("x " + "9" * 30, "y " + "9" * 30),
    ],
)
def test_invalid_pair_of_lmss_shows_an_error_at_its_field(staff, change, old, new):
    answer = staff.post("/staff/lti/maps", data={"old": old, "new": new})
    assert answer.status_code == 400
    assert "error-summary" in answer.text
    field = "new" if old else "old"
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    assert f'aria-invalid="true" aria-describedby="{field}-error {field}-help"' in " ".join(
        answer.text.split()
    )


def test_selection_on_a_page_changes_only_that_pages_pairs(staff, change):
    map_id = begin(change)
    rosa, otto = (
        next(each.public_id for each in pairs(change, map_id) if each.old.sub == sub)
        for sub in ("o-rosa", "o-otto")
    )
    staff.post(f"/staff/lti/maps/{map_id}/choose", data={"shown": [rosa], "chosen": []})
    assert {each.public_id: each.is_chosen for each in pairs(change, map_id)} == {
        rosa: False,
        otto: True,
    }
    # a pair that the page didn't show stays unselected
    staff.post(f"/staff/lti/maps/{map_id}/choose", data={"shown": [otto], "chosen": [rosa]})
    assert not any(each.is_chosen for each in pairs(change, map_id))
    answer = staff.post(f"/staff/lti/maps/{map_id}/apply", follow_redirects=True)
    assert shows(answer.text, NOTHING_CHOSEN)


def test_each_row_of_a_list_is_answered_on_the_page(staff, change):
    map_id = begin(change)
    text = "old;new;remark\no-rosa;n-rosa;the same\nnobody;n-1;\no-otto;;\no-rosa;n-rosa;again\n"
    assert send(staff, map_id, text).status_code == 303
    page = staff.get(f"/staff/lti/maps/{map_id}?show=barred").text
    for said in (
        "No one in the old LMS has this ID.",
        "have both IDs",
        "This row repeats an earlier one.",
        "Row 3",
        "Row 4",
        "Row 5",
    ):
        assert said in page
    assert facts_of(change, map_id).counts[Show.CHOSEN] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("o-rosa\n", "two columns"),
        ("old,other\na,b\n", "two columns"),
        ("old,new\n,\n", "no row with two IDs"),
        ('old,new\n"a,b\n', "quotation marks"),
    ],
)
def test_invalid_list_shows_an_error_at_its_field(staff, change, text, said):
    map_id = begin(change)
    answer = send(staff, map_id, text)
    assert answer.status_code == 400
    assert said in answer.text
    assert 'id="file-error"' in answer.text
    assert len(pairs(change, map_id)) == 2


def test_exported_csv_can_be_uploaded_again(staff, carrel, change):
    map_id = begin(change)
    answer = staff.get(f"/staff/lti/maps/{map_id}/people.csv?show=chosen")
    assert answer.status_code == 200
    assert "o-otto" in answer.text
    assert send(staff, map_id, answer.text).status_code == 303
    assert facts_of(change, map_id).counts[Show.CHOSEN] == 2
    apply(change, carrel, map_id)
    assert change.person("n-rosa") == change.person("o-rosa")


def test_draft_can_be_discarded_and_an_applied_mapping_cannot(staff, carrel, change):
    draft, stands = begin(change), begin(change)
    assert staff.post(f"/staff/lti/maps/{draft}/discard").location == "/staff/lti/maps"
    assert staff.get(f"/staff/lti/maps/{draft}").status_code == 404
    apply(change, carrel, stands)
    assert staff.post(f"/staff/lti/maps/{stands}/discard").status_code == 409
