"""The manager form for an embed link: its name, allowed sites, who may watch, and its last day."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from wtforms import DateField, Form, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from lms.core.dates_and_time_zones import end_of_day
from lms.core.errors import Invalid
from lms.lti_facade.dates import day_of
from lms.web.core.lazy_form_translations import _l
from lti.embed_links.allowed_origins import read_origins
from lti.embed_links.embed_links import LONGEST_LABEL, EmbedDetails, EmbedFacts
from lti.models.embed_links import SeatRule

LONGEST_ORIGINS = 4000
CHOICES = (
    (
        SeatRule.SEATED,
        _l(
            "People of ours: each confirms an address by a code, and watches by their seat, their "
            "invitation or an address at one of our domains"
        ),
    ),
    (
        SeatRule.NAMED,
        _l("Anybody who confirms an address: each takes a free seat, until none is left"),
    ),
    (
        SeatRule.INSTITUTION,
        _l("Everybody who sees the page, without a name: needs unlimited seats"),
    ),
)


class EmbedForm(Form):
    """A link: its name, where it may stand, who watches by it, until when."""

    label = StringField(
        _l("Name"),
        [InputRequired(_l("Give it a name.")), Length(max=LONGEST_LABEL)],
        description=_l("For your own list, such as the page on which it stands."),
        render_kw={"maxlength": LONGEST_LABEL, "autocomplete": "off"},
    )
    origins = TextAreaField(
        _l("Sites that may show it"),
        [InputRequired(_l("Name at least one site.")), Length(max=LONGEST_ORIGINS)],
        description=_l(
            "One a line, such as https://learn.example.org. Browsers show it nowhere else, wherever it is copied."
        ),
        render_kw={
            "rows": 3,
            "autocapitalize": "none",
            "autocomplete": "off",
            "spellcheck": "false",
            "placeholder": "https://",
        },
    )
    seat_rule = RadioField(_l("Who may watch"), default=SeatRule.SEATED.value)
    expires = DateField(
        _l("Last day"),
        [Optional()],
        description=_l(
            "It shows nothing after this day. You can put it off at any time. "
            "Needed where anybody takes a seat."
        ),
        render_kw={"class": "input-short"},
    )
    sites: tuple[str, ...] = ()

    def offer_rules(self) -> None:
        """Give the rules their words."""
        self.seat_rule.choices = [(rule.value, words) for rule, words in CHOICES]

    def validate_origins(self, field: TextAreaField) -> None:
        """Read the sites; raises ValidationError with what is wrong with the first that can't be."""
        try:
            self.sites = read_origins(field.data or "")
        except Invalid as refusal:
            raise ValidationError(_(refusal.message)) from refusal

    def fill(self, facts: EmbedFacts, zone: ZoneInfo) -> None:
        """Show what is agreed now."""
        details = facts.details
        self.label.data, self.origins.data = details.label, "\n".join(details.origins)
        self.seat_rule.data = details.seat_rule.value
        self.expires.data = None if details.expires_at is None else day_of(details.expires_at, zone)

    def details(self, zone: ZoneInfo) -> EmbedDetails:
        """Return what was entered."""
        last_day = self.expires.data
        ends_at: datetime | None = None if last_day is None else end_of_day(last_day, zone)
        return EmbedDetails(
            self.label.data or "", self.sites, SeatRule(self.seat_rule.data), ends_at
        )
