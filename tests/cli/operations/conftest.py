"""Fixtures for tests of operators' commands: an SQLite library, and PostgreSQL to move it to."""

from tests.operations.conftest import filled, postgres_server, postgresql_url, source

__all__ = ["filled", "postgres_server", "postgresql_url", "source"]
