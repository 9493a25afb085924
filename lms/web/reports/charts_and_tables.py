"""Charts, tables, and CSV of report pages, and the requested period and order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.core.csv_files import Cell
from lms.core.dates_and_time_zones import LOCALE, say_calendar_date
from lms.core.errors import N_
from lms.reports.periods_and_count_suppression import DAY, Lapse, Span, laps, lapse_of, midnight
from lms.reports.retention_curve import Heat
from lms.reports.viewing_queries import Whose
from lms.reports.viewing_totals import LapViews, Line, Totals, first_view, read_laps
from lms.web.core.csv_downloads import csv_answer
from lms.web.core.recording_time_texts import clock_of

ALL: Final = "all"
YEAR: Final = "year"
CHOSEN: Final = "days"
LASTING: Final[Mapping[str, int]] = {"3": 3, "12": 12}  # months, including the current one
PRESETS: Final[Mapping[str, str]] = {
    "3": N_("Last 3 months"),
    "12": N_("Last 12 months"),
    YEAR: N_("This year"),
    ALL: N_("All time"),
}
EARLIEST: Final = date(2000, 1, 1)
HEIGHT: Final = 120
WIDTH: Final = 720
FEW: Final = 5  # bars, which a phone shows without scrolling
NARROW: Final = 320
WIDEST: Final = 48  # of a bar, if there are few
LONGEST_QUERY: Final = 200
KEPT_BACK: Final = "\u2013"
Url = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Days:
    """The period of a report in a time zone, first and last day included; no first day is all time.

    Periods are whole months, up to today. With freely chosen days, the difference between two reports
    could reveal one person's day.
    """

    preset: str
    first: date | None
    last: date
    zone: ZoneInfo
    typed: tuple[str, str] | None = None  # an invalid period that the URL contained

    @property
    def inputs(self) -> tuple[str, str]:
        """Return the first and last day as the form shows them: as they were typed, if invalid."""
        first = self.first.isoformat() if self.first else ""
        return self.typed or (first, self.last.isoformat())

    @property
    def span(self) -> Span:
        """Return the period as instants."""
        starts = None if self.first is None else midnight(self.first, self.zone)
        return Span(starts, midnight(self.last + DAY, self.zone))

    @property
    def values(self) -> dict[str, str]:
        """Return the period as URL parameters."""
        if self.preset == CHOSEN and self.first is not None:
            return {"from": self.first.isoformat(), "to": self.last.isoformat()}
        return {"span": self.preset}

    @property
    def said(self) -> str:
        """Return the period in words: `Jan 1, 2026 to Mar 31, 2026`."""
        if self.first is None:
            return _("All time through today")
        return _(
            "%(first)s to %(last)s",
            first=say_calendar_date(self.first),
            last=say_calendar_date(self.last),
        )


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: position and size in the drawing, its words, and its count."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    number: str
    label: str
    title: str
    views: int | None


@dataclass(frozen=True, slots=True)
class Chart:
    """The views over time; `labeled` bars have labels below them, the table has all bars."""

    width: int
    bars: tuple[Bar, ...]
    labeled: tuple[Bar, ...]
    lapse: str
    most: str
    has_kept_back: bool


@dataclass(frozen=True, slots=True)
class LineWords:
    """One row of a table, in words."""

    key: str
    title: str
    people: str
    views: str
    hours: str
    finished: str
    share: str


@dataclass(frozen=True, slots=True)
class HeatBar:
    """One segment of a heat line, or one stop, as drawn and in words."""

    x: float
    y: float
    width: float
    height: float
    span: str
    said: str


@dataclass(frozen=True, slots=True)
class HeatLine:
    """A heat line: drawn, with time marks, and as two tables."""

    people: str
    stretches: tuple[HeatBar, ...]
    stops: tuple[HeatBar, ...]
    marks: tuple[tuple[float, str], ...]


def days_asked(zone: ZoneInfo, now: datetime, *, usual: str) -> Days:
    """Return the period in the URL, or the usual one if there is none or it is invalid."""
    today = now.astimezone(zone).date()
    raw_first, raw_last = request.args.get("from", ""), request.args.get("to", "")
    if raw_first or raw_last:
        first, last = _date(raw_first), _date(raw_last) or today
        last = min(last, today)
        if first is not None and EARLIEST <= first <= last:
            return Days(
                CHOSEN, first.replace(day=1), min(_months_before(last, -1) - DAY, today), zone
            )
        return _preset(usual, today, zone, (raw_first, raw_last))
    wanted = request.args.get("span", usual)
    return _preset(wanted if wanted in PRESETS else usual, today, zone)


def words_asked() -> str:
    """Return the search words in the URL."""
    return " ".join(request.args.get("q", "").split())[:LONGEST_QUERY]


def figures(totals: Totals) -> list[tuple[str, str]]:
    """Return the totals in words, with dashes for withheld counts."""
    return [
        (_("People who watched"), number(totals.people)),
        (_("Views"), number(totals.views)),
        (_("Hours watched"), hours(totals.seconds)),
        (_("Webinars finished"), number(totals.finished)),
        (_("Finish rate"), rate(totals.finished, totals.begun)),
    ]


def read_chart(
    session: Session, whose: Whose, days: Days, *, webinar_id: int | None = None
) -> Chart | None:
    """Return the chart of views, in the finest intervals for which most bars can be shown.

    None if there are no views, or too few people for any bar.
    """
    first = days.first
    if first is None:
        began = first_view(session, whose, days.span)
        if began is None:
            return None
        # the exact day would be one person's
        first = began.astimezone(days.zone).date().replace(day=1)
    every = list(Lapse)
    for lapse in every[every.index(lapse_of(first, days.last)) :]:
        among = laps(first, days.last, lapse, days.zone)
        views = read_laps(session, whose, days.span, among, webinar_id=webinar_id)
        told = sum(one.views is not None for one in views)
        if told and sum(one.is_few for one in views) <= told:
            return chart_of(views, lapse)
    return None


def chart_of(views: Sequence[LapViews], lapse: Lapse) -> Chart:
    """Return the chart of views over time."""
    most = max((one.views or 0 for one in views), default=0) or 1
    width = WIDTH if len(views) > FEW else NARROW
    step = width / max(1, len(views))
    bars = tuple(_bar(one, place, step, most, lapse) for place, one in enumerate(views))
    every = -(-len(bars) // 12)
    return Chart(
        width=width,
        bars=bars,
        labeled=bars[::every],
        lapse=_(_LAPSES[lapse]),
        most=number(most),
        has_kept_back=any(one.views is None for one in views),
    )


def line_words(line: Line) -> LineWords:
    """Return a row of figures in words, with dashes for withheld counts."""
    return LineWords(
        key=line.key,
        title=line.title,
        people=number(line.people),
        views=number(line.views),
        hours=hours(line.seconds),
        finished=rate(line.finished, line.begun),
        share=percent(line.share),
    )


def line_cells(line: Line) -> tuple[Cell, ...]:
    """Return a row of figures for CSV; withheld counts are empty."""
    in_hours = None if line.seconds is None else round(line.seconds / 3600, 1)
    finished = None
    if line.finished is not None and line.begun:
        finished = round(100 * line.finished / line.begun)
    share = None if line.share is None else round(100 * line.share)
    return (line.views, line.people, in_hours, line.finished, finished, share)


def line_headings() -> tuple[str, ...]:
    """Return the headings of `line_cells`."""
    return (
        _("Views"),
        _("People"),
        _("Hours watched"),
        _("Finished"),
        _("Finish rate (percent)"),
        _("Average watched (percent)"),
    )


def chart_csv(session: Session, whose: Whose, days: Days, name: str) -> Response:
    """Return the views over time as CSV; withheld counts are empty."""
    found = read_chart(session, whose, days)
    bars = () if found is None else found.bars
    rows = [(bar.title, bar.views) for bar in bars]
    return csv_answer((_("From"), _("Views")), rows, name)


def heat_line(heat: Heat) -> HeatLine:
    """Return the drawing of a heat line, and of where people stop."""
    most = max((stop.people for stop in heat.stops), default=0) or 1
    scale = WIDTH / heat.seconds
    length = heat.seconds / 4
    return HeatLine(
        people=number(heat.people),
        stretches=tuple(
            _heat_bar(one.starts_s, one.ends_s, one.share, percent(one.share), scale)
            for one in heat.stretches
        ),
        stops=tuple(
            _heat_bar(one.starts_s, one.ends_s, one.people / most, number(one.people), scale)
            for one in heat.stops
        ),
        marks=tuple((WIDTH * part / 4, clock_of(round(length * part))) for part in range(5)),
    )


def number(count: int | None) -> str:
    """Return a count in words; a dash if it is withheld."""
    return KEPT_BACK if count is None else f"{count:,}"


def hours(seconds: int | None) -> str:
    """Return seconds as hours: `12.5`."""
    return KEPT_BACK if seconds is None else f"{seconds / 3600:,.1f}"


def percent(share: float | None) -> str:
    """Return a share between 0 and 1 as `75%`."""
    return KEPT_BACK if share is None else f"{round(100 * share)}%"


def rate(part: int | None, whole: int | None) -> str:
    """Return the share of a part in a whole; a dash if either is missing."""
    return percent(part / whole) if part is not None and whole else KEPT_BACK


_LAPSES: Final = {
    Lapse.DAY: N_("Views by day"),
    Lapse.WEEK: N_("Views by week"),
    Lapse.MONTH: N_("Views by month"),
    Lapse.YEAR: N_("Views by year"),
}
_FORMS: Final = {
    Lapse.DAY: "MMM d",
    Lapse.WEEK: "MMM d",
    Lapse.MONTH: "MMM y",
    Lapse.YEAR: "y",
}


def _preset(name: str, today: date, zone: ZoneInfo, typed: tuple[str, str] | None = None) -> Days:
    first = None
    if name in LASTING:
        first = _months_before(today, LASTING[name] - 1)
    elif name == YEAR:
        first = today.replace(month=1, day=1)
    return Days(name, first, today, zone, typed)


def _months_before(day: date, months: int) -> date:
    whole = day.year * 12 + day.month - 1 - months
    return date(whole // 12, whole % 12 + 1, 1)


def _date(raw: str) -> date | None:
    try:
        return date.fromisoformat(raw)
    except ValueError:
        return None


def _bar(one: LapViews, place: int, step: float, most: int, lapse: Lapse) -> Bar:
    height = HEIGHT * (one.views or 0) / most
    width = min(step * 0.8, WIDEST)
    return Bar(
        x=round((place + 0.5) * step - width / 2, 1),
        y=round(HEIGHT - height, 1),
        width=round(width, 1),
        height=round(height, 1),
        middle=round((place + 0.5) * step, 1),
        number=number(one.views),
        label=str(format_date(one.lap.day, _FORMS[lapse], locale=LOCALE)),
        title=say_calendar_date(one.lap.day),
        views=one.views,
    )


def _heat_bar(starts: float, ends: float, share: float, said: str, scale: float) -> HeatBar:
    height = HEIGHT * share
    return HeatBar(
        x=round(starts * scale, 1),
        y=round(HEIGHT - height, 1),
        width=round(max(0.5, (ends - starts) * scale - 1), 1),
        height=round(height, 1),
        span=f"{clock_of(round(starts))} \u2013 {clock_of(round(ends))}",
        said=said,
    )
