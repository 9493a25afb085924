"""Fixtures for tests of the command line."""

from collections.abc import Mapping

import pytest

from lms.core.database import Database
from tests.cli.command_runner import Shell, enter
from tests.media.conftest import make, talk
from wsgi import COMPONENTS

__all__ = ["carrel_command", "make", "talk"]


@pytest.fixture
def carrel_command(
    environ: Mapping[str, str],
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shell:
    """Run a command of the product over this test's house: `carrel_command("job", "list")`."""
    enter(monkeypatch, environ)
    return Shell(COMPONENTS, capsys)
