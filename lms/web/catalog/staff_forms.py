"""Forms of the staff pages for webinars, presenters, series, and branding."""

from collections.abc import Iterable
from typing import Final

from wtforms import (
    BooleanField,
    DateTimeLocalField,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from lms.catalog.replacement_webinars import LONGEST_SAID, NewInstead
from lms.catalog.staff_read_models import Standing
from lms.catalog.webinar_details_validation import (
    LONGEST_LINK,
    LONGEST_SUMMARY,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_MINUTES,
)
from lms.core.dates_and_time_zones import is_zone, on_wall_clock, read_zone, zone_choices
from lms.grants.request_and_sale_form_choices import Named
from lms.models.catalog import InsteadKind
from lms.web.core.lazy_form_translations import _l

INSTEAD_WORDS: Final = {
    InsteadKind.WEBINAR: _l("Another webinar, which each takes by one press"),
    InsteadKind.REFUND: _l("Their money back, asked for at the desk"),
    InsteadKind.WORDS: _l("Something else, in your words"),
}


class ChoicesField(SelectMultipleField):
    """Any number of choices, as checkboxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class WebinarForm(Form):
    """A webinar as staff write it."""

    title = StringField(
        _l("Title"), [InputRequired(_l("Give the webinar a title.")), Length(max=LONGEST_TITLE)]
    )
    subtitle = StringField(
        _l("Subtitle"),
        [Optional(), Length(max=LONGEST_TITLE)],
        description=_l("Shown below the title on the webinar's page."),
    )
    summary = TextAreaField(
        _l("In one or two sentences"),
        [Optional(), Length(max=LONGEST_SUMMARY)],
        description=_l("Shown on cards and above the overview."),
        render_kw={"rows": 2},
    )
    held_at = DateTimeLocalField(
        _l("Begins"),
        [InputRequired(_l("Say when it begins, as the clocks in its zone show."))],
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        render_kw={"class": "input-moment"},
    )
    zone = SelectField(_l("Time zone"))
    minutes = IntegerField(
        _l("Minutes"),
        [
            InputRequired(_l("Say how many minutes it takes.")),
            NumberRange(1, MOST_MINUTES, _l("A webinar takes 1 to 1,440 minutes.")),
        ],
        default=60,
        render_kw={"class": "input-short", "inputmode": "numeric"},
    )
    presenters = ChoicesField(_l("Presenters"), [Optional()])
    hosted_by = StringField(
        _l("Hosted by"),
        [Optional(), Length(max=LONGEST_TITLE)],
        description=_l("A moderator or an organization, if the page should name one."),
    )
    series = ChoicesField(_l("Series"), [Optional()])
    overview = TextAreaField(
        _l("Overview"),
        [Optional(), Length(max=LONGEST_TEXT)],
        description=_l("Markdown: an empty line begins a paragraph, **bold**, *italic*, - lists."),
        render_kw={"rows": 14},
    )
    agenda = TextAreaField(
        _l("Learning agenda"),
        [Optional(), Length(max=LONGEST_TEXT)],
        description=_l("One point a line."),
        render_kw={"rows": 7},
    )
    live_link = URLField(
        _l("Link to the live session"),
        [Optional(), Length(max=LONGEST_LINK)],
        description=_l("Only those who may join see it, from an hour before."),
    )
    free = BooleanField(
        _l("Free"), description=_l("Everyone who is signed in may watch, without buying it.")
    )
    not_in_passes = BooleanField(
        _l("Not included in all-access passes and contracts"),
        description=_l("Only people who buy this webinar by itself can watch it."),
    )
    slug = StringField(
        _l("Address"),
        [Optional(), Length(max=120)],
        description=_l("The end of its web address; made from the title when left empty."),
    )
    seen = HiddenField()

    def offer_zone(self, name: str | None) -> None:
        """Let the zone that a webinar has be chosen, though it is none of those on the list.

        An empty name has to be chosen anew.
        """
        groups = {area: list(each) for area, each in zone_choices().items()}
        if name == "":
            groups = {_l("Not named yet"): [("", _l("Choose the zone"))], **groups}
        listed = {zone for each in groups.values() for zone, _name in each}
        if name and name not in listed and is_zone(name):
            groups = {name: [(name, name)], **groups}
        self.zone.choices = groups


class PullForm(Form):
    """Why a webinar is taken down for everyone."""

    reason = TextAreaField(
        _l("Why it is taken down"),
        [InputRequired(_l("Say why. Holders will ask.")), Length(max=2000)],
        description=_l("Kept with the webinar for staff."),
        render_kw={"rows": 4},
    )
    kind = RadioField(
        _l("What do its holders get instead?"),
        [InputRequired(_l("Choose what they get."))],
    )
    other = SelectField(_l("Which webinar?"), [Optional()], validate_choice=False)
    said = TextAreaField(
        _l("In your words"),
        [Optional(), Length(max=LONGEST_SAID, message=_l("Use at most 1,000 characters."))],
        description=_l("Holders read this on the page of the webinar and in their courses."),
        render_kw={"rows": 3, "maxlength": LONGEST_SAID},
    )

    def offer_choices(self, webinars: Iterable[Named]) -> None:
        """Offer what holders may get, and these webinars."""
        self.kind.choices = [(kind.value, words) for kind, words in INSTEAD_WORDS.items()]
        self.other.choices = [
            ("", _l("Choose a webinar")),
            *((each.slug, each.name) for each in webinars),
        ]

    @property
    def instead(self) -> NewInstead:
        """Return what is offered."""
        return NewInstead(InsteadKind(self.kind.data), self.other.data or "", self.said.data or "")


class PresenterForm(Form):
    """A presenter."""

    name = StringField(_l("Name"), [InputRequired(_l("Give a name.")), Length(max=200)])
    biography = TextAreaField(
        _l("Biography"),
        [Optional(), Length(max=LONGEST_TEXT)],
        description=_l("Markdown. A few sentences stand on each of their webinars."),
        render_kw={"rows": 8},
    )
    slug = StringField(
        _l("Address"),
        [Optional(), Length(max=80)],
        description=_l("The end of the web address; made from the name when left empty."),
    )


class SeriesForm(Form):
    """A series."""

    title = StringField(_l("Title"), [InputRequired(_l("Give a title.")), Length(max=200)])
    description = TextAreaField(
        _l("Description"),
        [Optional(), Length(max=LONGEST_TEXT)],
        description=_l("Markdown."),
        render_kw={"rows": 6},
    )
    slug = StringField(
        _l("Address"),
        [Optional(), Length(max=80)],
        description=_l("The end of the web address; made from the title when left empty."),
    )


class BrandingForm(Form):
    """The house itself."""

    name = StringField(_l("Name"), [InputRequired(_l("Give the house a name.")), Length(max=120)])
    about = TextAreaField(
        _l("About the house"),
        [Optional(), Length(max=LONGEST_TEXT)],
        description=_l("Markdown, shown on the first page."),
        render_kw={"rows": 5},
    )
    contact_email = StringField(
        _l("Contact address"),
        [InputRequired(_l("Give an address that people can write to."))],
        description=_l("Shown in the footer, in letters, and wherever somebody needs help."),
        render_kw={"type": "email", "autocomplete": "off"},
    )
    sender_name = StringField(
        _l("Sender's name"),
        [InputRequired(_l("Say who letters are from.")), Length(max=120)],
        description=_l("The name in front of the address that letters come from."),
    )
    accent = StringField(
        _l("Accent color"),
        [InputRequired(_l("Choose a color."))],
        description=_l("Buttons and links take it, made lighter or darker until it is legible."),
        render_kw={"type": "color", "class": "input-color"},
    )


def filled_form(standing: Standing) -> WebinarForm:
    """Return the form of a webinar, filled with what is kept of it."""
    words = standing.words
    return WebinarForm(
        title=words.title,
        subtitle=words.subtitle,
        hosted_by=words.hosted_by,
        summary=words.summary,
        held_at=on_wall_clock(words.held_at, read_zone(words.zone)),
        zone=words.zone,
        minutes=words.minutes,
        presenters=list(words.presenters),
        series=list(words.series),
        overview=words.overview,
        agenda=words.agenda,
        live_link=words.live_link,
        free=words.free,
        not_in_passes=not words.is_in_passes,
        slug=words.slug,
        seen=standing.updated_at.isoformat(),
    )
