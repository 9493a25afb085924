"""The forms of the manager pages for members."""

from collections.abc import Sequence

from flask_babel import gettext as _
from wtforms import Form, RadioField, StringField
from wtforms.validators import Length, Optional

from lms.accounts.accounts import LONGEST_NAME
from lms.models.organizations import Role
from lms.organizations.memberships import RoleChoice
from lms.organizations.supervised_groups import GroupName
from lms.people.role_texts import WHAT_ROLES_SEE
from lms.web.accounts.forms import address_field
from lms.web.catalog.staff_forms import ChoicesField
from lms.web.core.lazy_form_translations import _l


class RoleForm(Form):
    """As what a person belongs to an organization, and which groups a supervisor sees."""

    role = RadioField(_l("Role"), default=Role.MANAGER.value)
    groups = ChoicesField(
        _l("Groups that a supervisor sees"),
        [Optional()],
        description=_l("Only for a supervisor. They see everyone who is in these groups."),
    )

    def offer(self, groups: Sequence[GroupName], *, with_owner: bool) -> None:
        """Offer the roles that this person may give, and the organization's groups."""
        self.role.choices = [
            (role.value, _(words))
            for role, words in WHAT_ROLES_SEE.items()
            if with_owner or role is not Role.OWNER
        ]
        self.groups.choices = [(each.public_id, each.name) for each in groups]

    @property
    def choice(self) -> RoleChoice:
        """Return what was chosen."""
        return RoleChoice(Role(self.role.data), tuple(self.groups.data or ()))


class MemberForm(RoleForm):
    """Whom to take in, and as what."""

    email = address_field(_l("E-mail address"), autocomplete="off")
    name = StringField(
        _l("Name"),
        [Optional(), Length(max=LONGEST_NAME)],
        description=_l("Used when they have no account yet."),
        render_kw={"maxlength": LONGEST_NAME, "autocomplete": "off"},
    )
