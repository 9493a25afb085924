"""Forms of the staff pages for organizations."""

from wtforms import DateField, Form, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from lms.organizations.organization_matches import NewOrganizationFacts
from lms.organizations.organizations import LONGEST_NAME, LONGEST_SLUG
from lms.web.core.form_fields import address_fields, typed_address
from lms.web.core.lazy_form_translations import _l

LONGEST_PARENT = LONGEST_NAME + LONGEST_SLUG + 3  # its name, and its slug in brackets


class OrganizationForm(Form):
    """An organization's name, time zone and parent."""

    name = StringField(
        _l("Name"),
        [InputRequired(_l("Enter a name.")), Length(max=LONGEST_NAME)],
        render_kw={"maxlength": LONGEST_NAME},
    )
    slug = StringField(
        _l("Name in web addresses"),
        [Optional(), Length(max=LONGEST_SLUG)],
        description=_l("For example, elm-county. If blank, we'll base it on the name."),
        render_kw={"autocapitalize": "none", "spellcheck": "false", "maxlength": LONGEST_SLUG},
    )
    zone = SelectField(
        _l("Time zone"),
        [Optional()],
        description=_l("Contracts and passes end at midnight in this time zone."),
    )
    parent = StringField(
        _l("Parent organization"),
        [Optional(), Length(max=LONGEST_PARENT)],
        description=_l("A consortium can allot seats to its members. Enter part of its name."),
        render_kw={"list": "organizations", "maxlength": LONGEST_PARENT, "autocomplete": "off"},
    )


class NewOrganizationForm(OrganizationForm):
    """A new organization; its contact's email and its address help find an existing record."""

    email = StringField(
        _l("Contact email address"),
        [Optional(), Length(max=320)],
        description=_l("We use it to find an existing record of this organization."),
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    (
        legal_street,
        legal_street2,
        legal_city,
        legal_state,
        legal_postal_code,
        legal_country,
    ) = address_fields()

    @property
    def facts(self) -> NewOrganizationFacts:
        """Return the facts to compare with existing organizations."""
        return NewOrganizationFacts(
            self.name.data or "", self.email.data or "", typed_address(self, "legal")
        )


class DomainForm(Form):
    """An email domain that belongs to an organization."""

    domain = StringField(
        _l("Email domain"),
        [InputRequired(_l("Enter a domain.")), Length(max=255)],
        description=_l(
            "The part of their email addresses after the @. Public email domains, such as "
            "gmail.com, aren't allowed."
        ),
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )


class GraceForm(Form):
    """The last day on which people of a contract can watch."""

    until = DateField(
        _l("Access continues through"),
        [InputRequired(_l("Enter a date."))],
        description=_l("Up to one year after the contract ends. You can't shorten it."),
        render_kw={"class": "input-moment"},
    )
