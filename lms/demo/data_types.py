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
    """Held on a fixed day, whenever the demo is started."""

    day: date


@dataclass(frozen=True, slots=True)
class Within:
    """Held on the first Thursday at least this many days after the demo is first started."""

    days: int


@dataclass(frozen=True, slots=True)
class RecordingFiles:
    """A recording with its captions and slides, as files beside this module."""

    video: Path
    captions: Path
    slides: Path


@dataclass(frozen=True, slots=True)
class PresenterText:
    """A presenter: biography in Markdown, picture as a PNG file."""

    slug: str
    name: str
    biography: str
    picture: Path


@dataclass(frozen=True, slots=True)
class SeriesText:
    """A series and the description of its webinars."""

    slug: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class WebinarText:
    """One webinar; `series` and `presenters` are slugs, the overview is Markdown."""

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
    """A customer; `parent` is the slug of its consortium.

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
    """A person at a customer, without a password: they sign in by an emailed code."""

    email: str
    name: str


@dataclass(frozen=True, slots=True)
class PoolText:
    """The people with the seats that an organization bought this many days ago.

    `covers` is `everything` or a kind and a slug, as in `series:plain-machines`.
    """

    organization: str
    covers: str
    bought_days_ago: int
    seated: tuple[PersonText, ...] = ()
    invited: tuple[PersonText, ...] = ()
    waiting: tuple[PersonText, ...] = ()
    allotted: tuple[tuple[str, int], ...] = ()  # slugs of consortium members, and their seats
    domain: str | None = None  # people with an address of this domain may claim seats


@dataclass(frozen=True, slots=True)
class Ago:
    """This many days before the demo is first started."""

    days: int


@dataclass(frozen=True, slots=True)
class FromJuly:
    """This many days after the last July 1; negative for before."""

    days: int


When = Ago | FromJuly


@dataclass(frozen=True, slots=True)
class LineText:
    """A line of an order with its total price in US cents; `quantity` None is unlimited."""

    kind: OfferKind
    covers: str
    cents: int
    quantity: int | None = 1
    act: LineAct = LineAct.NEW


@dataclass(frozen=True, slots=True)
class OrderText:
    """An order that is placed, or first quoted. Other acts refer to it by its key.

    An order of a fiscal year is for the year from July 1, and is billed on that day.
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
    """The acceptance of a quote by a purchase order."""

    key: str
    when: When
    name: str
    po_number: str


@dataclass(frozen=True, slots=True)
class BillingText:
    """The billing of an order on its billing day."""

    key: str
    when: When


@dataclass(frozen=True, slots=True)
class PaymentText:
    """A payment of an order's invoice; `number` is the check's, `slip` the deposit slip's."""

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
    """Seats of an order that are returned; their price is owed until a check is written."""

    key: str
    when: When
    seats: int
    explanation: str


ActText = (
    OrderText | RevisionText | AcceptanceText | BillingText | PaymentText | BounceText | ReturnText
)


@dataclass(frozen=True, slots=True)
class PassText:
    """An all-access pass to everything, bought this many days before the demo is first started."""

    bought_days_ago: int


@dataclass(frozen=True, slots=True)
class CastText:
    """One person of the cast, with the password that the demo prints."""

    email: str
    name: str
    password: str
    role: str
    about: str
    seller_role: SellerRole | None = None
    keeps: tuple[str, ...] = ()  # slugs of webinars owned permanently
    all_access: PassText | None = None
    organization: str | None = None  # its slug
    organization_role: Role = Role.MANAGER


@dataclass(frozen=True, slots=True)
class PriceText:
    """One price of the seller, in US cents, for each unit from `minimum` units on."""

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
    """Return when a webinar of the demo is held: 2:00 pm in New York, as an aware time."""
    zone = ZoneInfo(ZONE)
    if isinstance(held, OnDay):
        day = held.day
    else:
        earliest = now.astimezone(zone).date() + timedelta(days=held.days)
        day = earliest + timedelta(days=(THURSDAY - earliest.weekday()) % 7)
    return datetime.combine(day, TWO_PM, zone)


def last_july(*, now: datetime) -> date:
    """Return the last July 1 before the demo is first started, when many fiscal years begin."""
    today = now.astimezone(ZoneInfo(ZONE)).date()
    return date(today.year if today.month >= JULY else today.year - 1, JULY, 1)


def moment_of(when: When, *, now: datetime) -> datetime:
    """Return when an act of the demo happened: at `now`'s time of day, or in July at 9:00 am."""
    if isinstance(when, Ago):
        return now - timedelta(days=when.days)
    day = last_july(now=now) + timedelta(days=when.days)
    return datetime.combine(day, NINE_AM, ZoneInfo(ZONE))


def recording_files(name: str, suffix: str) -> RecordingFiles:
    """Return the files of the recording made from the deck `name`."""
    return RecordingFiles(
        video=FILES / f"{name}{suffix}",
        captions=FILES / f"{name}.vtt",
        slides=FILES / f"{name}.pdf",
    )
