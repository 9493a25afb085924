"""A library that stores a real recording, and an organization with access to it."""

from tests.media.conftest import make, talk

__all__ = ["make", "talk"]
