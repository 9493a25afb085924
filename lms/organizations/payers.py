"""Payers: a person or an organization that pays, by its row."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Payer:
    """The payer of an order: an organization or a person, by row id. Exactly one is set."""

    organization_id: int | None = None
    login_id: int | None = None
