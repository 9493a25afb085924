"""Data types of the demo: its texts, files, people, and prices, before they become rows."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from lms.models.accounts import SellerRole
from lms.models.organizations import Role

FILES = Path(__file__).parent / "files"
ZONE = "America/New_York"
TWO_PM = time(14, 0)
THURSDAY = 3


@dataclass(frozen=True, slots=True)
class OnDay:
    """Held on a day that is the same whenever the demo is started."""

    day: date


@dataclass(frozen=True, slots=True)
class Within:
    """Held on the first Thursday at least so many days after the demo is first started."""

    days: int


@dataclass(frozen=True, slots=True)
class RecordingFiles:
    """A recording with its captions and slides, as files beside this module."""

    video: Path
    captions: Path
    slides: Path


@dataclass(frozen=True, slots=True)
class PresenterText:
    """Who presents: biography in Markdown, picture as a PNG file."""

    slug: str
    name: str
    biography: str
    picture: Path


@dataclass(frozen=True, slots=True)
class SeriesText:
    """A series and what joins its webinars."""

    slug: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class WebinarText:
    """One webinar as its page tells it; `series` and `presenters` are slugs, overview Markdown."""

    slug: str
    title: str
    summary: str
    overview: str
    agenda: tuple[str, ...]
    held: OnDay | Within
    presenters: tuple[str, ...]
    series: tuple[str, ...] = ()
    minutes: int = 60
    free: bool = False
    draft: bool = False
    withdrawn: bool = False
    recording: RecordingFiles | None = None


@dataclass(frozen=True, slots=True)
class OrganizationText:
    """A customer; `parent` is the slug of the consortium it belongs to."""

    slug: str
    name: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class PersonText:
    """Somebody at a customer's, without a password: they come in by a mailed code."""

    email: str
    name: str


@dataclass(frozen=True, slots=True)
class PoolText:
    """Seats that an organization was sold: None of them is unlimited.

    `covers` is `everything` or a kind and a slug, as in `series:plain-machines`.
    """

    organization: str
    contact: PersonText
    covers: str
    seats: int | None
    bought_days_ago: int
    price_cents: int
    is_contract: bool = False  # for a year; else for good
    seated: tuple[PersonText, ...] = ()
    invited: tuple[PersonText, ...] = ()
    waiting: tuple[PersonText, ...] = ()
    allotted: tuple[tuple[str, int], ...] = ()  # slugs of members of a consortium, and how many
    domain: str | None = None  # whose people may take a seat by themselves


@dataclass(frozen=True, slots=True)
class PassText:
    """An all-access pass to everything, bought so many days before the demo is first started."""

    bought_days_ago: int


@dataclass(frozen=True, slots=True)
class CastText:
    """One person of the cast, with the password that is printed."""

    email: str
    name: str
    password: str
    role: str
    about: str
    seller_role: SellerRole | None = None
    keeps: tuple[str, ...] = ()  # slugs of webinars held for good
    all_access: PassText | None = None
    organization: str | None = None  # its slug
    organization_role: Role = Role.MANAGER


@dataclass(frozen=True, slots=True)
class PriceText:
    """One price of the house, in US cents, for each unit from `minimum` units on."""

    kind: str
    minimum: int
    cents: int


@dataclass(frozen=True, slots=True)
class HouseText:
    """The seller itself."""

    name: str
    accent: str
    contact_email: str
    about: str
    mark: Path


def held_at(held: OnDay | Within, *, now: datetime) -> datetime:
    """When a webinar of the demo is held: 2:00 pm in New York, as an aware time."""
    zone = ZoneInfo(ZONE)
    if isinstance(held, OnDay):
        day = held.day
    else:
        earliest = now.astimezone(zone).date() + timedelta(days=held.days)
        day = earliest + timedelta(days=(THURSDAY - earliest.weekday()) % 7)
    return datetime.combine(day, TWO_PM, zone)


def recording_files(name: str, suffix: str) -> RecordingFiles:
    """The files of a recording made from the deck `name`."""
    return RecordingFiles(
        video=FILES / f"{name}{suffix}",
        captions=FILES / f"{name}.vtt",
        slides=FILES / f"{name}.pdf",
    )
