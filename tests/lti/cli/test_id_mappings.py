"""carrel lti map: the commands that match the staff pages."""

from pathlib import Path

import pytest

from lms.core.database import Database
from lms.core.runtime import Carrel
from tests.cast import Cast
from tests.cli.command_runner import Shell
from tests.clock import Clock
from tests.lti.id_mappings.changing_institution import Change, make_change, populate, run


@pytest.fixture
def change(database: Database, cast: Cast, clock: Clock) -> Change:
    """Return Elm County's LMS migration, with Rosalind and Otto."""
    return populate(make_change(database, cast))


def test_mapping_is_begun_shown_applied_and_undone(
    carrel_command: Shell, carrel: Carrel, change: Change, tmp_path: Path
) -> None:
    def say(*words: str):
        ran = carrel_command("lti", "map", *words, "--json")
        assert ran.code == 0, ran.err
        return ran.answer

    path = tmp_path / "list.csv"
    path.write_text("old,new\no-rosa,n-rosa\nnobody,n-x\n")
    ends = (change.old.public_id, change.new.public_id)
    begun = say("begin", "elm-county", *ends, "--list", str(path))
    assert (begun["state"], begun["chosen"], begun["counts"]["barred"]) == ("draft", 2, 1)
    items = say("show", begun["id"])["items"]
    assert {(each["old"], each["new"], each["evidence"]) for each in items} == {
        ("o-rosa", "n-rosa", "listed"),
        ("o-otto", "n-otto", "address"),
        ("nobody", "n-x", "listed"),
    }
    assert say("apply", begun["id"])["state"] == "applying"
    run(carrel, begun["id"])
    applied = say("show", begun["id"], "--kind", "applied")["items"]
    rosa = next(each["id"] for each in applied if each["old"] == "o-rosa")
    assert say("undo", begun["id"], "--pair", rosa)["applied"] == 1
    assert say("undo", begun["id"])["state"] == "undoing"
    assert [each["id"] for each in say("list")["items"]] == [begun["id"]]


def test_refused_commands_print_an_error_code_and_exit_code(
    carrel_command: Shell, change: Change, tmp_path: Path
) -> None:
    ends = (change.old.public_id, change.new.public_id)
    missing = carrel_command("lti", "map", "show", "never", "--json")
    assert (missing.code, missing.complaint["code"]) == (3, "not_found")
    nobody = carrel_command("lti", "map", "begin", "oak-county", *ends, "--json")
    assert (nobody.code, nobody.complaint["code"]) == (3, "not_found")
    same = carrel_command("lti", "map", "begin", "elm-county", ends[0], ends[0], "--json")
    assert (same.code, same.complaint["code"]) == (1, "invalid")
    begun = carrel_command("lti", "map", "begin", "elm-county", *ends, "--json").answer["id"]
    nothing = carrel_command("lti", "map", "undo", begun, "--json")
    assert (nothing.code, nothing.complaint["code"]) == (1, "conflict")
    thrown = carrel_command("lti", "map", "discard", begun, "--json")
    assert (thrown.code, thrown.answer["id"]) == (0, begun)
