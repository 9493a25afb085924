"""Two records of one institution."""

from tests.organizations.twins import twins

__all__ = ["twins"]
