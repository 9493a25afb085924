"""The open questions about an imported announcement, and the buttons that answer them."""

from dataclasses import dataclass
from typing import Final

from babel.dates import format_date
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.announcement_parser.catalog_matcher import Fitted
from lms.announcement_parser.evidence import Question
from lms.announcement_parser.start_date_and_time import Beginning
from lms.core.dates_and_time_zones import LOCALE, from_wall_clock, is_zone, read_zone, say_datetime
from lms.core.errors import N_, Invalid
from lms.web.catalog.staff_forms import WebinarForm

ALL: Final = "all"
FREE: Final = N_("Free for everyone")
NOT_FREE: Final = N_("Not free")
AS_FILLED_IN: Final = N_("As filled in")
_TEXTS: Final = frozenset({"title", "subtitle", "hosted_by"})  # fields with a line of text
_FIELDS: Final = {"is_in_passes": "not_in_passes"}  # questions about another field of the form
_LONGEST: Final = 90  # characters of a text on a button


@dataclass(frozen=True, slots=True)
class Answer:
    """A button: what it does, its words, and whether the form has this answer already."""

    act: str
    words: str
    is_filled_in: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """An open question as the page shows it, with lines of the announcement; `target` is the field's id."""

    field: str
    name: str
    target: str
    sentence: str
    lines: tuple[str, ...]
    answers: tuple[Answer, ...]

    @property
    def is_answered_by_form(self) -> bool:
        """Return whether what is filled in may be the answer."""
        return any(one.is_filled_in for one in self.answers)


def asked_of(
    form: WebinarForm, fitted: Fitted, first: WebinarForm, checked: set[str]
) -> list[Asked]:
    """Return the questions that neither a button nor a change of the form has answered.

    `first` is the form as the announcement filled it in.
    """
    open_ones = [one for one in fitted.said.questions if _is_open(form, first, one.field, checked)]
    starts = [one for one in open_ones if one.field == "held_at"]
    found = [_start(starts, fitted)] if starts else []
    return [*found, *(_asked(form, fitted, one) for one in open_ones if one not in starts)]


def _is_open(form: WebinarForm, first: WebinarForm, field: str, checked: set[str]) -> bool:
    if field == "held_at" and not (form.held_at.data and form.zone.data):
        return True
    if field in checked or field in ("presenters", "series"):
        return field not in checked and not (field == "presenters" and form.new_presenters.data)
    names = {"held_at": ("held_at", "zone"), "overview": ("overview", "summary")}
    parts = names.get(field, (_FIELDS.get(field, field),))
    return all(name not in form or _value(form, name) == _value(first, name) for name in parts)


def _value(form: WebinarForm, name: str) -> object:
    """Return what a field has, but for spaces and order."""
    data = form[name].data
    if isinstance(data, list):
        return sorted(data)
    return " ".join(data.split()) if isinstance(data, str) else data or ""


def _start(questions: list[Question], fitted: Fitted) -> Asked:
    when = fitted.said.when
    answers = [Answer(f"moment-{at}", said(one)) for at, one in enumerate(when.choices)]
    lines = tuple(fitted.said.when_words.splitlines())
    sentence = " ".join(_(one.sentence) for one in questions)
    return Asked("held_at", _("Starts"), "held_at", sentence, lines, tuple(answers))


def _asked(form: WebinarForm, fitted: Fitted, question: Question) -> Asked:
    field = _FIELDS.get(question.field, question.field)
    names = {"prices": _("Prices"), "biographies": _("Biographies"), "not_in_passes": _("Passes")}
    name = names.get(field) or str(form[field].label.text)
    is_shown = {"presenters": form.presenters.names, "series": form.series.names}.get(field, True)
    target = field if field in form and is_shown else ""
    target = target or ("new_presenters" if field == "presenters" else "")
    kept = _kept(form, fitted, question.field)
    answers = (*kept, *_others(form, question))
    return Asked(question.field, name, target, _(question.sentence), question.lines, answers)


def _kept(form: WebinarForm, fitted: Fitted, field: str) -> list[Answer]:
    """Return the button that confirms what is filled in, if it can be the answer."""
    said, act = fitted.said, f"ok-{field}"
    if field in ("free", "is_in_passes"):
        return []
    words = _(AS_FILLED_IN)
    if field in _TEXTS:
        words = form[field].data or ("" if field == "title" else _("None"))
    elif field == "minutes":
        words = _minutes(form.minutes.data or 0)
    elif field == "presenters":
        known = {str(one[0]): str(one[1]) for one in form.presenters.choices or ()}
        chosen = [known.get(slug, slug) for slug in form.presenters.data or ()]
        words = ", ".join([*chosen, *(one.name for one in fitted.new_speakers)])
    elif field == "overview":
        words = words if form.overview.data else ""
    elif field == "agenda":
        count = len((form.agenda.data or "").splitlines())
        words = ngettext("The %(num)s point filled in", "The %(num)s points filled in", count)
        words = words if count else _("None")
    elif field == "series":
        words = ", ".join(said.series) or _("None")
    return [Answer(act, words, is_filled_in=True)] if words else []


def _others(form: WebinarForm, question: Question) -> list[Answer]:
    """Return the buttons that answer a question otherwise than the form does."""
    field = question.field
    if field == "free":
        return _yes_or_no(field, _(FREE), _(NOT_FREE), is_yes=form.free.data)
    if field == "is_in_passes":
        is_yes = not form.not_in_passes.data
        return _yes_or_no(field, _("Included in passes"), _("Not included"), is_yes=is_yes)
    words = [_shortened(one) for one in question.choices]
    if field == "minutes":
        words = [_minutes(int(one)) for one in question.choices]
    elif field == "overview":
        words = [_("Add: %(text)s", text=one) for one in words]
    elif field == "agenda":
        words = [_("Use: %(text)s", text=one) for one in words]
    elif field == "presenters":
        words = [_("Add %(name)s", name=one) for one in words]
    return [Answer(f"{field}-{at}", one) for at, one in enumerate(words)]


def _yes_or_no(act: str, yes: str, no: str, *, is_yes: bool) -> list[Answer]:
    return [
        Answer(f"{act}-1", yes, is_filled_in=is_yes),
        Answer(f"{act}-0", no, is_filled_in=not is_yes),
    ]


def _minutes(count: int) -> str:
    return ngettext("%(num)s minute", "%(num)s minutes", count)


def _shortened(text: str) -> str:
    text = "; ".join(text.splitlines())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rsplit(' ', 1)[0]}\u2026"


def said(one: Beginning) -> str:
    """Return a start time that the text may mean: `Thursday, May 6, 2027, 2:00 PM ET`."""
    if not is_zone(one.zone):
        return str(format_date(one.shown, "full", locale=LOCALE))
    zone = read_zone(one.zone)
    try:
        return say_datetime(from_wall_clock(one.shown, zone), zone)
    except Invalid:
        return f"{one.shown:%Y-%m-%d %H:%M} {one.zone}"
