"""carrel secret-key reseal, where no old key is set."""

from tests.cli.command_runner import Shell


def test_missing_old_key_is_reported_with_the_setting(carrel_command: Shell) -> None:
    refused = carrel_command("secret-key", "reseal", "--json")
    assert refused.code == 1
    assert "CARREL_SECRET_KEY_OLD" in refused.complaint["message"]
