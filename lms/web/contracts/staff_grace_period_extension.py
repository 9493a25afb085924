"""Staff page to extend the grace period of a contract."""

from zoneinfo import ZoneInfo

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.access.explanations import last_day
from lms.contracts import grace_periods
from lms.core.clock import now
from lms.core.dates_and_time_zones import end_of_day, say_datetime_in_table
from lms.core.errors import Invalid, NotFound
from lms.mail.links import MailContext
from lms.organizations import organizations
from lms.organizations.organizations import OrganizationFacts
from lms.seats import pools
from lms.seats.pools import PoolFacts
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.core.current_user import acting
from lms.web.core.form_errors import show_faults
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.organizations.staff_forms import GraceForm
from lms.web.people.pool_rows import pool_row

blueprint = Blueprint("staff_grace", __name__, url_prefix="/staff/organizations")


@blueprint.route("/<slug>/pools/<pool_id>/grace", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def extend(slug: str, pool_id: str) -> ResponseReturnValue:
    """Show the grace period of a contract and its extensions, and extend it."""
    with read_session() as session:
        kept, pool = _dated_pool(session, slug, pool_id)
    zone = ZoneInfo(kept.zone or carrel().settings.time_zone)
    form = GraceForm(request.form)
    if request.method == "POST" and form.validate() and form.until.data is not None:
        try:
            until = end_of_day(form.until.data, zone, field="until")
            with transaction() as session:
                given = grace_periods.extend_grace(
                    session, pool.id, until, mail_context=MailContext(links(), zone), **acting()
                )
        except Invalid as refusal:
            show_faults(form, refusal)
        else:
            day = last_day(given.until, zone)
            flash(
                _(
                    "Access for %(name)s was extended through %(day)s. We emailed its managers.",
                    name=kept.name,
                    day=day,
                ),
                "done",
            )
            return see_other("staff_organizations.organization", slug=slug)
    page = _page(kept, pool, form, zone)
    return page, 400 if form.errors else 200


def _page(kept: OrganizationFacts, pool: PoolFacts, form: GraceForm, zone: ZoneInfo) -> str:
    with read_session() as session:
        given = grace_periods.read_grace(session, pool.id)
        extensions = grace_periods.extensions_of(session, pool.id)
        row = pool_row(pool, pools.grants_of(session, pool.id), now=now(), zone=zone)
    reading = reading_zone()
    return render(
        "contracts/staff_grace_period.html",
        kept=kept,
        pool=row,
        form=form,
        is_over=given.until <= now(),
        has_ended=given.ends_at <= now(),
        ends=last_day(given.ends_at, zone),
        until=last_day(given.until, zone),
        is_given=given.is_given,
        extensions=[
            (
                say_datetime_in_table(one.at, reading),
                last_day(one.until, zone) if one.until else "",
                one.by or _("Command line"),
            )
            for one in extensions
        ],
    )


def _dated_pool(session: Session, slug: str, pool_id: str) -> tuple[OrganizationFacts, PoolFacts]:
    """Return an organization's own contract with an end date; raises NotFound for others.

    An allotted pool has its parent's grace period.
    """
    kept = organizations.find_organization(session, slug)
    pool = pools.find_pool(session, pool_id)
    is_contract = pool.allotted_from is None and not pool.is_permanent and not pool.is_pass
    if pool.organization_id != kept.id or not is_contract:
        raise NotFound
    if not any(
        line.ends_at and line.revoked_at is None for line in pools.grants_of(session, pool.id)
    ):
        raise NotFound
    return kept, pool
