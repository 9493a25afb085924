"""carrel payments: syncing with the card provider, listing payouts, and removing test orders."""

from tests.cli.command_runner import Shell


def test_sweep_without_a_card_provider_is_refused(carrel_command: Shell) -> None:
    done = carrel_command("payments", "sweep", "--json")
    assert (done.code, done.complaint["code"]) == (1, "no_cards")
    assert "CARREL_STRIPE_SECRET_KEY" in done.complaint["message"]


def test_selftest_without_a_card_provider_is_refused(carrel_command: Shell) -> None:
    done = carrel_command("payments", "selftest", "--json")
    assert (done.code, done.complaint["code"]) == (1, "no_cards")
    assert "docs/card-payments.md" in done.complaint["message"]


def test_empty_library_has_no_payouts_and_no_test_orders(carrel_command: Shell) -> None:
    assert carrel_command("payments", "payouts", "--json").answer == {"items": []}
    done = carrel_command("payments", "purge-test", "--yes", "--json")
    assert done.answer == {"orders": 0, "documents": 0, "payments": 0}
