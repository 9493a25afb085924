"""The small recordings of the media tests, for the jobs that take them in."""

from tests.media.conftest import make, talk

__all__ = ["make", "talk"]
