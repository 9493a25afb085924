"""carrel lti: the group of commands about platforms (learning management systems)."""

from typing import Final

from lms.cli.command_context import LazyGroup

lti: Final = LazyGroup(
    "lti",
    {
        "deployment": "lti.cli.registrations_and_deployments:deployment",
        "invite": "lti.cli.registration_invites:invite",
        "keys": "lti.cli.signing_keys:keys",
        "log": "lti.cli.launch_log:log",
        "map": "lti.cli.id_mappings:people_map",
        "registration": "lti.cli.registrations_and_deployments:registration",
        "selftest": "lti.cli.selftest:selftest",
    },
    help="LMS connections.",
)
