"""Forms of the staff pages for organizations."""

from wtforms import DateField, Form, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from lms.organizations.organization_matches import NewOrganizationFacts
from lms.organizations.organizations import LONGEST_NAME, LONGEST_SLUG
from lms.web.core.address_fields import address_fields, typed_address
from lms.web.core.lazy_form_translations import _l


class OrganizationForm(Form):
    """An organization's name, zone and parent."""

    name = StringField(
        _l("Name"),
        [InputRequired(_l("Give the organization a name.")), Length(max=LONGEST_NAME)],
        render_kw={"maxlength": LONGEST_NAME},
    )
    slug = StringField(
        _l("Web name"),
        [Optional(), Length(max=LONGEST_SLUG)],
        description=_l("Stands in addresses, such as elm-county. Left empty, it follows the name."),
        render_kw={"autocapitalize": "none", "spellcheck": "false", "maxlength": LONGEST_SLUG},
    )
    zone = SelectField(
        _l("Time zone"),
        [Optional()],
        description=_l("Its days end in it: the last day of a contract, above all."),
    )
    parent = SelectField(
        _l("Belongs to"),
        [Optional()],
        description=_l("A consortium may allot parts of its pools to its members."),
    )


class NewOrganizationForm(OrganizationForm):
    """A new organization; by its contact's email and its own address it is found where it is known."""

    email = StringField(
        _l("Email address of its contact"),
        [Optional(), Length(max=320)],
        description=_l("Helps to find out whether we know this organization already."),
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
        """Return what known organizations are compared with."""
        return NewOrganizationFacts(
            self.name.data or "", self.email.data or "", typed_address(self, "legal")
        )


class DomainForm(Form):
    """A mail domain that is an organization's own."""

    domain = StringField(
        _l("Email domain"),
        [InputRequired(_l("Enter a domain.")), Length(max=255)],
        description=_l(
            "The part of their email addresses after the @. Never one where anyone gets a mailbox."
        ),
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )


class GraceForm(Form):
    """Until when the people of a contract go on."""

    until = DateField(
        _l("They go on until the end of"),
        [InputRequired(_l("Enter a day."))],
        description=_l("A year after the contract's end at most. It is never made shorter."),
        render_kw={"class": "input-moment"},
    )
