"""Conventions of all commands: JSON or lines, errors on stderr, meaningful exit codes."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from lms.cli.command_context import Console
from lms.cli.output import answer, json_option
from lms.cli.root_command import build
from lms.core.errors import Conflict, Invalid, NotFound, Unavailable
from lms.core.version import VERSION
from tests.cli.command_runner import Shell
from tests.components import made_up_component
from wsgi import COMPONENTS

REFUSALS = {
    "conflict": (Conflict("This name is taken."), 1),
    "invalid": (Invalid("That will not do.", fields={"title": "Give it a title."}), 1),
    "not_found": (NotFound("No such webinar."), 3),
    "unavailable": (Unavailable("The storage did not answer."), 4),
}


@click.command("refuse")
@click.argument("how")
@json_option
def refuse(*, how: str) -> None:
    """Refuse in the requested way."""
    if how == "abort":
        raise click.Abort
    if how == "not_at_all":
        answer({"done": True}, "Done.")
        return
    raise REFUSALS[how][0]


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell((made_up_component("refusing", command=refuse),), capsys)


def every_command(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        path = f"{above} {name}".strip()
        if isinstance(command, click.Group):
            yield from every_command(command, path)
        else:
            yield path, command


def test_every_command_has_a_json_option() -> None:
    assert [
        path
        for path, command in every_command(build(COMPONENTS))
        if not any("--json" in option.opts for option in command.params)
    ] == []


def test_every_command_has_help() -> None:
    silent = [path for path, command in every_command(build(COMPONENTS)) if not command.help]
    assert silent == []


def test_successful_command_exits_with_0(shell: Shell) -> None:
    ran = shell("refuse", "not_at_all", "--json")
    assert (ran.code, ran.answer, ran.err) == (0, {"done": True}, "")


def test_answer_without_json_is_text(shell: Shell) -> None:
    assert shell("refuse", "not_at_all").out == "Done.\n"


@pytest.mark.parametrize("how", REFUSALS)
def test_refusal_has_its_own_exit_code_and_is_json_on_stderr(shell: Shell, how: str) -> None:
    ran = shell("refuse", how, "--json")
    assert (ran.code, ran.out) == (REFUSALS[how][1], "")
    assert ran.complaint["code"] == how
    assert set(ran.complaint) == {"code", "message"}


def test_refusal_without_json_is_one_sentence(shell: Shell) -> None:
    assert shell("refuse", "conflict").err == "This name is taken.\n"


def test_refusal_lists_errors_by_field(shell: Shell) -> None:
    assert shell("refuse", "invalid").err == "That will not do.\n  title: Give it a title.\n"


def test_usage_error_exits_with_2_and_shows_the_usage(shell: Shell) -> None:
    ran = shell("refuse")
    assert ran.code == 2
    assert ran.err.startswith("Usage: carrel refuse")


def test_usage_error_is_json_with_the_json_option(shell: Shell) -> None:
    ran = shell("refuse", "--json", "conflict", "--nonsense")
    assert (ran.code, ran.complaint["code"]) == (2, "usage")


def test_unknown_command_is_a_usage_error(shell: Shell) -> None:
    assert shell("nonsense").code == 2


def test_aborting_is_a_refusal(shell: Shell) -> None:
    ran = shell("refuse", "abort", "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "aborted")


def test_help_lists_the_commands_without_reading_settings(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARREL_DATABASE_URL", "nonsense")
    ran = shell("--help")
    assert ran.code == 0
    assert "refuse" in ran.out


def test_version_is_one_line_without_reading_settings(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARREL_DATABASE_URL", "nonsense")
    ran = shell("--version")
    assert (ran.code, ran.out, ran.err) == (0, f"carrel {VERSION}\n", "")


def test_all_settings_errors_are_reported_at_once(
    carrel_command: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARREL_TIME_ZONE", "Mars/Olympus")
    monkeypatch.setenv("CARREL_STORAGE", "nowhere")
    ran = carrel_command("job", "list", "--json")
    assert (ran.code, ran.complaint["code"]) == (1, "settings")
    assert "CARREL_TIME_ZONE" in ran.complaint["message"]
    assert "CARREL_STORAGE" in ran.complaint["message"]


def test_unavailable_database_exits_with_4(
    carrel_command: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "CARREL_DATABASE_URL", "postgresql://carrel@127.0.0.1:1/carrel?connect_timeout=2"
    )
    ran = carrel_command("job", "list", "--json")
    assert (ran.code, ran.complaint["code"]) == (4, "unavailable")


def test_missing_tables_are_reported_with_the_command_to_run(
    carrel_command: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "empty.sqlite3").touch()
    monkeypatch.setenv("CARREL_DATABASE_URL", f"sqlite:///{tmp_path}/empty.sqlite3")
    ran = carrel_command("job", "list", "--json")
    assert (ran.code, ran.complaint["code"]) == (4, "database_not_prepared")
    assert "carrel db upgrade" in ran.complaint["message"]


def test_database_password_is_never_printed(
    carrel_command: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "CARREL_DATABASE_URL", "postgresql://carrel:hush@127.0.0.1:1/carrel?connect_timeout=2"
    )
    ran = carrel_command("settings", "check", "--json")
    assert ran.code == 4
    assert "hush" not in ran.out + ran.err


def test_closing_an_unused_console_opens_nothing() -> None:
    console = Console(())
    console.close()
    assert "carrel" not in vars(console)


def test_json_is_one_object_on_one_line(shell: Shell) -> None:
    out = shell("refuse", "not_at_all", "--json").out
    assert json.loads(out)
    assert out.count("\n") == 1
