"""carrel tax-rule."""

from tests.cli.command_runner import Shell

TEXAS = ("tax-rule", "add", "TX", "8.25", "--name", "Lone Star tax", "--from", "2026-01-01")


def test_rule_is_added_listed_and_ended(carrel_command: Shell) -> None:
    added = carrel_command(*TEXAS, "--json").answer
    assert (added["state"], added["rate"], added["last_day"]) == ("TX", "8.25", None)
    assert carrel_command("tax-rule", "list", "--json").answer["items"] == [added]
    ended = carrel_command("tax-rule", "end", added["rule"], "2026-06-30", "--json")
    assert ended.answer == {**added, "last_day": "2026-06-30"}


def test_wrong_state_is_refused(carrel_command: Shell) -> None:
    ran = carrel_command(*TEXAS[:2], "ZZ", *TEXAS[3:], "--json")
    assert ran.code == 1
