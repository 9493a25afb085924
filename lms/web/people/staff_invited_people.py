"""Staff page of an invited person without an account; people with one have their profile instead."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.accounts.login_lookup import look_up
from lms.core.dates_and_time_zones import say_date
from lms.core.email_addresses import read_address
from lms.core.errors import Invalid, NotFound
from lms.mail.bounces import bounced_addresses
from lms.mail.outbox import recent_mails
from lms.models.accounts import Login
from lms.people import invited_people
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.core.request_context import read_session, render, see_other
from lms.web.core.route_guard import Audience, open_to
from lms.web.mail.staff_outgoing_mail import mail_row
from lms.web.people.grant_and_seat_rows import seat_row

blueprint = Blueprint("staff_invited", __name__, url_prefix="/staff/people/invited")


@blueprint.get("/<path:address>")
@open_to(Audience.STAFF)
def person(address: str) -> ResponseReturnValue:
    """Show the invitations of an address, and the emails to it."""
    zone = reading_zone()
    with read_session() as session:
        login = _login_of(session, address)
        if login is not None:
            return see_other("staff_people.person", login_id=login)
        found = invited_people.read_invited(session, address)
        emails = recent_mails(session, keys=[found.key])
        bounced = bounced_addresses(session, [found.key]).get(found.key)
    return render(
        "people/staff_invited_person.html",
        person=found,
        since=say_date(found.invited_at, zone),
        seats=[seat_row(one, zone=zone) for one in found.seats],
        waiting=[(one, say_date(one.since, zone)) for one in found.waiting],
        bounced=say_date(bounced.bounced_at, zone) if bounced else "",
        emails=[mail_row(one) for one in emails],
    )


def _login_of(session: Session, email: str) -> str | None:
    """Return the public id of the login of an address, or None; raises NotFound for an invalid address."""
    try:
        known = look_up(session, read_address(email))
    except Invalid as error:
        raise NotFound from error
    if known is None:
        return None
    return session.scalars(select(Login.public_id).where(Login.id == known.own_id)).one()
