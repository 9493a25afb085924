"""carrel doctor: check everything that an installation needs, and say what to do about each fault."""

from dataclasses import dataclass

import click

from lms.cli.command_context import Console
from lms.cli.output import answer, json_option
from lms.core.clock import now
from lms.core.runtime import Carrel, open_without_storage
from lms.core.version import VERSION
from lms.operations.findings import Finding, State
from lms.operations.health_checks import read_health
from lms.operations.mail_dns import check_mail_dns
from lms.operations.server_probes import probe_servers
from media.storage.storage_protocol import StorageAway

FOUND_SOMETHING = 1
MARKS = {State.OK: "ok", State.ATTENTION: "!", State.FAULT: "FAULT"}
ENDINGS = {  # the worst first
    State.FAULT: "Something needs to be fixed.",
    State.ATTENTION: "Nothing is broken. Lines with ! need your attention.",
    State.OK: "Everything is OK.",
}


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """One check as it is printed."""

    name: str
    state: State
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class DoctorAnswer:
    """The result of `doctor`; `is_healthy` means that there is no fault."""

    version: str
    base_url: str
    is_healthy: bool
    items: tuple[CheckAnswer, ...]

    @property
    def lines(self) -> list[str]:
        """Return the checks as lines, each fault with its advice."""
        lines = [f"Carrel {self.version} at {self.base_url}"]
        for one in self.items:
            lines.append(f"  {MARKS[one.state]:<5}  {one.message}")
            if one.advice:
                lines.append(f"         {one.advice}")
        states = {one.state for one in self.items}
        return [*lines, next(text for state, text in ENDINGS.items() if state in states)]


@click.command("doctor")
@json_option
@click.pass_context
def doctor(context: click.Context) -> None:
    """Check settings, database, storage, servers, mail DNS, worker, disk, backups, and keys.

    Exits with 1 if something is wrong.
    """
    found = examine(context.obj)
    answer(found, *found.lines)
    if not found.is_healthy:
        context.exit(FOUND_SOMETHING)


def examine(console: Console) -> DoctorAnswer:
    """Return the results of all checks; raises SettingsError if the settings have faults."""
    carrel, at = _opened(console), now()
    found = list(probe_servers(carrel, now=at))
    found += check_mail_dns(console.settings)
    if found[0].state is State.OK:  # the database answers
        found += read_health(carrel, now=at)
    return DoctorAnswer(
        version=VERSION,
        base_url=console.settings.base_url,
        is_healthy=all(one.state is not State.FAULT for one in found),
        items=tuple(_answer(one) for one in found),
    )


def _opened(console: Console) -> Carrel:
    """Return the installation, also if its storage can't be opened: that is one of the faults."""
    try:
        return console.carrel
    except StorageAway as fault:
        console.carrel = open_without_storage(console.settings, fault)
        return console.carrel


def _answer(found: Finding) -> CheckAnswer:
    return CheckAnswer(found.name, found.state, found.text, found.advice)
