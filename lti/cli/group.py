"""carrel lti: the learning systems that may launch the tool."""

import click

from lti.cli.invites import invite
from lti.cli.keys import keys
from lti.cli.launches import log
from lti.cli.maps import people_map
from lti.cli.registrations import deployment, registration
from lti.cli.selftest import selftest


@click.group("lti")
def lti() -> None:
    """Learning systems that show the library in their courses."""


for command in (deployment, invite, keys, log, people_map, registration, selftest):
    lti.add_command(command)
