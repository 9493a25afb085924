"""Charts, tables, and CSV of report pages, and the days and order asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.core.csv_writer import Cell
from lms.core.dates_and_time_zones import LOCALE
from lms.core.errors import N_
from lms.reports.periods_and_count_suppression import DAY, Lapse, Span, laps, lapse_of, midnight
from lms.reports.retention_curve import Heat
from lms.reports.viewing_queries import Whose
from lms.reports.viewing_totals import LapViews, Line, Order, Sort, Totals, first_view, read_laps
from lms.web.core.csv_downloads import csv_answer

ALL: Final = "all"
YEAR: Final = "year"
CHOSEN: Final = "days"
LASTING: Final[Mapping[str, int]] = {"3": 3, "12": 12}  # months, with the present one
PRESETS: Final[Mapping[str, str]] = {
    "3": N_("Last 3 months"),
    "12": N_("Last 12 months"),
    YEAR: N_("This year"),
    ALL: N_("All time"),
}
EARLIEST: Final = date(2000, 1, 1)
HEIGHT: Final = 120
WIDTH: Final = 720
WIDEST: Final = 48  # of a bar, where there are few
LONGEST_QUERY: Final = 200
KEPT_BACK: Final = "\u2013"
Url = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Days:
    """The days a report is of, both included, by the clocks of a zone; no first is all time.

    They are whole months, up to today: of days that can be chosen freely, one report could be taken
    from another and leave a single day of somebody's.
    """

    preset: str
    first: date | None
    last: date
    zone: ZoneInfo
    is_odd: bool = False  # what the address asked for could not be read

    @property
    def span(self) -> Span:
        """Return the moments that these days are."""
        starts = None if self.first is None else midnight(self.first, self.zone)
        return Span(starts, midnight(self.last + DAY, self.zone))

    @property
    def values(self) -> dict[str, str]:
        """Return how an address says it."""
        if self.preset == CHOSEN and self.first is not None:
            return {"from": self.first.isoformat(), "to": self.last.isoformat()}
        return {"span": self.preset}

    @property
    def said(self) -> str:
        """Say the days: `1 Jan 2026 to 31 Mar 2026`."""
        if self.first is None:
            return _("From the beginning until today")
        return _("%(first)s to %(last)s", first=_day(self.first), last=_day(self.last))


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: place and height in the drawing, its words, and what it counts."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    number: str
    label: str
    title: str
    views: int | None

    @property
    def is_kept_back(self) -> bool:
        """Tell whether fewer than five people are in it, or nobody."""
        return self.views is None


@dataclass(frozen=True, slots=True)
class Chart:
    """The views over time; `labeled` bars have their words below them, all stand in the table."""

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
    """One stretch of a heat line, or one stop, as it is drawn and as it is said."""

    x: float
    y: float
    width: float
    height: float
    span: str
    said: str


@dataclass(frozen=True, slots=True)
class HeatLine:
    """A heat line in words: drawn, with its hours marked, and as two tables."""

    people: str
    stretches: tuple[HeatBar, ...]
    stops: tuple[HeatBar, ...]
    marks: tuple[tuple[float, str], ...]


def days_asked(zone: ZoneInfo, now: datetime, *, usual: str) -> Days:
    """Read the days an address asks for, the usual ones where it asks for none that there are."""
    today = now.astimezone(zone).date()
    raw_first, raw_last = request.args.get("from", ""), request.args.get("to", "")
    if raw_first or raw_last:
        first, last = _date(raw_first), _date(raw_last) or today
        last = min(last, today)
        if first is not None and EARLIEST <= first <= last:
            return Days(
                CHOSEN, first.replace(day=1), min(_months_before(last, -1) - DAY, today), zone
            )
        return _preset(usual, today, zone, is_odd=True)
    wanted = request.args.get("span", usual)
    return _preset(wanted if wanted in PRESETS else usual, today, zone)


def words_asked() -> str:
    """Return the words that an address looks for."""
    return " ".join(request.args.get("q", "").split())[:LONGEST_QUERY]


def order_asked() -> Order:
    """Read by which column a table of figures is sorted."""
    raw = request.args.get("sort", "")
    by = next((one for one in Sort if one == raw), None)
    return Order() if by is None else Order(by, bool(request.args.get("down")))


def sort_url(by: Any, order: Any, url: Url, *, up_first: Any) -> str:  # noqa: ANN401  (a table's own Sort and Order)
    """Return the address that sorts by a column, or turns its order around."""
    down = not order.descending if order.by is by else by is not up_first
    return url(sort=by.value, down=1 if down else None)


def aria_sort(by: Any, order: Any) -> str | None:  # noqa: ANN401  (a table's own Sort and Order)
    """Return the column's `aria-sort`, where the table is sorted by it."""
    if order.by is not by:
        return None
    return "descending" if order.descending else "ascending"


def kept_order(order: Any, usual: Any) -> dict[str, Any]:  # noqa: ANN401  (a table's own Order)
    """Return how an address says an order; nothing for the usual one."""
    if order == usual:
        return {}
    return {"sort": order.by.value, "down": 1 if order.descending else None}


def figures(totals: Totals) -> list[tuple[str, str]]:
    """Say the totals; what is kept back is a dash."""
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
    """Return the chart of views over these days, as finely as most of its bars can be told.

    None where there are no views, or too few people for any bar.
    """
    first = days.first
    if first is None:
        began = first_view(session, whose, days.span)
        if began is None:
            return None
        first = began.astimezone(days.zone).date().replace(day=1)  # the day is one person's
    every = list(Lapse)
    for lapse in every[every.index(lapse_of(first, days.last)) :]:
        among = laps(first, days.last, lapse, days.zone)
        views = read_laps(session, whose, days.span, among, webinar_id=webinar_id)
        told = sum(one.views is not None for one in views)
        if told and sum(one.is_few for one in views) <= told:
            return chart_of(views, lapse)
    return None


def chart_of(views: Sequence[LapViews], lapse: Lapse) -> Chart:
    """Draw views over time."""
    most = max((one.views or 0 for one in views), default=0) or 1
    step = WIDTH / max(1, len(views))
    bars = tuple(_bar(one, place, step, most, lapse) for place, one in enumerate(views))
    every = -(-len(bars) // 12)
    return Chart(
        bars=bars,
        labeled=bars[::every],
        lapse=_(_LAPSES[lapse]),
        most=number(most),
        has_kept_back=any(one.views is None for one in views),
    )


def line_words(line: Line) -> LineWords:
    """Put a row of figures into words; what is kept back is a dash."""
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
    """Return a row of figures as CSV has it; what is kept back is empty."""
    in_hours = None if line.seconds is None else round(line.seconds / 3600, 1)
    finished = None
    if line.finished is not None and line.begun:
        finished = round(100 * line.finished / line.begun)
    share = None if line.share is None else round(100 * line.share)
    return (line.views, line.people, in_hours, line.finished, finished, share)


def line_headings() -> tuple[str, ...]:
    """Return the heads of what `line_cells` returns."""
    return (
        _("Views"),
        _("People"),
        _("Hours watched"),
        _("Finished"),
        _("Share finished (percent)"),
        _("Average share watched (percent)"),
    )


def chart_csv(session: Session, whose: Whose, days: Days, name: str) -> Response:
    """Answer with the views over time as CSV; what is kept back is empty."""
    found = read_chart(session, whose, days)
    bars = () if found is None else found.bars
    rows = [(bar.title, bar.views) for bar in bars]
    return csv_answer((_("From"), _("Views")), rows, name)


def heat_line(heat: Heat) -> HeatLine:
    """Draw a heat line, with where people stop below it."""
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
        marks=tuple((WIDTH * part / 4, clock(length * part)) for part in range(5)),
    )


def number(count: int | None) -> str:
    """Write a count; a dash for one that is kept back."""
    return KEPT_BACK if count is None else f"{count:,}"


def hours(seconds: int | None) -> str:
    """Write seconds as hours: `12.5`."""
    return KEPT_BACK if seconds is None else f"{seconds / 3600:,.1f}"


def percent(share: float | None) -> str:
    """Write a share, 0 to 1, as `75 %`."""
    return KEPT_BACK if share is None else f"{round(100 * share)} %"


def rate(part: int | None, whole: int | None) -> str:
    """Write how much of a whole a part is; a dash where there is none."""
    return percent(part / whole) if part is not None and whole else KEPT_BACK


def clock(seconds: float) -> str:
    """Write a place in a recording: `7:05`, `1:07:05`."""
    minutes, rest = divmod(round(seconds), 60)
    whole, minutes = divmod(minutes, 60)
    return f"{whole}:{minutes:02}:{rest:02}" if whole else f"{minutes}:{rest:02}"


_LAPSES: Final = {
    Lapse.DAY: N_("Views on each day"),
    Lapse.WEEK: N_("Views in each week"),
    Lapse.MONTH: N_("Views in each month"),
    Lapse.YEAR: N_("Views in each year"),
}
_FORMS: Final = {
    Lapse.DAY: "d MMM",
    Lapse.WEEK: "d MMM",
    Lapse.MONTH: "MMM yy",
    Lapse.YEAR: "y",
}


def _preset(name: str, today: date, zone: ZoneInfo, *, is_odd: bool = False) -> Days:
    first = None
    if name in LASTING:
        first = _months_before(today, LASTING[name] - 1)
    elif name == YEAR:
        first = today.replace(month=1, day=1)
    return Days(name, first, today, zone, is_odd)


def _months_before(day: date, months: int) -> date:
    whole = day.year * 12 + day.month - 1 - months
    return date(whole // 12, whole % 12 + 1, 1)


def _date(raw: str) -> date | None:
    try:
        return date.fromisoformat(raw)
    except ValueError:
        return None


def _day(day: date) -> str:
    return str(format_date(day, "d MMM y", locale=LOCALE))


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
        title=_day(one.lap.day),
        views=one.views,
    )


def _heat_bar(starts: float, ends: float, share: float, said: str, scale: float) -> HeatBar:
    height = HEIGHT * share
    return HeatBar(
        x=round(starts * scale, 1),
        y=round(HEIGHT - height, 1),
        width=round(max(0.5, (ends - starts) * scale - 1), 1),
        height=round(height, 1),
        span=f"{clock(starts)} \u2013 {clock(ends)}",
        said=said,
    )
