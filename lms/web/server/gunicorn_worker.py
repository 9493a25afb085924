"""The gunicorn worker: tells the supervisor when it is ready, and drains before it exits."""

import os
import time
from contextlib import suppress
from types import FrameType

from gunicorn.sock import BaseSocket
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from lms.web.server.draining import begin_draining
from lms.worker.web_and_worker_supervisor import READY_FD


class DrainingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A threaded worker. USR1 drains it while it still accepts connections; TERM drains and stops it."""

    def run(self) -> None:
        """Report readiness, then serve until stopped."""
        _tell_ready()
        super().run()

    def handle_usr1(self, _number: int, _frame: FrameType | None) -> None:
        """Continue to serve, but don't keep connections alive."""
        self._drain()

    def handle_exit(self, number: int, frame: FrameType | None) -> None:
        """Accept nothing new, and exit when current requests are finished."""
        self._drain()
        super().handle_exit(number, frame)

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001  (gunicorn's signature)
        """Close the listening sockets once nothing is accepted, or clients waiting there would hang and fail."""
        super().set_accept_enabled(enabled)
        if not self.alive and not enabled:
            for listener in self.sockets:
                self._take_waiting(listener)
                listener.close()

    def murder_pending(self) -> None:
        """Close idle new connections, sooner during shutdown: browsers keep spare ones open."""
        if not self.alive:
            soon = time.monotonic() + STOP_KEEPALIVE_LINGER
            for waiting in self.pending_conns:
                waiting.timeout = min(waiting.timeout, soon)
        super().murder_pending()

    def _drain(self) -> None:
        begin_draining()
        self.max_keepalived = 0

    def _take_waiting(self, listener: BaseSocket) -> None:
        """Accept the connections that the kernel has already accepted for us."""
        before = -1
        while self.nr_conns != before:
            before = self.nr_conns
            self.accept(listener)


def _tell_ready() -> None:
    number = os.environ.get(READY_FD)  # noqa: TID251  (not a setting: the supervisor's pipe)
    if number is not None:
        with suppress(OSError):  # no one is waiting for it anymore
            os.write(int(number), b".")
