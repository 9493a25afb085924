"""Staff of a seller with prices, with a stopped clock."""

from tests.web.sales.conftest import _now, staff

__all__ = ["_now", "staff"]
