"""Branding: the seller's name, logo, colors, and contact details for pages and email."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.accent_colors import OWN
from lms.core.errors import N_, Invalid, NotFound, or_not_found
from lms.core.model_base import copied
from lms.models.branding import Branding

DEFAULT_NAME = "Carrel"
DEFAULT_ACCENT = OWN
COLOR = re.compile(r"#[0-9a-f]{6}")
SUBJECT = "branding"  # the subject of its audit entries
ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")
LONGEST_NAME = 120
LONGEST_ABOUT = 4000


@dataclass(frozen=True, slots=True)
class BrandingFacts:
    """The branding that a page or an email shows."""

    name: str
    accent: str
    contact_email: str
    sender_name: str
    about: str
    has_logo: bool
    version: int  # changes with every edit, for cached addresses

    @property
    def logo_url(self) -> str | None:
        """Return the path of the logo, which changes with every edit; None without a logo."""
        return f"/logo?v={self.version}" if self.has_logo else None


@dataclass(frozen=True, slots=True)
class BrandingTexts:
    """The texts that our team enters about the seller; `about` is Markdown."""

    name: str
    accent: str
    contact_email: str
    sender_name: str
    about: str


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture and its media type."""

    picture: bytes
    content_type: str


def read_branding(session: Session, *, contact: str) -> BrandingFacts:
    """Return the branding; before it is entered, defaults with `contact`."""
    row = session.execute(
        select(
            Branding.name,
            Branding.accent,
            Branding.contact_email,
            Branding.sender_name,
            Branding.about,
            Branding.logo_type,
            Branding.updated_at,
        )
    ).one_or_none()
    if row is None:
        return BrandingFacts(
            name=DEFAULT_NAME,
            accent=DEFAULT_ACCENT,
            contact_email=contact,
            sender_name=DEFAULT_NAME,
            about="",
            has_logo=False,
            version=0,
        )
    return copied(
        BrandingFacts,
        row,
        has_logo=row.logo_type is not None,
        version=int(row.updated_at.timestamp() * 1000),
    )


def read_logo(session: Session) -> Logo:
    """Return the logo; raises NotFound if there is none."""
    row = session.execute(select(Branding.logo, Branding.logo_type)).one_or_none()
    if row is None or row.logo is None or row.logo_type is None:
        raise NotFound
    return Logo(row.logo, row.logo_type)


def find_logo(session: Session) -> Logo | None:
    """Return the logo, or None."""
    try:
        return read_logo(session)
    except NotFound:
        return None


def edit_branding(
    session: Session, words: BrandingTexts, *, actor: str | None, now: datetime
) -> None:
    """Save the texts about the seller; raises Invalid with every invalid field."""
    clean = BrandingTexts(
        name=words.name.strip(),
        accent=words.accent.strip().lower(),
        contact_email=words.contact_email.strip(),
        sender_name=words.sender_name.strip() or words.name.strip(),
        about=words.about.strip(),
    )
    faults = _faults(clean)
    if faults:
        raise Invalid(N_("Check the fields below."), fields=faults)
    branding = session.get(Branding, 1)
    if branding is None:
        session.add(_new_branding(clean, now))
    else:
        branding.name = clean.name
        branding.accent = clean.accent
        branding.contact_email = clean.contact_email
        branding.sender_name = clean.sender_name
        branding.about = clean.about
        branding.updated_at = now
    audit.record(session, "branding.changed", SUBJECT, actor=actor, now=now)
    session.flush()


def change_logo(session: Session, logo: Logo | None, *, actor: str | None, now: datetime) -> None:
    """Save a new logo, or none; raises NotFound before the branding was entered."""
    branding = or_not_found(session.get(Branding, 1))
    branding.logo = logo.picture if logo else None
    branding.logo_type = logo.content_type if logo else None
    branding.updated_at = now
    audit.record(session, "branding.logo_changed", SUBJECT, actor=actor, now=now)
    session.flush()


def _new_branding(words: BrandingTexts, now: datetime) -> Branding:
    return Branding(
        name=words.name,
        accent=words.accent,
        contact_email=words.contact_email,
        sender_name=words.sender_name,
        about=words.about,
        updated_at=now,
    )


def _faults(words: BrandingTexts) -> dict[str, str]:
    faults = {}
    if not 1 <= len(words.name) <= LONGEST_NAME:
        faults["name"] = N_("Enter a name of 120 characters or fewer.")
    if not COLOR.fullmatch(words.accent):
        faults["accent"] = N_("Enter a color like #1f6b4f.")
    if not ADDRESS.fullmatch(words.contact_email):
        faults["contact_email"] = N_("Enter a full email address, like name@example.org.")
    if len(words.sender_name) > LONGEST_NAME:
        faults["sender_name"] = N_("Keep the sender's name under 120 characters.")
    if len(words.about) > LONGEST_ABOUT:
        faults["about"] = N_("Keep this under 4,000 characters.")
    return faults
