"""The house itself: its name, look and contact, as pages and mail show them."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.models.upkeep import House

DEFAULT_NAME = "Carrel"
DEFAULT_ACCENT = "#1f6b4f"


@dataclass(frozen=True, slots=True)
class HouseFacts:
    """What a page or a mail shows of the house."""

    name: str
    accent: str
    contact_email: str
    sender_name: str
    about: str
    has_logo: bool
    version: int  # changes with every edit, for addresses that are cached


def read_house(session: Session, *, contact: str) -> HouseFacts:
    """Return the house's facts; before staff have filled them in, defaults with `contact`."""
    row = session.execute(
        select(
            House.name,
            House.accent,
            House.contact_email,
            House.sender_name,
            House.about,
            House.logo_type,
            House.updated_at,
        )
    ).one_or_none()
    if row is None:
        return HouseFacts(DEFAULT_NAME, DEFAULT_ACCENT, contact, DEFAULT_NAME, "", False, 0)  # noqa: FBT003
    return HouseFacts(
        name=row.name,
        accent=row.accent,
        contact_email=row.contact_email,
        sender_name=row.sender_name,
        about=row.about,
        has_logo=row.logo_type is not None,
        version=int(row.updated_at.timestamp()),
    )
