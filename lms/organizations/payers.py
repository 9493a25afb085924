"""Payers: a person or an organization that pays, by its row."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays: an organization or a person, by the row's id. One of the two is set."""

    organization_id: int | None = None
    login_id: int | None = None
