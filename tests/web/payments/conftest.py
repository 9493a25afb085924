"""Staff of a seller with prices, at a clock that stands still."""

from tests.web.sales.conftest import _now, staff

__all__ = ["_now", "staff"]
