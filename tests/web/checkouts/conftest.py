"""Fixtures of tests/checkouts for a shop that accepts cards."""

from tests.checkouts.conftest import environ, shop

__all__ = ["environ", "shop"]
