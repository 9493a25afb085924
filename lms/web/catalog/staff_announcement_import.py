"""Staff pages that turn a plain-text announcement into a filled-in webinar form."""

from typing import Final

from babel.dates import format_date
from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import Session
from wtforms import FileField, Form, TextAreaField
from wtforms.validators import Optional

from lms.announcement_parser.catalog_matcher import (
    Fitted,
    add_named_series,
    add_speaker,
    fit,
    read_file,
)
from lms.announcement_parser.evidence import Question
from lms.announcement_parser.start_date_and_time import Beginning
from lms.announcement_parser.used_text import parts_of
from lms.catalog.webinars import add_webinar
from lms.core import clock
from lms.core.dates_and_time_zones import (
    LOCALE,
    from_wall_clock,
    is_zone,
    on_wall_clock,
    read_zone,
    say_datetime,
)
from lms.core.errors import Invalid
from lms.core.markdown import to_html
from lms.web.catalog.staff_forms import WebinarForm
from lms.web.catalog.staff_webinars import prepared, words_in
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.form_errors import show_faults, shown_in
from lms.web.core.lazy_form_translations import _l
from lms.web.core.number_parsing_and_formatting import read_figures
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("staff_flyers", __name__, url_prefix="/staff/webinars/import")

LAST_PLACE: Final = 999
CHOSEN: Final = "-"  # separates a button's action from the index of its subject


class FlyerForm(Form):
    """The text of an announcement, pasted or as a file."""

    text = TextAreaField(
        _l("Announcement text"),
        [Optional()],
        description=_l("Paste it from an email or a document. Layout and order don't matter."),
        render_kw={"rows": 16, "autocomplete": "off"},
    )
    file = FileField(
        _l("Or upload a file"),
        [Optional()],
        description=_l("Plain text (.txt or .md)."),
        render_kw={"accept": ".txt,.md,text/plain,text/markdown"},
    )


@blueprint.get("")
@open_to(Audience.STAFF)
def paste() -> ResponseReturnValue:
    return render("catalog/staff_announcement_import.html", form=FlyerForm())


@blueprint.post("")
@open_to(Audience.STAFF)
def read() -> ResponseReturnValue:
    form = FlyerForm(request.form)
    with shown_in(form, Invalid):
        fitted, text = _sent(form)
        return _review(
            prepared(_filled(fitted)), fitted, text, open_questions=fitted.said.questions
        )
    return render("catalog/staff_announcement_import.html", form=form), 400


@blueprint.post("/review")
@open_to(Audience.STAFF)
def review() -> ResponseReturnValue:
    text, act = request.form.get("flyer", ""), request.form.get("act", "")
    form = WebinarForm(request.form)
    try:
        with transaction() as session:
            fitted = _do(session, form, _fitted(session, text), act)
    except Invalid as refusal:
        return render("catalog/staff_announcement_import.html", form=_faulty(text, refusal)), 400
    prepared(form)
    if act != "save":
        return _review(form, fitted, text)
    words = words_in(form)
    if words is None:
        return _review(form, fitted, text), 400
    with shown_in(form, Invalid):
        with transaction() as session:
            kept = add_webinar(session, words, **acting())
        flash(_("Draft saved. Only staff see it until you announce it."), "done")
        return see_other("staff_webinars.show", slug=kept.slug)
    return _review(form, fitted, text), 400


def _sent(form: FlyerForm) -> tuple[Fitted, str]:
    """Return the parsed announcement and its text, pasted or from the file; raises Invalid."""
    sent = request.files.get("file")
    text = form.text.data or ""
    if not text.strip() and sent is not None and sent.filename:
        text = read_file(sent.stream)
    with read_session() as session:
        return _fitted(session, text), text


def _fitted(session: Session, text: str) -> Fitted:
    zone = carrel().settings.time_zone
    return fit(
        session, text, default_zone=zone, today=on_wall_clock(clock.now(), read_zone(zone)).date()
    )


def _faulty(text: str, refusal: Invalid) -> FlyerForm:
    form = FlyerForm(text=text)
    show_faults(form, refusal)
    return form


def _filled(fitted: Fitted) -> WebinarForm:
    """Return the webinar form as the announcement fills it; unknown fields stay empty."""
    said = fitted.said
    begins = said.when.beginning
    return WebinarForm(
        title=said.title,
        subtitle=said.subtitle,
        hosted_by=said.hosted_by,
        summary=said.summary,
        held_at=begins.shown if begins else None,
        zone=begins.zone if begins else carrel().settings.time_zone,
        minutes=fitted.minutes,
        presenters=list(fitted.presenters),
        series=list(fitted.series),
        overview=said.overview,
        agenda="\n".join(said.agenda),
        free=said.free,
        not_in_passes=not said.is_in_passes,
    )


def _do(session: Session, form: WebinarForm, fitted: Fitted, act: str) -> Fitted:
    """Do what a button beside the form requests: add a presenter or a series, or choose a start time."""
    what, _mark, which = act.partition(CHOSEN)
    place = read_figures(which, LAST_PLACE)
    if place is None:
        return fitted
    actor, now = required_viewer().public_id, clock.now()
    if what == "presenter" and place < len(fitted.new_speakers):
        slug = add_speaker(session, fitted.new_speakers[place], actor=actor, now=now)
        form.presenters.data = [*(form.presenters.data or ()), slug]
    elif what == "series" and place < len(fitted.new_series):
        slug = add_named_series(session, fitted.new_series[place], actor=actor, now=now)
        form.series.data = [*(form.series.data or ()), slug]
    elif what == "moment" and place < len(fitted.said.when.choices):
        _choose(form, fitted.said.when.choices[place])
    else:
        return fitted
    session.flush()
    return _fitted(session, request.form.get("flyer", ""))


def _choose(form: WebinarForm, chosen: Beginning) -> None:
    form.held_at.data, form.held_at.raw_data = chosen.shown, None
    if chosen.zone:
        form.zone.data = chosen.zone


def _review(
    form: WebinarForm,
    fitted: Fitted,
    text: str,
    *,
    open_questions: tuple[Question, ...] | None = None,
) -> str:
    """Render the form with `open_questions`, or with those that what was sent doesn't answer."""
    said = fitted.said.questions
    asked = open_questions or [one for one in said if _asks(form, fitted, one.field)]
    is_when_asked = any(one.field == "held_at" for one in asked)
    return render(
        "catalog/staff_announcement_review.html",
        form=form,
        standing=None,
        overview_html=Markup(to_html(form.overview.data or "")),  # noqa: S704  (nh3 sanitized it)
        fitted=fitted,
        flyer=text,
        parts=parts_of(text, _values(form, fitted)),
        questions=[_(one.sentence) for one in asked],
        when_words=fitted.said.when_words if is_when_asked else "",
        choices=[_said(one) for one in fitted.said.when.choices] if _is_open(form) else [],
        action=url_for(".review"),
    )


def _values(form: WebinarForm, fitted: Fitted) -> list[str]:
    """Return what of an announcement the page shows in its fields, to be marked in the text."""
    said = fitted.said
    typed = (form.title, form.subtitle, form.hosted_by, form.summary, form.overview, form.agenda)
    known = said.when_words if form.held_at.data else ""
    names = [one.name for one in said.speakers]
    return [*(field.data or "" for field in typed), known, *names, *said.series]


def _asks(form: WebinarForm, fitted: Fitted, field: str) -> bool:
    """Return whether a question is still open: the form has no other answer yet."""
    if field == "held_at":
        return not (form.held_at.data and form.zone.data)
    if field in ("presenters", "series"):
        return not form[field].data
    return field != "title" or form.title.data == fitted.said.title


def _is_open(form: WebinarForm) -> bool:
    """Return whether the start or its time zone is still missing."""
    return not (form.held_at.data and form.zone.data)


def _said(one: Beginning) -> str:
    """Return a start time that the text may mean: `Thursday, May 6, 2027, 2:00 PM ET`."""
    if not is_zone(one.zone):
        return str(format_date(one.shown, "full", locale=LOCALE))
    zone = read_zone(one.zone)
    try:
        return say_datetime(from_wall_clock(one.shown, zone), zone)
    except Invalid:
        return f"{one.shown:%Y-%m-%d %H:%M} {one.zone}"
