"""carrel organization merge, and carrel organization add for a possible duplicate."""

import pytest

from lms.core.database import Database
from lms.models.organizations import Organization
from tests.cast import Cast
from tests.cli.command_runner import Shell
from tests.factories import make_organization


@pytest.fixture
def twin(database: Database, cast: Cast) -> int:
    with database.transaction() as session:
        return make_organization(session, "elm-twp", name="Elm Township Library").id


def merged_into(database: Database, organization_id: int) -> int | None:
    with database.read_session() as session:
        return session.get_one(Organization, organization_id).merged_into


def test_merge_is_previewed_then_done_then_undone(
    carrel_command: Shell, database: Database, cast: Cast, twin: int
) -> None:
    both = ("organization", "merge", "elm-county", "elm-twp")
    shown = carrel_command(*both, "--json").answer
    assert (shown["written"], shown["is_merged"]) == (False, False)
    assert shown["preview"]["kept"]["people"] == 1
    assert merged_into(database, twin) is None
    assert carrel_command(*both, "--yes", "--json").answer["is_merged"]
    assert merged_into(database, twin) == cast.organization_id
    assert not carrel_command(*both, "--undo", "--json").answer["written"]
    assert merged_into(database, twin) == cast.organization_id
    assert carrel_command(*both, "--undo", "--yes", "--json").answer["is_merged"] is False
    assert merged_into(database, twin) is None


def test_impossible_merges_and_undos_are_refused(
    carrel_command: Shell, cast: Cast, twin: int
) -> None:
    for arguments, code in (
        (("elm-county", "nowhere"), 3),
        (("elm-county", "elm-county"), 1),
        (("elm-county", "elm-twp", "--undo"), 1),
        (("elm-county", "elm-county", "--undo"), 1),
    ):
        assert carrel_command("organization", "merge", *arguments, "--json").code == code


def test_possible_duplicate_is_added_only_with_anyway(
    carrel_command: Shell, database: Database, cast: Cast
) -> None:
    new = ("organization", "add", "elm", "--name", "The Elm Co. Lib.")
    refused = carrel_command(*new, "--json")
    assert refused.code == 1
    assert "may_be_known" in refused.err
    assert "elm-county" in refused.err
    assert carrel_command(*new, "--anyway", "--json").code == 0
