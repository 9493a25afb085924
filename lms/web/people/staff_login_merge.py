"""Staff pages that merge two logins of one person after a preview, and undo it."""

from dataclasses import dataclass

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.accounts import power_over_others
from lms.component import hooks_for
from lms.core import clock
from lms.core.dates_and_time_zones import say_date
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.people import grant_and_seat_history, login_merges, profile_read_model
from lms.people.profile_read_model import Person
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.accounts.step_up import asks_again
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.request_context import components, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.people.grant_and_seat_rows import GrantRow, SeatRow, grant_row, seat_row
from lms.web.people.staff_forms import MergeForm, OtherForm

blueprint = Blueprint("staff_merge", __name__, url_prefix="/staff/people/<login_id>")

NOBODY = N_("No account has this address or ID.")
MANAGES = N_(
    "One of these people manages an organization, so only an owner on our team can merge the "
    "accounts."
)


@dataclass(frozen=True, slots=True)
class Side:
    """One of two logins, with its access and what it has watched."""

    person: Person
    has_power: bool
    since: str
    grants: tuple[GrantRow, ...]
    seats: tuple[SeatRow, ...]
    watched: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return the text that distinguishes it from the other."""
        return self.person.email or f"{self.person.name} ({self.person.public_id})"


@blueprint.get("/merge")
@open_to(Audience.STAFF)
def choose(login_id: str) -> ResponseReturnValue:
    """Ask for the other login, then show both side by side."""
    with read_session() as session:
        mine = profile_read_model.read_person(session, login_id)
    if "other" not in request.args:
        return render("people/merge_choose_account.html", person=mine, form=OtherForm())
    form = OtherForm(request.args)
    if not form.validate():
        return render("people/merge_choose_account.html", person=mine, form=form), 400
    try:
        sides = _sides(login_id, form.other.data or "")
    except (Conflict, Invalid, NotFound) as refusal:
        message = NOBODY if isinstance(refusal, NotFound) else refusal.message
        form.other.errors = [_(message)]
        return render("people/merge_choose_account.html", person=mine, form=form), 400
    return _preview(sides, _form(sides))


@blueprint.post("/merge")
@asks_again
@open_to(Audience.STAFF)
def merge(login_id: str) -> ResponseReturnValue:
    """Merge the two logins."""
    sides = _sides(login_id, request.form.get("other", ""))
    form = _form(sides)
    if not form.validate():
        return _preview(sides, form), 400
    kept, merged = sides if form.keep.data == sides[0].person.public_id else reversed(sides)
    try:
        with transaction() as session:
            login_merges.merge(
                session,
                kept=kept.person.public_id,
                merged=merged.person.public_id,
                hooks=hooks_for(components(), "on_merge"),
                **acting(),
            )
    except (Conflict, Invalid) as refusal:
        form.form_errors.append(_(refusal.message))
        return _preview(sides, form), 409
    flash(_("%(merged)s was merged into %(kept)s.", merged=merged.label, kept=kept.label), "done")
    return see_other("staff_people.person", login_id=kept.person.public_id)


@blueprint.post("/unmerge")
@asks_again
@open_to(Audience.STAFF)
def unmerge(login_id: str) -> ResponseReturnValue:
    """Separate a merged login again."""
    with transaction() as session:
        login_merges.unmerge(session, login_id, **acting())
    flash(_("The accounts are separate again. Each has what it had before."), "done")
    return see_other("staff_people.person", login_id=login_id)


def _sides(login_id: str, typed: str) -> tuple[Side, Side]:
    """Return both logins; raises what would prevent merging them."""
    with read_session() as session:
        other = profile_read_model.find_other(session, typed)
        login_merges.check_merge(session, kept=login_id, merged=other.public_id)
    sides = _side(login_id), _side(other.public_id)
    # signing in as either opens both
    if any(side.has_power for side in sides) and not required_viewer().is_seller_owner:
        raise Conflict(MANAGES)
    return sides


def _side(login_id: str) -> Side:
    zone, now = reading_zone(), clock.now()
    with read_session() as session:
        person = profile_read_model.read_person(session, login_id)
        has_power = power_over_others.has_power(session, person.id)
        grants = grant_and_seat_history.read_grants(session, person.id, now=now)
        seats = grant_and_seat_history.read_seats(session, person.id)
        watched = grant_and_seat_history.read_watched(session, person.id)
    return Side(
        person=person,
        has_power=has_power,
        since=say_date(person.created_at, zone),
        grants=tuple(grant_row(one, login_id=login_id, zone=zone) for one in grants),
        seats=tuple(seat_row(one, zone=zone) for one in seats),
        watched=tuple(
            _("%(title)s, %(share)s%% watched", title=one.title, share=round(100 * one.share))
            for one in watched
        ),
    )


def _form(sides: tuple[Side, Side]) -> MergeForm:
    form = MergeForm(request.form, data={"other": sides[1].person.public_id})
    form.other.data = sides[1].person.public_id
    form.keep.choices = [(side.person.public_id, side.label) for side in sides]
    if request.method == "GET":
        form.keep.data = sides[0].person.public_id
    return form


def _preview(sides: tuple[Side, Side], form: MergeForm) -> str:
    return render(
        "people/staff_login_merge.html",
        sides=sides,
        person=sides[0].person,
        form=form,
    )
