"""carrel lti: the learning systems that may launch the tool."""

import click

from lti.cli.id_mappings import people_map
from lti.cli.launch_log import log
from lti.cli.registration_invites import invite
from lti.cli.registrations import deployment, registration
from lti.cli.selftest import selftest
from lti.cli.signing_keys import keys


@click.group("lti")
def lti() -> None:
    """Learning systems that show the library in their courses."""


for command in (deployment, invite, keys, log, people_map, registration, selftest):
    lti.add_command(command)
