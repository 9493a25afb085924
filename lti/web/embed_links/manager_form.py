"""The manager form for an embed link: its name, allowed sites, who can watch, and its last day."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from wtforms import DateField, Form, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from lms.core.dates_and_time_zones import end_of_day, last_calendar_day
from lms.core.errors import Invalid
from lms.web.core.lazy_form_translations import _l
from lti.embed_links.allowed_origins import read_origins
from lti.embed_links.embed_links import LONGEST_LABEL, EmbedDetails, EmbedFacts
from lti.models.embed_links import SeatRule

LONGEST_ORIGINS = 4000
CHOICES = (
    (
        SeatRule.SEATED,
        _l(
            "Our people: each person confirms their email address with a code and watches with a "
            "seat, an invitation, or an address at one of our domains"
        ),
    ),
    (
        SeatRule.NAMED,
        _l(
            "Anyone who confirms an email address: each person claims a seat, while seats are available"
        ),
    ),
    (
        SeatRule.INSTITUTION,
        _l("Everyone who sees the page: we don't ask who they are. Requires unlimited seats."),
    ),
)


class EmbedForm(Form):
    """An embed link: its name, sites, rule, and expiry."""

    label = StringField(
        _l("Name"),
        [InputRequired(_l("Enter a name.")), Length(max=LONGEST_LABEL)],
        description=_l("Only you see it. For example, the page where you'll show it."),
        render_kw={"maxlength": LONGEST_LABEL, "autocomplete": "off"},
    )
    origins = TextAreaField(
        _l("Sites where it can be shown"),
        [InputRequired(_l("Enter at least one site.")), Length(max=LONGEST_ORIGINS)],
        description=_l(
            "One per line, such as https://learn.example.org. It won't play on any other site."
        ),
        render_kw={
            "rows": 3,
            "autocapitalize": "none",
            "autocomplete": "off",
            "spellcheck": "false",
            "placeholder": "https://",
        },
    )
    seat_rule = RadioField(
        _l("Who can watch"),
        [InputRequired(_l("Choose who can watch."))],
        default=SeatRule.SEATED.value,
    )
    expires = DateField(
        _l("Last day"),
        [Optional()],
        description=_l(
            "The link stops working after this date. You can change it later. Required if anyone can "
            "take a seat."
        ),
        render_kw={"class": "input-short"},
    )
    sites: tuple[str, ...] = ()

    def offer_rules(self) -> None:
        """Set the labels of the rules."""
        self.seat_rule.choices = [(rule.value, words) for rule, words in CHOICES]

    def validate_origins(self, field: TextAreaField) -> None:
        """Read the sites; raises ValidationError that names the first invalid one."""
        try:
            self.sites = read_origins(field.data or "")
        except Invalid as refusal:
            raise ValidationError(_(refusal.message)) from refusal

    def fill(self, facts: EmbedFacts, zone: ZoneInfo) -> None:
        """Fill the form with the link's current settings."""
        details = facts.details
        self.label.data, self.origins.data = details.label, "\n".join(details.origins)
        self.seat_rule.data = details.seat_rule.value
        self.expires.data = (
            None if details.expires_at is None else last_calendar_day(details.expires_at, zone)
        )

    def details(self, zone: ZoneInfo) -> EmbedDetails:
        """Return the entered settings."""
        last_day = self.expires.data
        ends_at: datetime | None = (
            None if last_day is None else end_of_day(last_day, zone, field="expires")
        )
        return EmbedDetails(
            self.label.data or "", self.sites, SeatRule(self.seat_rule.data), ends_at
        )
