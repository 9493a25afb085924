"""Staff see possible duplicates of a new organization, preview a merge, merge, and undo it."""

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.postal_addresses import NO_STREET
from lms.models.organizations import Organization, Role
from lms.organizations.organization_matches import SAME_ADDRESS
from lms.organizations.organization_merges import NOT_MERGED
from tests.cast import Cast
from tests.factories import make_login, make_membership, make_organization
from tests.page_texts import shows
from tests.visitor import Visitor
from tests.web.managed_organization import Elm

LIST = "/staff/organizations"
ELM, TWP = f"{LIST}/elm-county", f"{LIST}/elm-twp"


@pytest.fixture
def twin(database: Database, cast: Cast) -> int:
    """Add the same library under another name; return the login id of its manager."""
    with database.transaction() as session:
        other = make_organization(session, "elm-twp", name="Elm Township Public Library")
        otto = make_login(session, "otto@elm.example.net", name="Otto")
        make_membership(session, other, otto, role=Role.MANAGER)
        return otto.id


def slugs(database: Database) -> set[str]:
    with database.read_session() as session:
        return set(session.scalars(select(Organization.slug)))


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_merge_pages_are_not_found_for_people_outside_staff(
    client: Visitor, cast: Cast, person: str
) -> None:
    client.sign_in(getattr(cast, person).id)
    assert client.get(f"{ELM}/merge").status_code == 404
    assert client.post(f"{ELM}/merge", data={"other": "elm-twp"}).status_code == 404
    assert client.post(f"{ELM}/merged/elm-twp/undo").status_code == 404


def test_duplicate_is_found_previewed_merged_and_unmerged(
    staff: Visitor, database: Database, twin: int
) -> None:
    assert "elm-twp" in staff.get(f"{ELM}/merge?q=township").text
    preview = staff.get(f"{ELM}/merge?other=elm-twp").text
    assert preview.count('name="keep"') == 2
    assert "Elm Township Public Library" in preview
    data = {"other": "elm-twp", "keep": "elm-county"}
    answer = staff.post(f"{ELM}/merge", data=data)
    assert (answer.status_code, answer.location) == (303, ELM)
    page = staff.get(ELM).text
    assert f'action="{ELM}/merged/elm-twp/undo"' in page
    assert "Otto" in page
    assert "Elm Township Public Library" in staff.get(f"{LIST}?q=township").text
    assert staff.post(f"{ELM}/merged/elm-twp/undo").status_code == 303
    assert "Otto" not in staff.get(ELM).text
    assert "Otto" in staff.get(TWP).text


def test_staff_can_keep_the_other_record(staff: Visitor, twin: int) -> None:
    data = {"other": "elm-twp", "keep": "elm-twp"}
    assert staff.post(f"{ELM}/merge", data=data).location == TWP
    for path in ("", "/edit", "/billing", "/notes", "/merge"):
        answer = staff.get(f"{ELM}{path}?page=1")
        assert (answer.status_code, answer.location) == (303, f"{TWP}{path}?page=1")


def test_pages_of_a_merged_organization_redirect_managers_to_the_kept_one(
    client: Visitor, cast: Cast, elm: Elm, twin: int, database: Database
) -> None:
    client.sign_in(cast.ada.id)
    client.post(f"{ELM}/merge", data={"other": "elm-twp", "keep": "elm-twp"})
    with database.read_session() as session:
        kept = session.scalars(
            select(Organization.public_id).where(Organization.slug == "elm-twp")
        ).one()
    for login_id in (cast.mia.id, twin):
        client.sign_in(login_id)
        answer = client.get(f"/organization/{elm.id}/people?q=zoe")
        assert (answer.status_code, answer.location) == (303, f"/organization/{kept}/people?q=zoe")
        people = client.get(f"/organization/{kept}/people").text
        assert "zoe@example.org" in people


@pytest.mark.parametrize("other", ["elm-county", "branch"])
def test_unmergeable_organizations_are_refused_with_a_reason(
    staff: Visitor, database: Database, cast: Cast, other: str
) -> None:
    with database.transaction() as session:
        make_organization(session, "branch").parent_id = cast.organization_id
    assert staff.get(f"{ELM}/merge?other={other}").status_code == 409
    answer = staff.post(f"{ELM}/merge", data={"other": other})
    assert answer.status_code == 409
    assert "merged" in answer.text


def test_unknown_record_is_not_found_and_undo_without_a_merge_is_refused(
    staff: Visitor, twin: int
) -> None:
    assert staff.get(f"{ELM}/merge?other=nowhere").status_code == 404
    assert staff.post(f"{ELM}/merged/elm-twp/undo").status_code == 303
    assert shows(staff.get(ELM).text, NOT_MERGED)


def test_possible_duplicates_are_shown_before_an_organization_is_created(
    staff: Visitor, database: Database, twin: int
) -> None:
    data = {"name": "The Elm Co. Library"}
    answer = staff.post(f"{LIST}/new", data=data)
    assert answer.status_code == 409
    assert "notice-attention" in answer.text
    assert f'href="{ELM}"' in answer.text
    assert 'value="The Elm Co. Library"' in answer.text
    assert slugs(database) == {"elm-county", "elm-twp"}
    # a changed name is checked again
    changed = {"name": "Elm Twp. Pub. Lib.", "anyway": "The Elm Co. Library"}
    assert staff.post(f"{LIST}/new", data=changed).status_code == 409
    done = staff.post(f"{LIST}/new", data={**data, "anyway": "The Elm Co. Library"})
    assert done.status_code == 303
    assert slugs(database) == {"elm-county", "elm-twp", "the-elm-co-library"}


def test_duplicate_of_a_new_organization_is_found_by_email_domain(
    staff: Visitor, twin: int
) -> None:
    data = {"name": "Anything", "email": "new@elm.example.net"}
    answer = staff.post(f"{LIST}/new", data=data)
    assert answer.status_code == 409
    assert "email addresses at elm.example.net" in answer.text


HALL = {
    "legal_street": "14 Main Street",
    "legal_city": "Elmfield",
    "legal_state": "IL",
    "legal_postal_code": "62701",
}


def test_duplicate_is_found_by_postal_address_and_the_address_is_saved(
    staff: Visitor, database: Database
) -> None:
    first = {"name": "Elmfield Reading Society", **HALL}
    assert staff.post(f"{LIST}/new", data=first).status_code == 303
    data = {**HALL, "name": "Anything", "legal_street": "14 Main St."}
    answer = staff.post(f"{LIST}/new", data=data)
    assert answer.status_code == 409
    assert "Elmfield Reading Society" in answer.text
    assert shows(answer.text, SAME_ADDRESS % {"address": "14 Main St., Elmfield, IL 62701"})
    assert 'value="14 Main St."' in answer.text
    said = "Anything, 14 Main St., Elmfield, IL 62701"
    assert f'value="{said}"' in answer.text
    elsewhere = {**data, "anyway": "Anything, 9 Oak Avenue, Elmfield, IL 62701"}
    assert staff.post(f"{LIST}/new", data=elsewhere).status_code == 409
    assert staff.post(f"{LIST}/new", data={**data, "anyway": said}).status_code == 303
    with database.read_session() as session:
        rows = session.scalars(
            select(Organization).where(Organization.slug.not_in(("elm-county",)))
        ).all()
        kept = {row.slug: row.legal_address for row in rows}
    assert {slug: one.street for slug, one in kept.items() if one} == {
        "elmfield-reading-society": "14 Main Street",
        "anything": "14 Main St.",
    }


def test_new_organization_address_must_be_complete_or_blank(
    staff: Visitor, database: Database
) -> None:
    answer = staff.post(f"{LIST}/new", data={"name": "Oak Library", "legal_city": "Oakville"})
    assert answer.status_code == 400
    assert shows(answer.text, NO_STREET)
    assert 'value="Oakville"' in answer.text
    assert "oak-library" not in slugs(database)
    assert staff.post(f"{LIST}/new", data={"name": "Oak Library"}).status_code == 303
