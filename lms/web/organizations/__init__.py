"""Pages of organizations: for their managers and for staff."""

from typing import Final

from flask import Blueprint

from lms.web.organizations import (
    manager_billing,
    manager_members,
    staff,
    staff_billing,
    staff_new_organizations,
    staff_organization_actions,
    staff_organization_merges,
    staff_tax_papers,
)

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    manager_billing.blueprint,
    manager_members.blueprint,
    staff.blueprint,
    staff_billing.blueprint,
    staff_new_organizations.blueprint,
    staff_organization_actions.blueprint,
    staff_organization_merges.blueprint,
    staff_tax_papers.blueprint,
)
