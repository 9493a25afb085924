"""Pages about people: profiles, grants, merging, and why a person has no access."""

from typing import Final

from flask import Blueprint

from lms.web.people import (
    staff_access_diagnosis,
    staff_account_actions,
    staff_caller_actions,
    staff_grants,
    staff_invited_people,
    staff_login_merge,
    staff_profiles,
    staff_team,
)

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    staff_grants.blueprint,
    staff_invited_people.blueprint,
    staff_login_merge.blueprint,
    staff_profiles.blueprint,
    staff_account_actions.blueprint,
    staff_access_diagnosis.blueprint,
    staff_caller_actions.blueprint,
    staff_team.blueprint,
)
