"""A library that keeps a real recording, and an organization that holds it."""

from tests.media.conftest import make, talk

__all__ = ["make", "talk"]
