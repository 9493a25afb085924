"""The gunicorn worker: tells the supervisor that it serves, and drains before it ends."""

import os
import time
from contextlib import suppress
from types import FrameType

from gunicorn.sock import BaseSocket
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from lms.web.server.draining import begin_draining
from lms.worker.web_and_worker_supervisor import READY_FD


class DrainingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker with threads. USR1 drains it while it goes on accepting, TERM drains and ends it."""

    def run(self) -> None:
        """Serve until told to end."""
        _tell_ready()
        super().run()

    def handle_usr1(self, _number: int, _frame: FrameType | None) -> None:
        """Go on serving, but let no connection wait for another request."""
        self._drain()

    def handle_exit(self, number: int, frame: FrameType | None) -> None:
        """Take nothing new, and end when what was begun is done."""
        self._drain()
        super().handle_exit(number, frame)

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001  (as gunicorn has it)
        """Close the sockets when nothing more is accepted: what waits there would hang, then break."""
        super().set_accept_enabled(enabled)
        if not self.alive and not enabled:
            for listener in self.sockets:
                self._take_waiting(listener)
                listener.close()

    def murder_pending(self) -> None:
        """Close connections that have sent nothing, at the end sooner: a browser keeps one ready."""
        if not self.alive:
            soon = time.monotonic() + STOP_KEEPALIVE_LINGER
            for waiting in self.pending_conns:
                waiting.timeout = min(waiting.timeout, soon)
        super().murder_pending()

    def _drain(self) -> None:
        begin_draining()
        self.max_keepalived = 0

    def _take_waiting(self, listener: BaseSocket) -> None:
        """Accept what the kernel has accepted for us already."""
        before = -1
        while self.nr_conns != before:
            before = self.nr_conns
            self.accept(listener)


def _tell_ready() -> None:
    number = os.environ.get(READY_FD)  # noqa: TID251  (no setting: the supervisor's pipe)
    if number is not None:
        with suppress(OSError):  # nobody waits for it anymore
            os.write(int(number), b".")
