"""What starts: the parts of the product, the web application and the command line."""

import logging
import sys
from typing import TYPE_CHECKING

from lms.app import create_app
from lms.cli.root import run
from lms.front import front
from lms.library import LIBRARY
from lms.logs import configure_logs
from lms.runtime import open_carrel
from lms.settings import Settings
from lti.part import LTI

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
