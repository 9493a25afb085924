"""Fixtures for tests of the command line."""

from collections.abc import Mapping

import pytest

from lms.core.database import Database
from lms.seller.settings import edit_seller
from tests.cli.command_runner import Shell, enter
from tests.clock import NOW
from tests.media.conftest import make, talk
from tests.seller.seller_settings import COMPLETE
from wsgi import COMPONENTS

__all__ = ["carrel_command", "make", "talk"]


@pytest.fixture
def carrel_command(
    environ: Mapping[str, str],
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shell:
    """Run a command of the product over this test's library: `carrel_command("job", "list")`."""
    enter(monkeypatch, environ)
    return Shell(COMPONENTS, capsys)


@pytest.fixture
def seller(database: Database) -> None:
    """Give the seller all settings that an invoice needs."""
    with database.transaction() as session:
        edit_seller(session, COMPLETE, actor=None, now=NOW)
