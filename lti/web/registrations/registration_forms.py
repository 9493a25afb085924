"""Registration forms: what managers enter and what staff set for a platform.

The labels are ours, a guide names the product's own.
"""

from dataclasses import replace
from typing import Final

from wtforms import BooleanField, Form, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from lms.web.core.lazy_form_translations import _l
from lti.registrations.registrations import (
    BAD_LEEWAY,
    LONGEST_ID,
    LONGEST_ISSUER,
    LONGEST_LEEWAY_S,
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


class SettingsForm(Form):
    """What staff set for a learning system, beyond what is agreed with it."""

    leeway_s = IntegerField(
        _l("Its clock may differ by (seconds)"),
        [InputRequired(_l(BAD_LEEWAY)), NumberRange(0, LONGEST_LEEWAY_S, _l(BAD_LEEWAY))],
        description=_l(
            "60 is enough for clocks that are set from the network; launches are refused beyond it."
        ),
        render_kw={"class": "input-short", "min": "0", "max": str(LONGEST_LEEWAY_S)},
    )
    admits_anonymous = BooleanField(
        _l("Let in people whom it does not name"),
        description=_l(
            "They watch where seats have no names, and nothing of it is kept or graded. Otherwise "
            "their launches are refused."
        ),
    )
    frame_origins = TextAreaField(
        _l("Further addresses that show its courses"),
        [Optional(), Length(max=LONGEST)],
        description=_l(
            "One a line, such as https://courses.example.edu. Those of its issuer and its log-in are known."
        ),
        render_kw={**PLAIN, "rows": 3},
    )

    def fill(self, facts: RegistrationFacts) -> None:
        """Show what is set now."""
        self.leeway_s.data = facts.details.leeway_s
        self.admits_anonymous.data = facts.details.admits_anonymous
        self.frame_origins.data = "\n".join(facts.details.frame_origins)

    def changed(self, details: RegistrationDetails) -> RegistrationDetails:
        """Return what is agreed, with what was set."""
        return replace(
            details,
            leeway_s=details.leeway_s if self.leeway_s.data is None else self.leeway_s.data,
            admits_anonymous=self.admits_anonymous.data,
            frame_origins=tuple((self.frame_origins.data or "").split()),
        )


def new_details(form: DetailsForm, *, allows_loopback: bool = False) -> RegistrationDetails:
    """Return what was entered of a new registration; `allows_loopback` where it may be at this machine."""
    return RegistrationDetails(
        name=form.name.data or "",
        auth_url=form.auth_url.data or "",
        token_url=form.token_url.data or "",
        jwks_url=form.jwks_url.data or "",
        token_audience=form.token_audience.data or None,
        allows_loopback=allows_loopback,
    )
