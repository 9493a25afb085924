"""The limited process: starts one program under resource limits, replacing itself.

Run by its path, without imports of our own: it must start in a few milliseconds. It sets the limits
in its own process, since a process with threads must not run Python code between fork and exec.
"""

import ctypes
import json
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(order: str, *command: str) -> None:
    """Set the limits in the order (JSON), then execute the command."""
    wanted: dict[str, int] = json.loads(order)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != wanted["parent"]:  # the parent died before prctl
            sys.exit(125)
    for name, kind in (
        ("memory_bytes", resource.RLIMIT_AS),
        ("cpu_seconds", resource.RLIMIT_CPU),
        ("file_bytes", resource.RLIMIT_FSIZE),
    ):
        hard = resource.getrlimit(kind)[1]
        limit = wanted[name] if hard == resource.RLIM_INFINITY else min(wanted[name], hard)
        resource.setrlimit(kind, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(wanted["nice"])
    os.execvp(command[0], command)  # noqa: S606 - our own list, no shell


if __name__ == "__main__":
    main(*sys.argv[1:])
