"""Webinar details validation: checks what staff write about a webinar and names what it lacks."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from lms.core.dates_and_time_zones import read_zone
from lms.core.errors import N_, Invalid
from lms.live.survey_links import WHOLE_LINK, is_web_link

LONGEST_TITLE: Final = 200
LONGEST_SUMMARY: Final = 400
LONGEST_TEXT: Final = 20_000
MOST_MINUTES: Final = 1440


@dataclass(frozen=True, slots=True)
class WebinarWords:
    """The details of a webinar; `presenters` and `series` are slugs, `held_at` is aware.

    `new_presenters` are names; those who aren't presenters yet are added. The overview is Markdown, the agenda has one item per line; an empty slug follows the title.
    """

    title: str
    held_at: datetime
    zone: str
    minutes: int = 60
    slug: str = ""
    subtitle: str = ""
    hosted_by: str = ""
    summary: str = ""
    overview: str = ""
    agenda: str = ""
    live_link: str = ""
    survey_link: str = ""
    free: bool = False
    is_in_passes: bool = True
    presenters: tuple[str, ...] = ()
    new_presenters: tuple[str, ...] = ()
    series: tuple[str, ...] = ()


class Gap(StrEnum):
    """A recommended detail that an announcement lacks; none is required to publish."""

    SUMMARY = "summary"
    OVERVIEW = "overview"
    AGENDA = "agenda"
    PRESENTER = "presenter"
    LIVE_LINK = "live_link"


def has_ended(held_at: datetime, minutes: int, now: datetime) -> bool:
    """Return whether a webinar is over according to its announcement."""
    return now >= held_at + timedelta(minutes=minutes)


def gaps(words: WebinarWords, now: datetime) -> tuple[Gap, ...]:
    """Return the recommended details that are missing; the live link only before the end."""
    is_to_come = not has_ended(words.held_at, words.minutes, now)
    missing = {
        Gap.SUMMARY: not words.summary,
        Gap.OVERVIEW: not words.overview,
        Gap.AGENDA: not words.agenda,
        Gap.PRESENTER: not words.presenters,
        Gap.LIVE_LINK: is_to_come and not words.live_link,
    }
    return tuple(gap for gap, is_missing in missing.items() if is_missing)


def checked(words: WebinarWords) -> WebinarWords:
    """Return the details with extra spaces removed; raises Invalid with the faults by field."""
    clean = replace(
        words,
        title=" ".join(words.title.split()),
        slug=words.slug.strip(),
        subtitle=" ".join(words.subtitle.split()),
        hosted_by=" ".join(words.hosted_by.split()),
        summary=" ".join(words.summary.split()),
        overview=words.overview.strip(),
        agenda="\n".join(line.strip() for line in words.agenda.splitlines() if line.strip()),
        live_link=words.live_link.strip(),
        survey_link=words.survey_link.strip(),
    )
    faults = _faults(clean)
    if faults:
        raise Invalid(N_("Check the fields below."), fields=faults)
    read_zone(clean.zone)
    return clean


def _faults(words: WebinarWords) -> dict[str, str]:
    too_long = N_("Keep this under 20,000 characters.")
    is_well: dict[str, tuple[bool, str]] = {
        "title": (
            1 <= len(words.title) <= LONGEST_TITLE,
            N_("Enter a title of up to 200 characters."),
        ),
        "subtitle": (
            len(words.subtitle) <= LONGEST_TITLE,
            N_("Shorten the subtitle to 200 characters or fewer."),
        ),
        "hosted_by": (
            len(words.hosted_by) <= LONGEST_TITLE,
            N_("Shorten the host to 200 characters or fewer."),
        ),
        "summary": (
            len(words.summary) <= LONGEST_SUMMARY,
            N_("Keep the summary under 400 characters."),
        ),
        "overview": (len(words.overview) <= LONGEST_TEXT, too_long),
        "agenda": (len(words.agenda) <= LONGEST_TEXT, too_long),
        "minutes": (
            1 <= words.minutes <= MOST_MINUTES,
            N_("Enter a length of 1 to 1,440 minutes."),
        ),
        "live_link": (
            not words.live_link or is_web_link(words.live_link),
            WHOLE_LINK,
        ),
        "survey_link": (not words.survey_link or is_web_link(words.survey_link), WHOLE_LINK),
        "held_at": (words.held_at.tzinfo is not None, N_("Choose its time zone.")),
    }
    return {field: sentence for field, (well, sentence) in is_well.items() if not well}
