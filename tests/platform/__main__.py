"""The simulated LMS as a program: `python -m tests.platform --bind HOST:PORT`."""

import argparse
import sys
from threading import Event

from tests.platform.app import running_platform
from tests.platform.platform import Platform
from tests.platform.product_quirks import BY_NAME


def main() -> None:
    """Serve a platform until interrupted; --tool registers a tool at the start."""
    asked = _arguments()
    with running_platform(
        habits=BY_NAME[asked.habits],
        bind=asked.bind,
        host=asked.host,
        https=asked.https,
        name=asked.name,
    ) as platform:
        if asked.tool:
            _register(platform, asked.tool.rstrip("/"), asked.client_id)
        sys.stdout.write(f"The learning platform is at {platform.url}\n")
        sys.stdout.flush()
        try:
            Event().wait()
        except KeyboardInterrupt:
            sys.stdout.write("The learning platform ends.\n")


def _register(platform: Platform, tool: str, client_id: str) -> None:
    platform.register(
        name="Carrel",
        client_id=client_id,
        deployment_ids=["1"],
        login_url=f"{tool}/lti/login",
        redirect_uris=[f"{tool}/lti/launch"],
        launch_url=f"{tool}/lti/launch",
        jwks_url=f"{tool}/lti/jwks",
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.platform", description=__doc__)
    parser.add_argument("--bind", default="127.0.0.1:8100", metavar="HOST:PORT")
    parser.add_argument("--host", default="localhost", help="the name in the platform's address")
    parser.add_argument("--https", action="store_true", help="with a certificate made at start")
    parser.add_argument("--name", default="Elmwood Learning")
    parser.add_argument("--habits", default="plain", choices=sorted(BY_NAME))
    parser.add_argument("--tool", metavar="URL", help="register the tool that is served there")
    parser.add_argument("--client-id", default="carrel", help="the client id of --tool")
    return parser.parse_args()


if __name__ == "__main__":
    main()
