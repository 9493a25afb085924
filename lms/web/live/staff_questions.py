"""Staff pages for registration questions, of one webinar and by default, and the default survey link."""

from collections.abc import Mapping, Sequence
from typing import Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.catalog.staff_read_models import read_standing
from lms.core.clock import now
from lms.core.errors import N_, Invalid
from lms.live import questions, survey_links
from lms.live.questions import MOST, Question, read_questions
from lms.models.catalog import Webinar
from lms.models.live import QuestionKind
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.number_parsing_and_formatting import read_figures
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("staff_questions", __name__, url_prefix="/staff")

SPARE: Final = 2
OWN: Final = "own"
KIND_WORDS: Final = {
    QuestionKind.TEXT: N_("Text"),
    QuestionKind.CHOICE: N_("Multiple choice"),
    QuestionKind.YES_NO: N_("Yes or no"),
}


@blueprint.route("/registration", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def defaults() -> ResponseReturnValue:
    """Edit what applies to every webinar without its own: the questions and the survey link."""
    if request.method == "GET":
        with read_session() as session:
            stored = read_questions(session, None)
            link = survey_links.read_default(session)
        return _default_page(stored, link, {})
    wanted, link = _sent(), request.form.get("survey_link", "")
    actor = required_viewer().public_id
    try:
        with transaction() as session:
            survey_links.set_default(session, link, actor=actor, now=now())
            questions.set_default_questions(session, wanted, actor=actor, now=now())
    except Invalid as refusal:
        return _default_page(wanted, link, refusal.fields), 400
    flash(_("Saved."), "done")
    return see_other(".defaults")


@blueprint.route("/webinars/<slug>/questions", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def edit(slug: str) -> ResponseReturnValue:
    """Choose whether a webinar asks the default questions or its own, and edit its own."""
    with read_session() as session:
        standing = read_standing(session, slug)
        has_own = session.get_one(Webinar, standing.id).has_own_questions
        stored = read_questions(session, standing.id)
        default = read_questions(session, None)
    title, faults = standing.words.title, dict[str, str]()
    if request.method == "POST":
        stored, has_own = _sent(), request.form.get("set") == OWN
        try:
            with transaction() as session:
                questions.set_own_questions(
                    session, standing.id, stored, has_own=has_own, **acting()
                )
        except Invalid as refusal:
            faults = dict(refusal.fields)
        else:
            flash(_("Saved."), "done")
            return see_other("staff_webinars.show", slug=slug)
    page = render(
        "live/staff_questions.html",
        slug=slug,
        title=title,
        has_own=has_own,
        default=default,
        **_lines(stored, faults),
    )
    return page, 400 if faults else 200


def _default_page(stored: Sequence[Question], link: str, faults: Mapping[str, str]) -> str:
    return render("live/staff_registration.html", survey_link=link, **_lines(stored, faults))


def _lines(stored: Sequence[Question], faults: Mapping[str, str]) -> dict[str, object]:
    spare = max(0, min(SPARE, MOST - len(stored)))
    return {
        "lines": [*stored, *[Question(QuestionKind.TEXT, "")] * spare],
        "kinds": [(kind.value, _(words)) for kind, words in KIND_WORDS.items()],
        "faults": {name: _(sentence) for name, sentence in faults.items()},
    }


def _sent() -> tuple[Question, ...]:
    """Return the submitted questions that have a text, by the numbers of their places."""
    lines = []
    for number in range(1, MOST + SPARE + 1):
        sent = {
            name: request.form.get(f"{name}-{number}", "")
            for name in ("text", "kind", "choices", "id", "place")
        }
        if not sent["text"].strip():
            continue
        kind = next((each for each in QuestionKind if each == sent["kind"]), QuestionKind.TEXT)
        question = Question(
            kind,
            sent["text"],
            tuple(sent["choices"].splitlines()),
            is_required=f"required-{number}" in request.form,
            id=sent["id"],
        )
        place = read_figures(sent["place"], MOST)
        lines.append((number if place is None else place, number, question))
    return tuple(each for _place, _number, each in sorted(lines, key=lambda each: each[:2]))
