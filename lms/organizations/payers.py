"""Payers: a person or an organization that pays, by its row, and which rows are theirs."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import family_of
from lms.models.documents import Document
from lms.models.orders import Order
from lms.models.tax import Exemption


@dataclass(frozen=True, slots=True)
class Payer:
    """The payer of an order: an organization or a person, by row id. Exactly one is set."""

    organization_id: int | None = None
    login_id: int | None = None

    def owns(self, table: type[Order | Document | Exemption]) -> ColumnElement[bool]:
        """Return the condition that a row is theirs, or of what was merged with them."""
        if self.organization_id is not None:
            return table.organization_id.in_(family_of(self.organization_id))
        return table.login_id.in_(logins_of(self.login_id or 0))
