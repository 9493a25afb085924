"""The upcoming webinar of the live tests."""

from tests.live.conftest import to_come

__all__ = ["to_come"]
