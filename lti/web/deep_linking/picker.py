"""The picker: recordings and series chosen inside a course and sent to it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote, urlsplit

from flask import Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from wtforms import Form

from lms.core import clock
from lms.core.errors import N_, Invalid, NotFound
from lms.core.model_base import copied
from lms.lti_facade.content_choices import (
    LAST_PAGE,
    PAGE_SIZE,
    Choice,
    Selection,
    SeriesChoice,
    Sought,
    find_choices,
    find_series,
    read_selection,
    read_series,
)
from lms.web.core.form_fields import Names, PickerField
from lms.web.core.lazy_form_translations import _l
from lms.web.core.number_parsing_and_formatting import read_figures
from lms.web.core.recording_time_texts import clock_of
from lms.web.core.request_context import carrel, read_session, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.security_headers_and_proxies import POLICY
from lms.web.playback.poster_images import picture_of
from lti.deep_linking import (
    BAD_POINTS,
    Asked,
    Item,
    end_picking,
    find_recipient,
    grade_points,
    read_asked,
    remember_points,
    shares_columns,
    sign_answer,
)
from lti.frames.sessions import Frame
from lti.keys.tool_keys import signing_key
from lti.models.courses import MOST_POINTS
from lti.models.launches import Purpose
from lti.protocol.content_target import read_target
from lti.protocol.spec_vocabulary import RESOURCE_LINK_TYPE
from lti.web.core.framed_pages import frame_page, framed_blueprint, this_frame
from lti.web.deep_linking.picker_items import Card, Chosen, card_of, chosen_series, chosen_webinar
from lti.web.registrations.tool_configuration import tool_addresses

blueprint = framed_blueprint("lti_picker", __name__)

MOST_CHOSEN: Final = 30
LONGEST_ENTRY: Final = 12
WEBINAR, SERIES = "webinar", "series"
PATH_MARKS: Final = "/%:@!$&()*+="
OWN_FORMS: Final = "form-action 'self'"
ONE_COLUMN: Final = N_(
    "Open edX has one grade column for all of these. Select “Add a grade column” for only one recording."
)
TOO_LONG: Final = N_("This recording is %(length)s long. Enter times within it.")


class SeriesForm(Form):
    """The series to which the picker is limited."""

    series = PickerField(_l("Series"))


@dataclass(frozen=True, slots=True)
class Basket:
    """The chosen items in order, how many others are no longer available, and the points as entered."""

    items: tuple[Chosen, ...]
    points: str
    lost: int = 0
    points_fault: str = ""
    column_fault: str = ""

    @property
    def is_graded(self) -> bool:
        """Return whether any item gets a gradebook column."""
        return any(each.target.is_graded for each in self.items)

    @property
    def has_faults(self) -> bool:
        """Return whether any clip, the points, or the grade columns are invalid."""
        return any((self.points_fault, self.column_fault, *(each.fault for each in self.items)))


@blueprint.get("/pick")
@open_to(Audience.FRAME)
def pick(secret: str) -> ResponseReturnValue:
    """Show what the organization can use, searched and paged, and the chosen items."""
    frame, asked = _picking(secret)
    return _page(secret, frame, asked)


@blueprint.post("/pick")
@open_to(Audience.FRAME)
def send(secret: str) -> ResponseReturnValue:
    """Sign the chosen items and send them to the course; ends this session."""
    frame, asked = _picking(secret)
    now = clock.now()
    key = signing_key(carrel().database, carrel().settings.secret_key, now=now)
    with read_session() as session:
        is_given_up = request.form.get("act") == "cancel"
        basket = Basket((), points="") if is_given_up else _basket(session, frame, asked)
    if basket.lost or basket.has_faults or not (basket.items or is_given_up):
        return _page(secret, frame, asked, status=400)
    assert frame.deployment_id is not None  # noqa: S101  (a constraint: every launch has a deployment)
    with transaction() as session:
        end_picking(session, frame.id, now=now)
        recipient = find_recipient(session, frame.deployment_id)
        if basket.is_graded:
            remember_points(session, frame.context_id, int(basket.points))
    answer = sign_answer(
        recipient,
        asked,
        [_item(each, basket) for each in basket.items],
        addresses=tool_addresses(),
        key=key,
        now=now,
    )
    target = _form_target(asked.return_url)
    return frame_page(
        frame,
        "lti/deep_linking/return_to_course.html",
        policy=POLICY.replace(OWN_FORMS, f"form-action {target}"),
        action=asked.return_url,
        answer=answer,
        number=len(basket.items),
    )


@blueprint.get("/pick/series")
@open_to(Audience.FRAME)
def series(secret: str) -> ResponseReturnValue:
    """Return the titles of the series to choose from that match some words, for the field's script."""
    frame, _asked = _picking(secret)
    with read_session() as session:
        found = read_series(session, frame.organization_id, now=clock.now())
    names = _series_names(secret, found)
    return jsonify(items=[{"name": each} for each in names.suggest(request.args.get("q", ""))])


def _picking(secret: str) -> tuple[Frame, Asked]:
    frame = this_frame(secret)
    if frame.purpose is not Purpose.PICK:
        raise NotFound
    asked = read_asked(frame.services)
    if not (asked.takes_columns and asked.takes_several):
        return frame, asked
    with read_session() as session:
        return frame, replace(asked, has_one_column=shares_columns(session, frame.deployment_id))


def _page(secret: str, frame: Frame, asked: Asked, *, status: int = 200) -> Response:
    values, now = request.values, clock.now()
    sought = Sought(
        query=values.get("q", "").strip()[:200],
        series=values.get("series", "").strip()[:200],
        page=read_figures(values.get("page", ""), LAST_PAGE) or 1,
    )
    with read_session() as session:
        basket = _basket(session, frame, asked)
        found = read_selection(session, frame.organization_id, sought, now=now)
        form = _series_form(secret, sought, found)
        if form.series.data != sought.series or form.series.fault:  # a title was typed
            sought = replace(sought, series="" if form.series.fault else form.series.data)
            found = read_selection(session, frame.organization_id, sought, now=now)
    page = frame_page(
        frame,
        "lti/deep_linking/picker.html",
        secret=secret,
        asked=asked,
        sought=sought,
        cards=[_card(each, basket) for each in found.items],
        found=found,
        series_form=form,
        words=_count_words(found),
        last_page=-(-found.total // PAGE_SIZE),
        series_shown=next((one for one in found.series if one.public_id == sought.series), None),
        basket=basket,
        takes_launches=asked.makes == RESOURCE_LINK_TYPE,
        is_full=len(basket.items) >= MOST_CHOSEN,
        has_nothing=not (found.total or sought.query or sought.series),
        is_unfinished=status != 200,
    )
    page.status_code = status
    return page


def _series_form(secret: str, sought: Sought, found: Selection) -> SeriesForm:
    form, names = SeriesForm(data={"series": sought.series}), _series_names(secret, found.series)
    if names.are_few:
        numbered = ((one.public_id, f"{one.title} ({one.recordings})") for one in found.series)
        names = Names(numbered, names.url)
    form.series.offer(names, ("", _("All recordings")))
    if form.series.fault:  # a title was mistyped: it filters nothing, and the page says so
        form.series.errors = [form.series.fault]
    return form


def _series_names(secret: str, found: Iterable[SeriesChoice]) -> Names:
    return Names(((one.public_id, one.title) for one in found), url_for(".series", secret=secret))


def _basket(session: Session, frame: Frame, asked: Asked) -> Basket:
    """Return the chosen items that the organization can use."""
    names = _names()
    chosen = [*_chosen(session, frame.organization_id, names)]
    lost = len(names) - len(chosen)
    items: list[Chosen] = []
    for each in chosen if asked.takes_several else chosen[-1:]:
        is_column_taken = asked.has_one_column and any(one.target.is_graded for one in items)
        items.append(_as_entered(each, asked, is_column_taken=is_column_taken))
    graded = sum(1 for each in items if each.target.is_graded)
    fault = _(ONE_COLUMN) if asked.has_one_column and graded > 1 else ""
    return _with_points(session, frame, Basket(tuple(items), "", lost, column_fault=fault))


def _chosen(
    session: Session, organization_id: int, names: Sequence[tuple[str, str]]
) -> Iterator[Chosen]:
    now = clock.now()
    webinars = find_choices(
        session, organization_id, [name for kind, name in names if kind == WEBINAR], now=now
    )
    for kind, name in names:
        if kind == SERIES:
            with suppress(NotFound):
                yield chosen_series(find_series(session, organization_id, name, now=now))
        elif name in webinars:
            yield chosen_webinar(webinars[name])


def _with_points(session: Session, frame: Frame, basket: Basket) -> Basket:
    """Add the points: as entered, or else the last ones in this course."""
    entered = request.values.get("points")
    if entered is None:
        return replace(basket, points=str(grade_points(session, frame.context_id)))
    is_right = 1 <= (read_figures(entered.strip(), MOST_POINTS) or 0) <= MOST_POINTS
    fault = _(BAD_POINTS) if basket.is_graded and not is_right else ""
    return replace(basket, points=entered.strip()[:LONGEST_ENTRY], points_fault=fault)


def _names() -> list[tuple[str, str]]:
    """Return kind and public ID of the chosen items, after the request's one addition or removal."""
    values = request.values
    added = values.get("add", "")
    chosen = [*values.getlist("chosen"), *([added] if added else [])]
    kept = [each for each in dict.fromkeys(chosen) if each != values.get("remove")][:MOST_CHOSEN]
    pairs = [tuple(each.partition(":")[::2]) for each in kept]
    if any(kind not in (WEBINAR, SERIES) for kind, _name in pairs):
        raise NotFound
    return [(kind, name) for kind, name in pairs]


def _as_entered(chosen: Chosen, asked: Asked, *, is_column_taken: bool) -> Chosen:
    """Return an item with the entered start, end and grade choice."""
    begin = request.values.get(f"start:{chosen.name}", "").strip()[:LONGEST_ENTRY]
    end = request.values.get(f"end:{chosen.name}", "").strip()[:LONGEST_ENTRY]
    fault, target = "", chosen.target
    try:
        target = read_target({**target.custom, "start": begin, "end": end}) or target
    except Invalid as refusal:
        fault = _(refusal.message)
    if chosen.seconds and max(target.starts_s or 0, target.ends_s or 0) > chosen.seconds + 1:
        fault = _(TOO_LONG, length=clock_of(chosen.seconds))
    is_usual = not (target.is_clip or is_column_taken)
    is_graded = not asked.takes_columns or _wants_grade(chosen, is_usual=is_usual)
    return chosen.placed(begin, end, replace(target, is_graded=is_graded), fault)


def _wants_grade(chosen: Chosen, *, is_usual: bool) -> bool:
    """Return whether a grade column is wanted: as checked, or else by default."""
    if chosen.name in request.values.getlist("asked"):
        return chosen.name in request.values.getlist("graded")
    return is_usual


def _item(chosen: Chosen, basket: Basket) -> Item:
    return copied(
        Item, chosen, text=chosen.summary, points=int(basket.points) if basket.is_graded else 0
    )


def _card(choice: Choice, basket: Basket) -> Card:
    names = {each.name for each in basket.items}
    return card_of(
        choice, picture_of(choice.slug, choice.film), is_chosen=choice.public_id in names
    )


def _count_words(found: Selection) -> str:
    first = (found.page - 1) * PAGE_SIZE + 1
    if found.total <= PAGE_SIZE:
        return ngettext("%(num)s recording", "%(num)s recordings", found.total)
    last = first + len(found.items) - 1
    return _("%(first)s to %(last)s of %(total)s", first=first, last=last, total=found.total)


def _form_target(return_url: str) -> str:
    """Return the return URL as a CSP source: without its query, its path quoted.

    Quoting keeps a platform's URL from adding another source, directive or policy.
    """
    parts = urlsplit(return_url)
    host = (parts.hostname or "").encode("idna").decode()
    place = f"[{host}]" if ":" in host else host
    port = "" if parts.port is None else f":{parts.port}"
    return f"{parts.scheme}://{place}{port}{quote(parts.path, safe=PATH_MARKS)}"
