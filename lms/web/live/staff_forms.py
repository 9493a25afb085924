"""Forms of the staff pages for a live webinar: cancel and postpone."""

from wtforms import DateTimeLocalField, Form, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from lms.live.change_notices import LONGEST_SAID
from lms.web.core.lazy_form_translations import _l


class CancelForm(Form):
    """What those are told who would have come."""

    said = TextAreaField(
        _l("A message"),
        [Optional(), Length(max=LONGEST_SAID, message=_l("Use at most 2,000 characters."))],
        description=_l(
            "It stands in the letter and on the webinar's page: why, and what you offer."
        ),
        render_kw={"rows": 4, "maxlength": LONGEST_SAID},
    )


class PostponeForm(CancelForm):
    """The new date of a webinar, by the clocks of its zone."""

    held_at = DateTimeLocalField(
        _l("Begins"),
        [InputRequired(_l("Say when it begins, as the clocks in its zone show."))],
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        render_kw={"class": "input-moment"},
    )
