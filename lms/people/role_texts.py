"""Role texts: what each role is called, and what a person with it sees."""

from collections.abc import Mapping
from typing import Final

from lms.core.acting_roles import ActingRole
from lms.core.errors import N_
from lms.models.accounts import SellerRole
from lms.models.organizations import Role

ROLES: Final[Mapping[Role, str]] = {
    Role.OWNER: N_("Owner"),
    Role.MANAGER: N_("Manager"),
    Role.SUPERVISOR: N_("Supervisor"),
    Role.BILLING: N_("Billing"),
    Role.LMS_ADMIN: N_("LMS admin"),
    Role.MEMBER: N_("Member"),
}
WHAT_ROLES_SEE: Final[Mapping[Role, str]] = {
    Role.OWNER: N_("Owner: can do everything a manager can, and chooses other owners"),
    Role.MANAGER: N_(
        "Manager: manages people, seats, training, reports, billing, and LMS connections, and invites others"
    ),
    Role.SUPERVISOR: N_(
        "Supervisor: sees the people, training, and reports of the groups you choose, but can't change anything"
    ),
    Role.BILLING: N_(
        "Billing: sees orders and invoices and changes billing details, but never sees who watches what"
    ),
    Role.LMS_ADMIN: N_(
        "LMS admin: connects your LMS and embeds webinars on your pages, but can't see people, reports, or invoices"
    ),
    Role.MEMBER: N_("Member: belongs to your organization, but can't open these pages"),
}
SELLER_ROLES: Final[Mapping[SellerRole, str]] = {
    SellerRole.OWNER: N_("Owner"),
    SellerRole.STAFF: N_("Staff"),
    SellerRole.BOOKKEEPER: N_("Bookkeeper"),
}
WHAT_SELLER_ROLES_SEE: Final[Mapping[SellerRole, str]] = {
    SellerRole.OWNER: N_("Owner: manages everything, including the team, branding, and prices"),
    SellerRole.STAFF: N_(
        "Staff: manages webinars, customers, orders, and support, but can't change the team, branding, or prices"
    ),
    SellerRole.BOOKKEEPER: N_(
        "Bookkeeper: sees orders, payments, prices, and what customers owe, but can't change anything and never sees who watches what"
    ),
}
ACTING_ROLES: Final[Mapping[ActingRole, str]] = {
    ActingRole.SELLER_OWNER: N_("Owner of our team"),
    ActingRole.STAFF: N_("Staff"),
    ActingRole.BOOKKEEPER: N_("Bookkeeper"),
    ActingRole.OWNER: N_("Owner of an organization"),
    ActingRole.MANAGER: N_("Manager"),
    ActingRole.SUPERVISOR: N_("Supervisor"),
    ActingRole.BILLING: N_("Billing"),
    ActingRole.LMS_ADMIN: N_("LMS admin"),
    ActingRole.INSTRUCTOR: N_("Instructor"),
    ActingRole.PERSON: N_("For themselves"),
    ActingRole.LMS: N_("LMS"),
    ActingRole.COMMAND_LINE: N_("Command line"),
    ActingRole.JOB: N_("Background job"),
}
