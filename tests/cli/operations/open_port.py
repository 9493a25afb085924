"""An address to serve at, for commands that are refused before anyone connects."""

from tests.servers.process import free_port


def free_bind() -> str:
    return f"127.0.0.1:{free_port()}"
