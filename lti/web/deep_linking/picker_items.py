"""Picker items: a recording as the list shows it, and a chosen recording or series."""

from dataclasses import dataclass, replace

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.lti_facade.content_choices import Choice, SeriesChoice
from lms.lti_facade.dates import say_day_of
from lms.web.core.recording_time_texts import clock_of
from lms.web.playback.poster_images import picture_of
from lti.protocol.content_target import Target


@dataclass(frozen=True, slots=True)
class Card:
    """A recording in the list."""

    name: str
    title: str
    presenters: str
    when: str
    length: str
    picture: str
    is_free: bool
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """A chosen webinar, or clip of one, or series."""

    kind: str
    name: str
    title: str
    summary: str
    about: str
    picture: str | None
    seconds: float
    target: Target
    path: str
    begin: str = ""
    end: str = ""
    fault: str = ""

    @property
    def value(self) -> str:
        """Return the item's value in forms."""
        return f"{self.kind}:{self.name}"

    def placed(self, begin: str, end: str, target: Target, fault: str) -> "Chosen":
        """Return the item with a clip, or with its error."""
        return replace(self, begin=begin, end=end, target=target, fault=fault)


def card_of(choice: Choice, picture: str, *, is_chosen: bool) -> Card:
    """Return a recording as the list shows it."""
    return Card(
        name=choice.public_id,
        title=choice.title,
        presenters=", ".join(choice.presenters),
        when=say_day_of(choice.held_at, choice.zone),
        length=clock_of(choice.film.seconds),
        picture=picture,
        is_free=choice.is_free,
        is_chosen=is_chosen,
    )


def chosen_webinar(choice: Choice) -> Chosen:
    """Return a chosen webinar, without a clip."""
    return Chosen(
        kind="webinar",
        name=choice.public_id,
        title=choice.title,
        summary=choice.summary,
        about=clock_of(choice.film.seconds),
        picture=picture_of(choice.slug, choice.film),
        seconds=choice.film.seconds,
        target=Target(webinar=choice.public_id),
        path=url_for("catalog.webinar", slug=choice.slug),
    )


def chosen_series(series: SeriesChoice) -> Chosen:
    """Return a chosen series."""
    return Chosen(
        kind="series",
        name=series.public_id,
        title=series.title,
        summary=_("A series of recorded webinars"),
        about=ngettext("%(num)s recording", "%(num)s recordings", series.recordings),
        picture=url_for("static", filename="img/touch-icon.png"),
        seconds=0,
        target=Target(series=series.public_id),
        path=url_for("catalog.series", slug=series.slug),
    )
