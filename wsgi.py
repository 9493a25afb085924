"""Entry points: the web application and the `carrel` command."""

import gc
import logging
import sys
from typing import TYPE_CHECKING

from lms.cli.root_command import run
from lms.core.clock import now
from lms.core.logs import configure_logs
from lms.core.runtime import open_carrel
from lms.core.settings import Settings
from lms.metrics.start import begin_observing
from lms.registry import LIBRARY
from lti.component import LTI

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

COMPONENTS = (LIBRARY, LTI)


def application() -> "WSGIApplication":
    """Build the web application from the environment: `gunicorn 'wsgi:application()'`."""
    # Nothing imported and built here becomes garbage; looking for it took a quarter of the startup time.
    gc.disable()
    try:
        return _application()
    finally:
        gc.freeze()
        gc.enable()


def _application() -> "WSGIApplication":
    # imported here, because commands don't need the pages
    from lms.app import create_app  # noqa: PLC0415
    from lms.operations.secret_key_change import accept_old_key  # noqa: PLC0415
    from lms.web.wsgi_middleware_stack import front  # noqa: PLC0415
    from lms.worker.alert_watch import AlertWatch  # noqa: PLC0415

    carrel = accept_old_key(open_carrel(Settings.from_env()), now)
    begin_observing(carrel.settings)
    made = front(create_app(carrel, COMPONENTS), carrel)
    AlertWatch(carrel).start()
    return made


def main() -> None:
    """Run the command line: `carrel`."""
    configure_logs(logging.WARNING)
    sys.exit(run(COMPONENTS, sys.argv[1:]))


if __name__ == "__main__":
    main()
