"""The form of the manager pages for members."""

from wtforms import Form, RadioField, StringField
from wtforms.validators import Length, Optional

from lms.accounts.accounts import LONGEST_NAME
from lms.models.organizations import Role
from lms.web.accounts.forms import address_field
from lms.web.core.lazy_form_translations import _l

ROLE_CHOICES = (
    (Role.MEMBER.value, _l("Member: belongs to the organization")),
    (Role.MANAGER.value, _l("Manager: looks after people and seats")),
    (Role.OWNER.value, _l("Owner: also names other owners")),
)


class MemberForm(Form):
    """Whom to take in, and as what."""

    email = address_field(_l("E-mail address"), autocomplete="off")
    name = StringField(
        _l("Name"),
        [Optional(), Length(max=LONGEST_NAME)],
        description=_l("Used when they have no account yet."),
        render_kw={"maxlength": LONGEST_NAME, "autocomplete": "off"},
    )
    role = RadioField(_l("Role"), default=Role.MANAGER.value)

    def offer_roles(self, *, with_owner: bool) -> None:
        """Offer the roles that this person may give."""
        self.role.choices = [
            each for each in ROLE_CHOICES if with_owner or each[0] != Role.OWNER.value
        ]
