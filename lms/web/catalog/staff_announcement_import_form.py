"""The form for an announcement import: plain text, pasted or as a file."""

from wtforms import FileField, Form, TextAreaField
from wtforms.validators import Optional

from lms.web.core.lazy_form_translations import _l


class FlyerForm(Form):
    """The text of an announcement, pasted or as a file."""

    text = TextAreaField(
        _l("The announcement"),
        [Optional()],
        description=_l(
            "As it came by mail or stands in a document. Layout and order do not matter."
        ),
        render_kw={"rows": 16, "autocomplete": "off"},
    )
    file = FileField(
        _l("Or a file"),
        [Optional()],
        description=_l("Plain text (.txt or .md)."),
        render_kw={"accept": ".txt,.md,text/plain,text/markdown"},
    )
