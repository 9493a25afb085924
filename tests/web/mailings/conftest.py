"""A webinar three days from now with every audience role, a presenter, and a series."""

from tests.live.conftest import to_come
from tests.mailings.conftest import furnished, topical

__all__ = ["furnished", "to_come", "topical"]
