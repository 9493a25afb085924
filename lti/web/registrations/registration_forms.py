"""Registration forms: what managers enter and what our team sets for a platform.

The labels are ours; a guide has the product's own.
"""

from dataclasses import replace
from typing import Final

from flask_babel import gettext as _
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
from lti.registrations.setup_guides import Guide

LONGEST: Final = 1000
PLAIN: Final = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
WEB: Final = {**PLAIN, "inputmode": "url", "placeholder": "https://"}


class DetailsForm(Form):
    """The editable fields of a registration."""

    name = StringField(
        _l("Name"),
        [InputRequired(_l("Enter a name.")), Length(max=LONGEST_NAME)],
        description=_l("For example, Elm County Moodle."),
    )
    auth_url = StringField(
        _l("Authentication URL"),
        [InputRequired(_l("Copy this value from the LMS.")), Length(max=LONGEST)],
        render_kw=WEB,
    )
    token_url = StringField(
        _l("Token URL"),
        [InputRequired(_l("Copy this value from the LMS.")), Length(max=LONGEST)],
        render_kw=WEB,
    )
    jwks_url = StringField(
        _l("Keyset URL"),
        [InputRequired(_l("Copy this value from the LMS.")), Length(max=LONGEST)],
        render_kw=WEB,
    )
    token_audience = StringField(
        _l("Token audience"),
        [Optional(), Length(max=LONGEST)],
        description=_l("Only if your LMS shows one, like Brightspace."),
        render_kw=PLAIN,
    )

    def fill(self, facts: RegistrationFacts) -> None:
        """Fill the form with the current values."""
        for name in ("name", "auth_url", "token_url", "jwks_url", "token_audience"):
            self[name].data = getattr(facts.details, name) or ""


class PlatformForm(DetailsForm):
    """A new LMS registration."""

    issuer = StringField(
        _l("Issuer (platform ID)"),
        [InputRequired(_l("Copy this value from the LMS.")), Length(max=LONGEST_ISSUER)],
        render_kw=PLAIN,
    )
    client_id = StringField(
        _l("Client ID"),
        [InputRequired(_l("Copy this value from the LMS.")), Length(max=LONGEST_ID)],
        render_kw=PLAIN,
    )
    deployment_id = StringField(
        _l("Deployment ID"),
        [Optional(), Length(max=LONGEST_ID)],
        description=_l("We get it with the first launch from a course."),
        render_kw=PLAIN,
    )

    def name_as(self, guide: Guide) -> None:
        """Say under each field what the guide's product calls it."""
        for name, theirs in guide.gives.items():
            said = _("In %(product)s: %(field)s.", product=guide.product, field=_(theirs))
            self[name].description = f"{said} {self[name].description}".rstrip()


class SettingsForm(Form):
    """Settings of an LMS that only our team can change."""

    leeway_s = IntegerField(
        _l("Clock tolerance (seconds)"),
        [InputRequired(_l(BAD_LEEWAY)), NumberRange(0, LONGEST_LEEWAY_S, _l(BAD_LEEWAY))],
        description=_l(
            "60 is enough if the LMS syncs its clock with a time server. We refuse launches with"
            " a larger difference."
        ),
        render_kw={"class": "input-short", "min": "0", "max": str(LONGEST_LEEWAY_S)},
    )
    admits_anonymous = BooleanField(
        _l("Allow people without a user ID"),
        description=_l(
            "They can watch where seats aren't assigned by name. Their progress isn't saved or "
            "graded. If not allowed, their launches are refused."
        ),
    )
    frame_origins = TextAreaField(
        _l("Other addresses that show its courses"),
        [Optional(), Length(max=LONGEST)],
        description=_l(
            "One per line, such as https://courses.example.edu. You don't need to enter the addresses "
            "of its issuer and login URL."
        ),
        render_kw={**PLAIN, "rows": 3},
    )

    def fill(self, facts: RegistrationFacts) -> None:
        """Fill the form with the current settings."""
        self.leeway_s.data = facts.details.leeway_s
        self.admits_anonymous.data = facts.details.admits_anonymous
        self.frame_origins.data = "\n".join(facts.details.frame_origins)

    def changed(self, details: RegistrationDetails) -> RegistrationDetails:
        """Return the registration's details with the entered settings."""
        return replace(
            details,
            leeway_s=details.leeway_s if self.leeway_s.data is None else self.leeway_s.data,
            admits_anonymous=self.admits_anonymous.data,
            frame_origins=tuple((self.frame_origins.data or "").split()),
        )


def new_details(form: DetailsForm, *, allows_loopback: bool = False) -> RegistrationDetails:
    """Return the entered details; `allows_loopback` permits an LMS on this machine."""
    return RegistrationDetails(
        name=form.name.data or "",
        auth_url=form.auth_url.data or "",
        token_url=form.token_url.data or "",
        jwks_url=form.jwks_url.data or "",
        token_audience=form.token_audience.data or None,
        allows_loopback=allows_loopback,
    )
