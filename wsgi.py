"""What starts: the parts of the product, the web application and the command line."""

import logging
import sys
from typing import TYPE_CHECKING

from lms.app import create_app
from lms.cli.root_command import run
from lms.core.logs import configure_logs
from lms.core.runtime import open_carrel
from lms.core.settings import Settings
from lms.registry import LIBRARY
from lms.web.media_middleware import front
from lti.component import LTI

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PARTS = (LIBRARY, LTI)


def application() -> "WSGIApplication":
    """Build the web application from the environment: `gunicorn 'wsgi:application()'`."""
    carrel = open_carrel(Settings.from_env())
    return front(create_app(carrel, PARTS), carrel)


def main() -> None:
    """Run the command line: `carrel`."""
    configure_logs(logging.WARNING)
    sys.exit(run(PARTS, sys.argv[1:]))


if __name__ == "__main__":
    main()
