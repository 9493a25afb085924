"""Possible duplicates of a new organization, by name, email, domain, and address."""

import pytest

from lms.core.database import Database
from lms.core.postal_addresses import Address
from lms.models.organizations import AccountsPayableAddress, Organization, Role
from lms.organizations import organization_matches
from lms.organizations.organization_matches import (
    NewOrganizationFacts,
    find_matches,
    name_key,
    similar_key,
)
from tests.cast import Cast
from tests.factories import (
    make_login,
    make_membership,
    make_organization,
    make_verified_domain,
)
from tests.organizations.twins import Twins, merge

HALL = Address("1 Main Street", "", "Elm Falls", "NY", "12345")


def found(
    database: Database, name: str, email: str = "", address: Address | None = None
) -> list[tuple[str, tuple[str, ...]]]:
    with database.read_session() as session:
        new = NewOrganizationFacts(name, email, address)
        return [(one.slug, one.reasons) for one in find_matches(session, new)]


@pytest.mark.parametrize(
    "name",
    [
        "Elm County Library",
        "  elm county LIBRARY ",
        "The Elm Co. Lib.",
        "Elm Cnty. Libr.",
        "Élm County Library, Inc.",
        "Elm-County Library",
    ],
)
def test_same_name_is_found_in_any_spelling(database: Database, cast: Cast, name: str) -> None:
    assert found(database, name) == [("elm-county", (organization_matches.SAME_NAME,))]


def test_public_library_and_its_abbreviation_match() -> None:
    assert name_key("St. Mary's Pub. Lib. & Archive") == name_key(
        "Saint Marys Public Library and Archive"
    )
    assert name_key("Elm County") != name_key("Elm City")
    assert similar_key("Elm County Public Library System") == "elm county"
    assert similar_key("The Public Library") == "public library"


def test_similar_name_is_found_and_a_name_of_another_place_is_not(
    database: Database, cast: Cast
) -> None:
    assert found(database, "Elm County Public Library") == [
        ("elm-county", (organization_matches.SIMILAR_NAME,))
    ]
    assert found(database, "Elm City Library") == []
    assert found(database, "Oak County Library") == []


def test_legal_name_and_merged_name_find_the_kept_organization(
    database: Database, twins: Twins
) -> None:
    with database.transaction() as session:
        session.get_one(Organization, twins.elm).legal_name = "County of Elm"
    merge(database)
    assert found(database, "County of Elm") == [
        ("elm-county", ("Its legal name is County of Elm.",))
    ]
    assert found(database, "Elm Twp Pub Lib") == [
        (
            "elm-county",
            ("Same name as Elm Township Public Library, which was merged into it.",),
        )
    ]


def test_organization_is_found_by_the_email_of_a_member(database: Database, cast: Cast) -> None:
    assert found(database, "Anything", "Mia@example.org")[0] == (
        "elm-county",
        (
            "Mia@example.org belongs to it.",
            "Its people have email addresses at example.org.",
        ),
    )
    assert found(database, "Anything", "not an address") == []


def test_verified_domain_is_found_by_its_subdomains(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        make_verified_domain(session, elm, "elm.example.net")
    reason = ("elm.example.net is its verified domain.",)
    for email in ("new@elm.example.net", "new@staff.elm.example.net"):
        assert found(database, "Anything", email) == [("elm-county", reason)]
    assert found(database, "Anything", "new@example.net") == []


def test_accounts_payable_domain_matches_but_public_providers_do_not(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        for email in ("ap@elm.example.com", "elm@gmail.com"):
            session.add(
                AccountsPayableAddress(organization_id=elm.id, email=email, email_key=email)
            )
        pat = make_login(session, "pat@gmail.com")
        make_membership(session, elm, pat, role=Role.MANAGER)
    reason = ("Its people have email addresses at elm.example.com.",)
    assert found(database, "Anything", "clerk@elm.example.com") == [("elm-county", reason)]
    assert found(database, "Anything", "else@gmail.com") == []


def test_legal_and_billing_addresses_are_matched(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        session.get_one(Organization, cast.organization_id).legal_address = HALL
        oak = make_organization(session, "oak", name="Oak Library")
        oak.billing_address = HALL
    typed = Address("1 MAIN ST.", "Floor 2", "Elm Falls", "New York", "123456789")
    assert [slug for slug, _why in found(database, "Anything", address=typed)] == [
        "elm-county",
        "oak",
    ]
    other = Address("2 Main Street", "", "Elm Falls", "NY", "12345")
    assert found(database, "Anything", address=other) == []


def test_most_likely_match_comes_first_with_all_its_reasons(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        elm.billing_address = HALL
        for number in range(6):
            make_organization(session, f"elm-{number}", name="Elm County Library System")
    answer = found(database, "Elm County Library", "new@example.org", HALL)
    assert answer[0] == (
        "elm-county",
        (
            organization_matches.SAME_NAME,
            "Same address: 1 Main Street, Elm Falls, NY 12345.",
            "Its people have email addresses at example.org.",
        ),
    )
    assert len(answer) == organization_matches.MOST
