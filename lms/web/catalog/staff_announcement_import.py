"""Staff pages that turn a plain-text announcement into a filled-in webinar form."""

from typing import Final

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
    slug_of_presenter,
)
from lms.announcement_parser.parser import Speaker
from lms.announcement_parser.start_date_and_time import Beginning
from lms.announcement_parser.used_text import parts_of
from lms.catalog.webinars import add_webinar
from lms.core import clock
from lms.core.dates_and_time_zones import on_wall_clock, read_zone
from lms.core.errors import Invalid
from lms.core.markdown import to_html
from lms.web.catalog.staff_announcement_questions import ALL, asked_of
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
        return _review(prepared(_filled(fitted)), fitted, text, set())
    return render("catalog/staff_announcement_import.html", form=form), 400


@blueprint.post("/review")
@open_to(Audience.STAFF)
def review() -> ResponseReturnValue:
    text, act = request.form.get("flyer", ""), request.form.get("act", "")
    form, checked = WebinarForm(request.form), set(request.form.get("checked", "").split())
    try:
        with transaction() as session:
            fitted = _do(session, form, _fitted(session, text), act, checked)
    except Invalid as refusal:
        return render("catalog/staff_announcement_import.html", form=_faulty(text, refusal)), 400
    prepared(form)
    if act != "save":
        return _review(form, fitted, text, checked)
    words = words_in(form)
    if words is None:
        return _review(form, fitted, text, checked), 400
    with shown_in(form, Invalid):
        with transaction() as session:
            kept = add_webinar(session, words, **acting())
        flash(_("Draft saved. Only staff see it until you announce it."), "done")
        return see_other("staff_webinars.show", slug=kept.slug)
    return _review(form, fitted, text, checked), 400


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
    begins = said.when.settled
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


def _do(session: Session, form: WebinarForm, fitted: Fitted, act: str, checked: set[str]) -> Fitted:
    """Do what a button beside the form requests, and add the questions that it answers to `checked`."""
    what, _mark, which = act.partition(CHOSEN)
    place = read_figures(which, LAST_PLACE)
    if what == "ok":
        checked |= _confirm(session, form, fitted, which, checked)
    elif place is not None:
        checked |= _answer(session, form, fitted, what, place)
    session.flush()
    return _fitted(session, request.form.get("flyer", ""))


def _answer(session: Session, form: WebinarForm, fitted: Fitted, what: str, place: int) -> set[str]:
    """Put what a button offers into the form; returns the question that this answers."""
    choices = {one.field: one.choices for one in fitted.said.questions}.get(what, ())
    match what:
        case "presenter" if place < len(fitted.new_speakers):
            _add(session, form, fitted.new_speakers[place])
            return {"presenters"}
        case "series" if place < len(fitted.new_series):
            _open(session, form, fitted.new_series[place])
        case "moment" if place < len(fitted.said.when.choices):
            _choose(form, fitted.said.when.choices[place])
            return {"held_at"}
        case "free":
            form.free.data = bool(place)
        case "is_in_passes":
            form.not_in_passes.data = not place
        case "presenters" if place < len(choices):
            _add(session, form, Speaker(choices[place], ""))
            return set()  # there may be more
        case _ if place < len(choices):
            _take(form, what, choices[place])
        case _:
            return set()
    return {what}


def _confirm(
    session: Session, form: WebinarForm, fitted: Fitted, field: str, checked: set[str]
) -> set[str]:
    """Take what is filled in as the answer to a question, or to all for which it can be; returns them."""
    asked = asked_of(form, fitted, _filled(fitted), checked)
    sure = {one.field for one in asked if one.is_answered_by_form and field in (ALL, one.field)}
    for speaker in fitted.new_speakers if "presenters" in sure else ():
        _add(session, form, speaker)
    for title in fitted.new_series if "series" in sure else ():
        _open(session, form, title)
    return sure


def _add(session: Session, form: WebinarForm, speaker: Speaker) -> None:
    """Select a presenter in the form, and add them if they are new."""
    slug = slug_of_presenter(session, speaker.name)
    slug = slug or add_speaker(session, speaker, actor=required_viewer().public_id, now=clock.now())
    form.presenters.data = list(dict.fromkeys([*(form.presenters.data or ()), slug]))


def _open(session: Session, form: WebinarForm, title: str) -> None:
    slug = add_named_series(session, title, actor=required_viewer().public_id, now=clock.now())
    form.series.data = [*(form.series.data or ()), slug]


def _take(form: WebinarForm, field: str, chosen: str) -> None:
    """Put the chosen answer into its field; a text is added to the overview."""
    if field == "overview" and form.overview.data:
        chosen = f"{form.overview.data}\n\n{chosen}"
    form[field].data = int(chosen) if field == "minutes" else chosen
    form[field].raw_data = None


def _choose(form: WebinarForm, chosen: Beginning) -> None:
    form.held_at.data, form.held_at.raw_data = chosen.shown, None
    if chosen.zone:
        form.zone.data = chosen.zone


def _review(form: WebinarForm, fitted: Fitted, text: str, checked: set[str]) -> str:
    """Render the form with the questions that are still open."""
    return render(
        "catalog/staff_announcement_review.html",
        form=form,
        standing=None,
        overview_html=Markup(to_html(form.overview.data or "")),  # noqa: S704  (nh3 sanitized it)
        fitted=fitted,
        flyer=text,
        parts=parts_of(text, _values(form, fitted)),
        asked=asked_of(form, fitted, _filled(fitted), checked),
        checked=" ".join(sorted(checked)),
        action=url_for(".review"),
    )


def _values(form: WebinarForm, fitted: Fitted) -> list[str]:
    """Return what of an announcement the page shows in its fields, to be marked in the text."""
    said = fitted.said
    typed = (form.title, form.subtitle, form.hosted_by, form.summary, form.overview, form.agenda)
    known = said.when_words if form.held_at.data else ""
    names = [one.name for one in said.speakers]
    return [*(field.data or "" for field in typed), known, *names, *said.series]
