"""carrel payments selftest: one purchase in a temporary library, at the simulated provider."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy import func, select

from lms.core.database import Database
from lms.models.audit import AuditEntry
from lms.models.orders import Order
from lms.models.payments import Payment, ProviderEvent
from tests.checkouts.conftest import environ
from tests.cli.command_runner import Shell
from tests.servers.process import free_port
from tests.servers.stripe import FakeStripe

__all__ = ["environ"]

PURCHASE = [
    "before it is bought, access is refused",
    "the order costs what the cart said",
    "a webhook tells of the payment",
    "the sweep leaves the order paid, once",
    "access is allowed",
    "the money goes back to the card",
    "asked again, it goes back once",
    "access is gone",
    "every balance adds up",
]


def test_selftest_makes_a_purchase_and_leaves_nothing_in_the_library(
    carrel_command: Shell,
    environ: Mapping[str, str],
    fake_stripe: FakeStripe,
    database: Database,
) -> None:
    done = carrel_command("payments", "selftest", "--json")
    assert done.code == 0, done.out
    lines = done.answer["items"]
    assert [one["name"] for one in lines if not one["ok"]] == []
    assert [one["name"] for one in lines][-len(PURCHASE) :] == PURCHASE
    assert lines[-1]["got"] == "0 differences"
    kinds = [one["object"] for one in fake_stripe.books.objects.values()]
    assert kinds.count("payment_intent") == 1
    assert kinds.count("refund") == 1
    with database.read_session() as session:
        for table in (Order, Payment, ProviderEvent, AuditEntry):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    scratch = Path(environ["CARREL_DATA_DIR"])
    assert list(scratch.rglob("trial-*")) == []


def test_text_shows_ok_for_passed_steps(carrel_command: Shell, fake_stripe: FakeStripe) -> None:
    done = carrel_command("payments", "selftest")
    assert "ok      access is gone: REFUNDED" in done.out
    assert "were not tested" not in done.out


def test_key_rejected_by_the_provider_is_reported_by_its_setting(
    carrel_command: Shell, fake_stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARREL_STRIPE_SECRET_KEY", "sk_test_mistyped")
    for command in ("sweep", "selftest"):
        refused = carrel_command("payments", command, "--json")
        assert (refused.code, refused.complaint["code"]) == (4, "unavailable")
        assert "CARREL_STRIPE_SECRET_KEY: Invalid API Key" in refused.complaint["message"]


def test_unreachable_provider_is_reported_with_its_address(
    carrel_command: Shell, fake_stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("CARREL_STRIPE_API_BASE", away)
    for command in ("sweep", "selftest"):
        refused = carrel_command("payments", command, "--json")
        assert (refused.code, refused.complaint["code"]) == (4, "unavailable")
        assert f"can open {away}" in refused.complaint["message"]
