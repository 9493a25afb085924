"""The same library that takes cards as in tests/checkouts."""

from tests.checkouts.conftest import environ, shop

__all__ = ["environ", "shop"]
