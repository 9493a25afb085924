"""What is entered of a learning system by hand; the labels are ours, a guide names the product's own."""

from typing import Final

from wtforms import Form, StringField
from wtforms.validators import InputRequired, Length, Optional

from lms.web.forms.texts import _l
from lti.registrations import (
    LONGEST_ID,
    LONGEST_ISSUER,
    LONGEST_NAME,
    RegistrationDetails,
    RegistrationFacts,
)

LONGEST: Final = 1000
PLAIN: Final = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
WEB: Final = {**PLAIN, "inputmode": "url", "placeholder": "https://"}


class DetailsForm(Form):
    """What may change of a registration."""

    name = StringField(
        _l("Name"),
        [InputRequired(_l("Name the learning system.")), Length(max=LONGEST_NAME)],
        description=_l("How it is listed here, such as Elm County Moodle."),
    )
    auth_url = StringField(
        _l("Authentication URL"),
        [InputRequired(_l("Copy it from the learning system.")), Length(max=LONGEST)],
        render_kw=WEB,
    )
    token_url = StringField(
        _l("Token URL"),
        [InputRequired(_l("Copy it from the learning system.")), Length(max=LONGEST)],
        render_kw=WEB,
    )
    jwks_url = StringField(
        _l("Keyset URL"),
        [InputRequired(_l("Copy it from the learning system.")), Length(max=LONGEST)],
        render_kw=WEB,
    )
    token_audience = StringField(
        _l("Token audience"),
        [Optional(), Length(max=LONGEST)],
        description=_l("Only where the learning system names one, as Brightspace does."),
        render_kw=PLAIN,
    )

    def fill(self, facts: RegistrationFacts) -> None:
        """Show what is agreed now."""
        for name in ("name", "auth_url", "token_url", "jwks_url", "token_audience"):
            self[name].data = getattr(facts.details, name) or ""


class PlatformForm(DetailsForm):
    """A learning system to be registered."""

    issuer = StringField(
        _l("Issuer (platform ID)"),
        [InputRequired(_l("Copy it from the learning system.")), Length(max=LONGEST_ISSUER)],
        render_kw=PLAIN,
    )
    client_id = StringField(
        _l("Client ID"),
        [InputRequired(_l("Copy it from the learning system.")), Length(max=LONGEST_ID)],
        render_kw=PLAIN,
    )
    deployment_id = StringField(
        _l("Deployment ID"),
        [Optional(), Length(max=LONGEST_ID)],
        description=_l("Without one, the first launch from a course brings it."),
        render_kw=PLAIN,
    )


def new_details(form: DetailsForm) -> RegistrationDetails:
    """Return what was entered of a new registration."""
    return RegistrationDetails(
        name=form.name.data or "",
        auth_url=form.auth_url.data or "",
        token_url=form.token_url.data or "",
        jwks_url=form.jwks_url.data or "",
        token_audience=form.token_audience.data or None,
    )
