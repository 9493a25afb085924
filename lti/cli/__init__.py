"""Commands of the LTI tool: carrel lti and carrel embed."""

from typing import Final

COMMANDS: Final = {"embed": "lti.cli.embed_links:embed", "lti": "lti.cli.lti_group:lti"}
