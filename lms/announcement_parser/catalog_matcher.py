"""Matches parsed names and prices to the catalog's presenters, series, and prices."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Final

from sqlalchemy.orm import Session

from lms.announcement_parser.draft import PriceRead
from lms.announcement_parser.parser import LONGEST_TEXT, Speaker, Understood, read_flyer
from lms.announcement_parser.person_names import core_of
from lms.announcement_parser.start_date_and_time import Beginning
from lms.catalog.presenters import PresenterWords, add_presenter
from lms.catalog.series import SeriesWords, add_series
from lms.catalog.staff_read_models import Named, read_presenters, read_series_names
from lms.catalog.webinar_details_validation import WebinarWords
from lms.core.dates_and_time_zones import from_wall_clock, read_zone
from lms.core.errors import N_, Invalid
from lms.core.text_decoding import encoding_of
from lms.pricing.price_list import read_prices

DEFAULT_MINUTES: Final = 60
MOST_BYTES: Final = 4 * LONGEST_TEXT
NO_TEXT: Final = N_("This isn't plain text. Copy the announcement and paste it instead.")
TOO_LONG: Final = N_("An announcement can have up to 100,000 characters.")
NOTHING: Final = N_("Paste the text of an announcement, or choose a file.")


@dataclass(frozen=True, slots=True)
class PriceFound:
    """The words about a price; `elsewhere` are amounts in them that the price list doesn't have."""

    words: str
    elsewhere: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fitted:
    """An announcement matched with the catalog: known slugs, new speakers, and new series."""

    said: Understood
    presenters: tuple[str, ...]
    new_speakers: tuple[Speaker, ...]
    series: tuple[str, ...]
    new_series: tuple[str, ...]
    prices: tuple[PriceFound, ...]

    @property
    def minutes(self) -> int:
        """Return its length in minutes; 60 if the text doesn't say."""
        return self.said.minutes or DEFAULT_MINUTES


def fit(session: Session, text: str, *, default_zone: str, today: date) -> Fitted:
    """Parse and match an announcement; raises Invalid (field `text`) if it is empty or too long."""
    fault = NOTHING if not text.strip() else TOO_LONG if len(text) > LONGEST_TEXT else ""
    if fault:
        raise Invalid(fault, field="text")
    said = read_flyer(text, default_zone=default_zone, today=today)
    presenters, series = read_presenters(session), read_series_names(session)
    here = {one: _presenter(presenters, one.name) for one in said.speakers}
    listed = {one: _series(series, one) for one in said.series}
    standing = {(price.price_minor, price.currency) for price in read_prices(session)}
    return Fitted(
        said=said,
        presenters=tuple(dict.fromkeys(slug for slug in here.values() if slug)),
        new_speakers=tuple(one for one, slug in here.items() if not slug),
        series=tuple(dict.fromkeys(slug for slug in listed.values() if slug)),
        new_series=tuple(one for one, slug in listed.items() if not slug),
        prices=tuple(_price(one, standing) for one in said.prices),
    )


def read_file(file: IO[bytes]) -> str:
    """Return the text of a file; raises Invalid (field `file`) if it isn't text."""
    try:
        encoding = encoding_of(file)
    except Invalid as error:
        raise Invalid(NO_TEXT, field="file") from error
    file.seek(0)
    return file.read(MOST_BYTES).decode(encoding, errors="replace")


def words_of(fitted: Fitted, held_at: datetime, zone: str) -> WebinarWords:
    """Return the webinar that an announcement describes, with its confirmed beginning."""
    said = fitted.said
    return WebinarWords(
        title=said.title,
        held_at=held_at,
        zone=zone,
        minutes=fitted.minutes,
        subtitle=said.subtitle,
        hosted_by=said.hosted_by,
        summary=said.summary,
        overview=said.overview,
        agenda="\n".join(said.agenda),
        free=said.free,
        is_in_passes=said.is_in_passes,
        presenters=fitted.presenters,
        series=fitted.series,
    )


def moment_of(beginning: Beginning) -> datetime:
    """Return the moment of a beginning with a zone; raises Invalid as `from_wall_clock`."""
    return from_wall_clock(beginning.shown, read_zone(beginning.zone))


def add_speaker(session: Session, speaker: Speaker, *, actor: str | None, now: datetime) -> str:
    """Add a speaker as a presenter; returns their slug."""
    words = PresenterWords(speaker.name, speaker.biography)
    return add_presenter(session, words, actor=actor, now=now).slug


def slug_of_presenter(session: Session, name: str) -> str:
    """Return the slug of the presenter with a name, or ""."""
    return _presenter(read_presenters(session), name)


def add_named_series(session: Session, title: str, *, actor: str | None, now: datetime) -> str:
    """Add the series that an announcement names; returns its slug."""
    return add_series(session, SeriesWords(title), actor=actor, now=now).slug


def _presenter(known: tuple[Named, ...], name: str) -> str:
    return next((one.slug for one in known if core_of(one.name) == core_of(name)), "")


def _series(known: tuple[Named, ...], title: str) -> str:
    return next((one.slug for one in known if _bare(one.name) == _bare(title)), "")


def _bare(title: str) -> str:
    return title.casefold().removeprefix("the ").removesuffix(" series").strip()


def _price(read: PriceRead, standing: set[tuple[int, str]]) -> PriceFound:
    other = [one.said for one in read.amounts if (one.minor, one.currency) not in standing]
    return PriceFound(read.words, tuple(other))
