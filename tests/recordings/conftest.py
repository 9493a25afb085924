"""The small recordings of the media tests, for the jobs that process them."""

from tests.media.conftest import make, talk

__all__ = ["make", "talk"]
