"""The command line fixture for the LTI commands."""

from tests.cli.conftest import carrel_command

__all__ = ["carrel_command"]
