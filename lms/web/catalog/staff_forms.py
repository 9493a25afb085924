"""Forms of the staff pages for webinars, presenters, series, and branding."""

from dataclasses import asdict
from typing import Final

from flask_babel import gettext as _
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from lms.catalog.replacement_webinars import LONGEST_SAID, NewInstead
from lms.catalog.staff_read_models import Standing
from lms.catalog.webinar_details_validation import (
    LONGEST_SUMMARY,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_MINUTES,
)
from lms.core.dates_and_time_zones import is_zone, on_wall_clock, read_zone, zone_choices
from lms.live.survey_links import LONGEST_LINK
from lms.models.catalog import InsteadKind
from lms.web.core.form_fields import LONGEST_NAMES, Names, PickerField, PickersField, separated
from lms.web.core.lazy_form_translations import _l

INSTEAD_WORDS: Final = {
    InsteadKind.WEBINAR: _l("Another webinar, which each person accepts with one click"),
    InsteadKind.REFUND: _l("A refund on request"),
    InsteadKind.WORDS: _l("Something else"),
}


class WebinarForm(Form):
    """The form of a webinar."""

    title = StringField(
        _l("Title"), [InputRequired(_l("Enter a title.")), Length(max=LONGEST_TITLE)]
    )
    subtitle = StringField(
        _l("Subtitle"),
        [Optional(), Length(max=LONGEST_TITLE)],
        description=_l("Shown below the title on the webinar's page."),
    )
    summary = TextAreaField(
        _l("Summary"),
        [Optional(), Length(max=LONGEST_SUMMARY)],
        description=_l("One or two sentences, shown on cards and above the overview."),
        render_kw={"rows": 2},
    )
    held_at = DateTimeLocalField(
        _l("Starts"),
        [InputRequired(_l("Enter when it starts, in the webinar's time zone."))],
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        render_kw={"class": "input-moment"},
    )
    zone = SelectField(_l("Time zone"))
    minutes = IntegerField(
        _l("Minutes"),
        [
            InputRequired(_l("Enter the length in minutes.")),
            NumberRange(1, MOST_MINUTES, _l("Enter a number from 1 to 1,440.")),
        ],
        default=60,
        render_kw={"class": "input-short", "inputmode": "numeric"},
    )
    presenters = PickersField(_l("Presenters"), [Optional()])
    new_presenters = StringField(
        _l("New presenters"),
        [Optional()],
        description=_l(
            "Names of people who aren't presenters yet, separated by semicolons. You can "
            "add their biographies and pictures later."
        ),
        render_kw={"maxlength": LONGEST_NAMES},
    )
    hosted_by = StringField(
        _l("Hosted by"),
        [Optional(), Length(max=LONGEST_TITLE)],
        description=_l("A moderator or an organization."),
    )
    series = PickersField(_l("Series"), [Optional()])
    overview = TextAreaField(
        _l("Overview"),
        [Optional(), Length(max=LONGEST_TEXT)],
        description=_l(
            "You can use Markdown: a blank line for a new paragraph, **bold**, *italic*, and - "
            "for lists."
        ),
        render_kw={"rows": 14},
    )
    agenda = TextAreaField(
        _l("Learning agenda"),
        [Optional(), Length(max=LONGEST_TEXT)],
        description=_l("One point per line."),
        render_kw={"rows": 7},
    )
    live_link = URLField(
        _l("Link to the live session"),
        [Optional(), Length(max=LONGEST_LINK)],
        description=_l("Only people who can join see it, starting one hour before the webinar."),
    )
    survey_link = URLField(
        _l("Link to the survey"),
        [Optional(), Length(max=LONGEST_LINK)],
        description=_l(
            "Included in the email that says the recording is ready. If blank, we use your "
            "default link."
        ),
    )
    free = BooleanField(
        _l("Free"), description=_l("Anyone who signs in can watch without buying it.")
    )
    not_in_passes = BooleanField(
        _l("Not included in all-access passes and contracts"),
        description=_l("Only people who buy this webinar separately can watch it."),
    )
    slug = StringField(
        _l("Web address"),
        [Optional(), Length(max=120)],
        description=_l("The last part of its web address. If blank, we'll base it on the title."),
    )
    seen = HiddenField()

    @property
    def new_names(self) -> tuple[str, ...]:
        """Return the names of new presenters."""
        return tuple(separated([self.new_presenters.data or ""]))

    def offer_zone(self, name: str | None) -> None:
        """Offer the webinar's current time zone even if it isn't on the list.

        An empty name must be replaced by a choice.
        """
        groups = {area: list(each) for area, each in zone_choices().items()}
        if name == "":
            groups = {_l("No time zone chosen"): [("", _l("Choose the time zone"))], **groups}
        listed = {zone for each in groups.values() for zone, _name in each}
        if name and name not in listed and is_zone(name):
            groups = {name: [(name, name)], **groups}
        self.zone.choices = groups


class PullForm(Form):
    """Why a webinar is removed for everyone."""

    reason = TextAreaField(
        _l("Reason"),
        [InputRequired(_l("Enter the reason. People with access will ask.")), Length(max=2000)],
        description=_l("Only our team can see it."),
        render_kw={"rows": 4},
    )
    kind = RadioField(
        _l("What do people with access get instead?"),
        [InputRequired(_l("Choose what they get instead."))],
    )
    other = PickerField(_l("Which webinar?"), [Optional()], validate_choice=False)
    said = TextAreaField(
        _l("What they get"),
        [Optional(), Length(max=LONGEST_SAID, message=_l("Use up to 1,000 characters."))],
        description=_l("People with access see this on the webinar's page and in their courses."),
        render_kw={"rows": 3, "maxlength": LONGEST_SAID},
    )

    def offer_choices(self, webinars: Names) -> None:
        """Offer the kinds of replacement, and these webinars."""
        self.kind.choices = [(kind.value, words) for kind, words in INSTEAD_WORDS.items()]
        self.other.offer(webinars, ("", _("Choose a webinar")))

    @property
    def instead(self) -> NewInstead:
        """Return the chosen replacement."""
        return NewInstead(InsteadKind(self.kind.data), self.other.data or "", self.said.data or "")


class PresenterForm(Form):
    """The form of a presenter."""

    name = StringField(_l("Name"), [InputRequired(_l("Enter a name.")), Length(max=200)])
    biography = TextAreaField(
        _l("Biography"),
        [Optional(), Length(max=LONGEST_TEXT)],
        description=_l("Shown on each of their webinars. You can use Markdown."),
        render_kw={"rows": 8},
    )
    slug = StringField(
        _l("Web address"),
        [Optional(), Length(max=80)],
        description=_l("The last part of the web address. If blank, we'll base it on the name."),
    )


class SeriesForm(Form):
    """The form of a series."""

    title = StringField(_l("Title"), [InputRequired(_l("Enter a title.")), Length(max=200)])
    description = TextAreaField(
        _l("Description"),
        [Optional(), Length(max=LONGEST_TEXT)],
        description=_l("You can use Markdown."),
        render_kw={"rows": 6},
    )
    slug = StringField(
        _l("Web address"),
        [Optional(), Length(max=80)],
        description=_l("The last part of its web address. If blank, we'll base it on the title."),
    )


class BrandingForm(Form):
    """The form of the seller's branding."""

    name = StringField(_l("Name"), [InputRequired(_l("Enter a name.")), Length(max=120)])
    about = TextAreaField(
        _l("About us"),
        [Optional(), Length(max=LONGEST_TEXT)],
        description=_l("Shown on the home page. You can use Markdown."),
        render_kw={"rows": 5},
    )
    contact_email = StringField(
        _l("Contact email address"),
        [InputRequired(_l("Enter an email address where people can reach you."))],
        description=_l("Shown on the contact page, in emails, and wherever people need help."),
        render_kw={"type": "email", "autocomplete": "off"},
    )
    sender_name = StringField(
        _l("Sender's name"),
        [InputRequired(_l("Enter the sender's name.")), Length(max=120)],
        description=_l("The name that our emails come from."),
    )
    accent = StringField(
        _l("Accent color"),
        [InputRequired(_l("Choose a color."))],
        description=_l("Used for buttons and links. We adjust it so text stays readable."),
        render_kw={"type": "color", "class": "input-color"},
    )


def filled_form(standing: Standing) -> WebinarForm:
    """Return the form of a webinar, filled with its stored values."""
    words = standing.words
    return WebinarForm(
        data=asdict(words) | {"new_presenters": "; ".join(words.new_presenters)},
        held_at=on_wall_clock(words.held_at, read_zone(words.zone)),
        not_in_passes=not words.is_in_passes,
        seen=standing.updated_at.isoformat(),
    )
