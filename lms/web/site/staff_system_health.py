"""The staff page System health: what is running, what is waiting, and how to fix each fault."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.clock import now
from lms.core.errors import N_
from lms.operations.findings import Finding, State
from lms.operations.health_checks import read_health
from lms.web.core.request_context import carrel, render
from lms.web.core.route_guard import Audience, open_to

BADGES: Final = {
    State.OK: (N_("OK"), "open"),
    State.ATTENTION: (N_("To do"), "soon"),
    State.FAULT: (N_("Problem"), "danger"),
}
ORDER: Final = (State.FAULT, State.ATTENTION, State.OK)
NAMES: Final = {
    "tables": N_("Database"),
    "worker": N_("Worker"),
    "lane.media": N_("Encoding"),
    "lane.prompt": N_("Short jobs"),
    "lane.files": N_("Uploaded files"),
    "lane.mail": N_("Email waiting"),
    "email": N_("Email"),
    "disk": N_("Disk"),
    "backup": N_("Backup"),
    "copy": N_("Continuous copy"),
    "drill": N_("Backup test"),
    "balances": N_("Balances"),
    "passkeys": N_("Passkeys"),
    "old_key": N_("Previous secret key"),
}

blueprint = Blueprint("staff_system_health", __name__, url_prefix="/staff/system-health")


@dataclass(frozen=True, slots=True)
class HealthRow:
    """One finding, as shown."""

    name: str
    badge: str
    badge_kind: str
    text: str
    advice: str


@blueprint.get("")
@open_to(Audience.STAFF)
def show() -> ResponseReturnValue:
    found = read_health(carrel(), now=now())
    faults = sum(one.state is State.FAULT for one in found)
    return render("site/staff_system_health.html", rows=_rows(found), faults=faults)


def _rows(found: Sequence[Finding]) -> list[HealthRow]:
    """Return problems first, then what is left to do."""
    worst_first = sorted(found, key=lambda one: ORDER.index(one.state))
    return [
        HealthRow(
            name=_(NAMES[one.name]),
            badge=_(BADGES[one.state][0]),
            badge_kind=BADGES[one.state][1],
            text=_(one.sentence, **one.values),
            advice=_(one.advice) if one.advice else "",
        )
        for one in worst_first
    ]
