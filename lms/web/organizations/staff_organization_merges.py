"""Staff pages that merge two records of one organization after a preview, and undo it."""

from typing import Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.component import hooks_for
from lms.core.errors import Conflict, Invalid
from lms.organizations import billing_details, organization_lists, organization_merges
from lms.organizations.organization_matches import NewOrganizationFacts, find_matches
from lms.organizations.organization_merges import MergePreview
from lms.organizations.organizations import OrganizationFacts, find_organization
from lms.people.possible_twins import possible_twins
from lms.web.accounts.step_up import asks_again
from lms.web.core.current_user import acting
from lms.web.core.form_errors import flashed
from lms.web.core.request_context import (
    carrel,
    components,
    read_session,
    render,
    see_other,
    transaction,
)
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.time_zone_choices import zone_name
from lms.web.organizations.staff_organization import organization_of_page
from lms.web.people.twin_rows import twin_rows

blueprint = Blueprint(
    "staff_organization_merges", __name__, url_prefix="/staff/organizations/<slug>"
)

FOUND_MOST: Final = 20
PAGE: Final = "staff_organizations.organization"


@blueprint.get("/merge")
@open_to(Audience.STAFF)
def choose(slug: str) -> ResponseReturnValue:
    """Find the other organization, then show what both have and what a merge changes."""
    kept = organization_of_page(slug)
    if "other" in request.args:
        return _preview_page(kept, request.args["other"])
    query = request.args.get("q", "").strip()
    with read_session() as session:
        found = organization_lists.list_organizations(session, query, offset=0, limit=FOUND_MOST)
        details = billing_details.read_billing(session, kept.id)
        facts = NewOrganizationFacts(kept.name, address=details.mailing_address)
        likely = [one for one in find_matches(session, facts) if one.id != kept.id]
    return render(
        "organizations/staff_merge_choose.html",
        kept=kept,
        query=query,
        likely=likely,
        rows=[row for row in found.items if row.slug != kept.slug] if query else [],
        is_cut=found.total > FOUND_MOST,
    )


@blueprint.post("/merge")
@asks_again
@open_to(Audience.STAFF)
def merge(slug: str) -> ResponseReturnValue:
    """Merge the two; `keep` is the one that remains."""
    here, other = organization_of_page(slug), request.form.get("other", "")
    kept = other if request.form.get("keep") == other else here.slug
    merged = here.slug if kept == other else other
    try:
        with transaction() as session:
            organization_merges.merge(session, kept=kept, merged=merged, **acting())
    except (Conflict, Invalid) as refusal:
        return _refused(here, refusal.message), 409
    flash(_("The organizations were merged. You can undo it on this page."), "done")
    return see_other(PAGE, slug=kept)


@blueprint.post("/merged/<merged>/undo")
@asks_again
@open_to(Audience.STAFF)
def unmerge(slug: str, merged: str) -> ResponseReturnValue:
    """Undo a merge: each organization gets back what it had."""
    with flashed(Conflict):
        with transaction() as session:
            organization_merges.unmerge(session, merged, **acting())
        flash(_("The merge was undone."), "done")
    return see_other(PAGE, slug=slug)


def _preview_page(here: OrganizationFacts, other: str) -> ResponseReturnValue:
    try:
        with read_session() as session:
            shown = organization_merges.preview_merge(
                session, kept=here.slug, merged=other, hooks=hooks_for(components(), "connections")
            )
            other_id = find_organization(session, other).id
            alike = [
                pair
                for hook in hooks_for(components(), "twins_between")
                for pair in hook(session, here.id, other_id)
            ]
            twins = possible_twins(session, alike)
    except (Conflict, Invalid) as refusal:
        return _refused(here, refusal.message), 409
    return render(
        "organizations/staff_merge.html",
        kept=here,
        sides=(shown.kept, shown.merged),
        in_both=shown.in_both,
        twins=twin_rows(twins),
        zones=_zones(shown),
    )


def _refused(here: OrganizationFacts, message: str) -> str:
    return render(
        "organizations/staff_merge_choose.html",
        kept=here,
        query="",
        likely=[],
        rows=[],
        is_cut=False,
        refusal=_(message),
    )


def _zones(shown: MergePreview) -> tuple[str, str]:
    """Return the time zones of both, in words."""
    default = carrel().settings.time_zone
    return zone_name(shown.kept.zone or default), zone_name(shown.merged.zone or default)
