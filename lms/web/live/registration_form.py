"""The form of a registration: our team's questions, and a request for an accommodation."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from wtforms import Field, Form, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from lms.live.answers import LONGEST_ANSWER, NO, YES
from lms.live.questions import Question
from lms.models.live import QuestionKind
from lms.requests.accommodations import LONGEST_DETAILS, NEED_WORDS, Need, Needs
from lms.web.core.form_fields import ChoicesField, sent_or_stored
from lms.web.core.lazy_form_translations import _l


class AccommodationForm(Form):
    """What a person needs at the live session; the questions are added as fields by their public IDs."""

    needs = ChoicesField(_l("What do you need?"), [Optional()])
    details = TextAreaField(
        _l("Details"),
        [Optional(), Length(max=LONGEST_DETAILS, message=_l("Use up to 2,000 characters."))],
        description=_l("Only our team sees this. Your organization doesn't."),
        render_kw={"rows": 3, "maxlength": LONGEST_DETAILS},
    )

    def needed(self) -> Needs | None:
        """Return what was asked for; None if nothing was."""
        kinds = [each for each in Need if each in (self.needs.data or ())]
        details = (self.details.data or "").strip()
        return Needs(kinds, details) if kinds or details else None


def registration_form(
    questions: Sequence[Question], answers: Mapping[str, str]
) -> AccommodationForm:
    """Return the form with a field for each question, filled with the earlier answers or what was sent."""
    fields: dict[str, Any] = {each.id: _field_of(each) for each in questions}
    made: type[AccommodationForm] = type("RegistrationForm", (AccommodationForm,), fields)
    form = sent_or_stored(made, data=dict(answers))
    for each in questions:
        field = form[each.id]
        if isinstance(field, SelectField):
            field.choices = _offered(each)
    form.needs.choices = [(each.value, _(words)) for each, words in NEED_WORDS.items()]
    return form


def sent_answers(form: Form, questions: Sequence[Question]) -> Mapping[str, str]:
    """Return the sent answers by the questions' public IDs."""
    return {each.id: form[each.id].data or "" for each in questions}


def _field_of(question: Question) -> Field:
    # lms/live/answers.py checks the answers; an unanswered choice is an empty text there
    validators = [] if question.is_required else [Optional()]
    match question.kind:
        case QuestionKind.TEXT:
            kept = {"maxlength": LONGEST_ANSWER}
            return StringField(question.text, validators, render_kw=kept)
        case QuestionKind.CHOICE:
            return SelectField(question.text, validators, validate_choice=False)
        case QuestionKind.YES_NO:
            return RadioField(question.text, validators, validate_choice=False)


def _offered(question: Question) -> list[tuple[str, str]]:
    """Return the answers that a field offers, with their words."""
    if question.kind is QuestionKind.YES_NO:
        return [(YES, _("Yes")), (NO, _("No"))]
    return [("", _("Choose")), *((each, each) for each in question.choices)]


def said_answer(answer: str) -> str:
    """Return an answer as a person reads it."""
    return {YES: _("Yes"), NO: _("No")}.get(answer, answer)
