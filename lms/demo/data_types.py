"""Data types of the demo: its texts, files, people, and prices, before they become rows."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from lms.core.postal_addresses import Address
from lms.models.accounts import SellerRole
from lms.models.grants import OfferKind
from lms.models.orders import LineAct, Terms
from lms.models.organizations import Role
from lms.models.payments import PaymentMethod

FILES = Path(__file__).parent / "files"
ZONE = "America/New_York"
TWO_PM = time(14, 0)
NINE_AM = time(9, 0)
THURSDAY = 3
JULY = 7


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
    """A customer; `parent` is the slug of the consortium it belongs to.

    `fiscal_year_start` is a month.
    """

    slug: str
    name: str
    address: Address
    ap_email: str
    fiscal_year_start: int
    parent: str | None = None
    vendor_number: str = ""
    net_days: int | None = None
    needs_po: bool = False


@dataclass(frozen=True, slots=True)
class PersonText:
    """Somebody at a customer's, without a password: they come in by a mailed code."""

    email: str
    name: str


@dataclass(frozen=True, slots=True)
class PoolText:
    """Who has the seats that an organization bought so many days ago.

    `covers` is `everything` or a kind and a slug, as in `series:plain-machines`.
    """

    organization: str
    covers: str
    bought_days_ago: int
    seated: tuple[PersonText, ...] = ()
    invited: tuple[PersonText, ...] = ()
    waiting: tuple[PersonText, ...] = ()
    allotted: tuple[tuple[str, int], ...] = ()  # slugs of members of a consortium, and how many
    domain: str | None = None  # whose people may take a seat by themselves


@dataclass(frozen=True, slots=True)
class Ago:
    """So many days before the demo is first started."""

    days: int


@dataclass(frozen=True, slots=True)
class FromJuly:
    """So many days after the last July 1, before it where negative."""

    days: int


When = Ago | FromJuly


@dataclass(frozen=True, slots=True)
class LineText:
    """A line of an order at a price in US cents for all of it; `quantity` None is unlimited."""

    kind: OfferKind
    covers: str
    cents: int
    quantity: int | None = 1
    act: LineAct = LineAct.NEW


@dataclass(frozen=True, slots=True)
class OrderText:
    """An order that is placed, or quoted at first. Other acts name it by its key.

    One of a fiscal year is for the year from July 1, and billed on that day.
    """

    key: str
    when: When
    contact: PersonText
    lines: tuple[LineText, ...]
    terms: Terms
    organization: str = ""
    po_number: str = ""
    is_quoted: bool = False
    is_of_fiscal_year: bool = False


@dataclass(frozen=True, slots=True)
class RevisionText:
    """A new version of a quote, with another quantity and price of its line."""

    key: str
    when: When
    quantity: int
    cents: int


@dataclass(frozen=True, slots=True)
class AcceptanceText:
    """A quote that is accepted by a purchase order."""

    key: str
    when: When
    name: str
    po_number: str


@dataclass(frozen=True, slots=True)
class BillingText:
    """An order whose billing day has come."""

    key: str
    when: When


@dataclass(frozen=True, slots=True)
class PaymentText:
    """Money that pays an order's invoice; the number is a check's, the slip its deposit's."""

    key: str
    when: When
    cents: int
    method: PaymentMethod = PaymentMethod.CHECK
    number: str = ""
    slip: str = ""


@dataclass(frozen=True, slots=True)
class BounceText:
    """A check, by its number, that the bank returned."""

    number: str
    when: When


@dataclass(frozen=True, slots=True)
class ReturnText:
    """Seats of an order that are returned; their money is owed until a check is written."""

    key: str
    when: When
    seats: int
    explanation: str


ActText = (
    OrderText | RevisionText | AcceptanceText | BillingText | PaymentText | BounceText | ReturnText
)


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


def last_july(*, now: datetime) -> date:
    """The last July 1 before the demo is first started, on which many fiscal years begin."""
    today = now.astimezone(ZoneInfo(ZONE)).date()
    return date(today.year if today.month >= JULY else today.year - 1, JULY, 1)


def moment_of(when: When, *, now: datetime) -> datetime:
    """When something of the demo happened: at the time of day of `now`, or in July at 9:00 am."""
    if isinstance(when, Ago):
        return now - timedelta(days=when.days)
    day = last_july(now=now) + timedelta(days=when.days)
    return datetime.combine(day, NINE_AM, ZoneInfo(ZONE))


def recording_files(name: str, suffix: str) -> RecordingFiles:
    """The files of a recording made from the deck `name`."""
    return RecordingFiles(
        video=FILES / f"{name}{suffix}",
        captions=FILES / f"{name}.vtt",
        slides=FILES / f"{name}.pdf",
    )
