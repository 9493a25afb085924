"""A simulated viewer: their browser, and the requests of the player's scripts."""

import asyncio
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from benchmarks.concurrent_viewers_library import Person
from benchmarks.heartbeat import AGENT
from benchmarks.served_product import HOST, Answer, Connection, header
from lms.playback.progress_bitmap import BUCKET_S, EDGE_S
from media.video.hls_playlist_parser_and_writer import Playlist, parse_playlist

BEAT_S: Final = 15.0
BUFFER_S: Final = 20.0  # as in lms/static/js/playback/hls_video.js
PATIENCE_S: Final = 300.0  # browsers give up after minutes
# as in lms/static/js/playback/watch.js
TRY_AGAIN_S: Final = 3.0
OPENING_WITHIN_S: Final = 120.0
AWAY: Final = frozenset({502, 503, 504})
SERVER_FAULT: Final = 500
NO_ANSWER: Final = (OSError, TimeoutError, EOFError)
_OPEN: Final = re.compile(rb'data-open="([^"]+)"\s+data-token="([^"]+)"')


@dataclass(slots=True)
class Seen:
    """Results of all requests: waits in seconds and statuses, by kind."""

    waits: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    played_s: dict[int, float] = field(default_factory=dict)  # by login row
    failed: list[tuple[float, str]] = field(default_factory=list)  # time, and status
    stalled_s: float = 0.0
    watching: int = 0
    most_watching: int = 0

    def count(self, *firsts: str) -> int:
        """Return how many responses have a status that begins with one of these ("5", "none")."""
        return sum(n for name, n in self.statuses.items() if name.split()[1].startswith(firsts))


class Browser:
    """A viewer's browser: its cookies, and connections that are reused."""

    def __init__(self, port: int, cookie: str, seen: Seen) -> None:
        self._port, self._seen = port, seen
        self._cookies = [cookie]
        self._idle: list[Connection] = []

    async def get(self, kind: str, path: str, *, more: str = "", keeps: bool = False) -> Answer:
        """Request a URL; raises one of NO_ANSWER if there is no response."""
        return await self._ask(kind, f"GET {path}", more, "", keeps=keeps)

    async def post(self, kind: str, path: str, body: object, more: str = "") -> Answer:
        """Send JSON."""
        return await self._ask(kind, f"POST {path}", more, json.dumps(body), keeps=True)

    async def _ask(self, kind: str, what: str, more: str, body: str, *, keeps: bool) -> Answer:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE_S):
                answer = await self._answer(self._request(what, more, body), keeps=keeps)
        except NO_ANSWER as fault:
            self._seen.statuses[f"{kind} none ({type(fault).__name__})"] += 1
            self._seen.failed.append((time.perf_counter(), f"{kind} none"))
            raise
        self._seen.waits[kind].append(time.perf_counter() - began)
        self._seen.statuses[f"{kind} {answer.status}"] += 1
        if answer.status >= SERVER_FAULT:
            told = " Retry-After" if header(answer.head, b"Retry-After") else ""
            self._seen.failed.append((time.perf_counter(), f"{kind} {answer.status}{told}"))
        if given := header(answer.head, b"Set-Cookie").partition(b";")[0].decode():
            self._cookies[1:] = [given]
        return answer

    async def _answer(self, request: bytes, *, keeps: bool) -> Answer:
        was_kept = True
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                break
        else:
            was_kept, connection = False, await Connection.to(self._port)
        try:
            answer = await connection.ask(request, keeps=keeps)
        except (EOFError, ConnectionError):
            connection.close()
            if was_kept and request.startswith(
                b"GET "
            ):  # closed during the request: browsers retry
                return await self._answer(request, keeps=keeps)
            raise
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return answer

    def _request(self, what: str, more: str, body: str) -> bytes:
        said = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        return (
            f"{what} HTTP/1.1\r\nHost: {HOST}:{self._port}\r\nUser-Agent: {AGENT}\r\n"
            f"Cookie: {'; '.join(self._cookies)}\r\n{said}{more}\r\n{body}"
        ).encode()

    def close(self) -> None:
        """Close all connections."""
        for connection in self._idle:
            connection.close()


class Viewer:
    """One person who watches a recording, as the player's scripts do."""

    def __init__(self, browser: Browser, person: Person, seen: Seen) -> None:
        self._browser, self._person, self._seen = browser, person, seen
        self._session: dict[str, Any] = {}
        self._began = self._stalled = self._buffered = 0.0
        self._told_from = 0.0

    async def watch(self, seconds: float) -> None:
        """Arrive, watch for so long, and leave; errors are recorded."""
        try:
            playlists = await self._arrive()
        except NO_ANSWER:
            return
        except ValueError as fault:
            self._seen.statuses[f"arrive refused ({fault})"] += 1
            return
        self._seen.watching += 1
        self._seen.most_watching = max(self._seen.watching, self._seen.most_watching)
        ends = self._began + seconds
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._fill_buffer(playlists, ends))
                both.create_task(self._beat(ends))
        finally:
            self._seen.watching -= 1
        await self._leave()

    async def _arrive(self) -> dict[str, Playlist]:
        page = _good(
            await self._browser.get("page", f"/webinars/{self._person.slug}/watch", keeps=True)
        )
        found = _OPEN.search(page.body)
        if found is None:
            raise ValueError("no player")
        wish = {"native": False, "preview": False, "take_over": False}
        token = f"X-CSRFToken: {found[2].decode()}\r\n"
        path = found[1].decode()
        opened = await _insist(lambda: self._browser.post("open", path, wish, token))
        self._session = json.loads(opened.body)
        await _insist(lambda: self._browser.get("playlist", self._session["hls"]))
        playlists = {}
        for name in ("360p", "sound"):
            listed = self._beside(f"{name}.m3u8")
            answer = await _insist(partial(self._browser.get, "playlist", listed, keeps=True))
            playlists[name] = parse_playlist(answer.body.decode())
            await _insist(partial(self._piece, name, 0, playlists[name].header))
        self._began = time.perf_counter()
        return playlists

    def _beside(self, name: str) -> str:
        return f"{self._session['hls'].rpartition('/')[0]}/{name}"

    async def _piece(self, name: str, start: int, length: int) -> Answer:
        span = f"Range: bytes={start}-{start + length - 1}\r\n"
        return await self._browser.get("segment", self._beside(f"{name}.mp4"), more=span)

    async def _fill_buffer(self, playlists: dict[str, Playlist], ends: float) -> None:
        count = len(playlists["360p"].segments)
        number = 0
        while number < count:
            ahead = self._buffered - BUFFER_S - self._position()
            if time.perf_counter() + max(ahead, 0.0) >= ends:
                return
            if ahead > 0:
                await asyncio.sleep(ahead)
            try:
                for name, playlist in playlists.items():
                    segment = playlist.segments[number]
                    _good(await self._piece(name, segment.start, segment.length))
            except (*NO_ANSWER, ValueError):
                await asyncio.sleep(1)  # hls.js retries
                continue
            self._take_in(playlists["360p"].segments[number].seconds)
            number += 1

    def _take_in(self, seconds: float) -> None:
        late = time.perf_counter() - self._began - self._stalled - self._buffered
        if late > 0:
            self._stalled += late
            self._seen.stalled_s += (
                late if self._buffered else 0.0
            )  # the first position is the start
        self._buffered += seconds

    def _position(self) -> float:
        return min(time.perf_counter() - self._began - self._stalled, self._buffered)

    async def _beat(self, ends: float) -> None:
        due = self._began + BEAT_S
        while due < ends:
            await asyncio.sleep(due - time.perf_counter())
            await self._tell("beat")
            due = max(due + BEAT_S, time.perf_counter())
        await asyncio.sleep(ends - time.perf_counter())

    async def _leave(self) -> None:
        position = await self._tell("close")
        self._seen.played_s[self._person.login_id] = _whole(position)

    async def _tell(self, what: str) -> float:
        """Report the position and unacknowledged seconds played; returns the position."""
        position = round(max(self._position(), 0.0), 2)
        spans = [[self._told_from, position]] if position > self._told_from else []
        body = {"position": position, "rate": 1, "spans": spans}
        try:
            answer = await self._browser.post(what, self._session[what], body)
        except NO_ANSWER:
            return position
        if answer.status == 200:
            self._seen.verdicts[json.loads(answer.body)["verdict"]] += 1
            self._told_from = max(self._told_from, float(position // BUCKET_S * BUCKET_S))
        return position


def _whole(position: float) -> float:
    """Return the seconds of the buckets played from the start to a position."""
    return float((position + EDGE_S) // BUCKET_S * BUCKET_S)


async def _insist(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """Retry until the server responds, as the player and hls.js do at the start."""
    ends = time.perf_counter() + OPENING_WITHIN_S
    while True:
        try:
            answer = await ask()
            if answer.status not in AWAY or time.perf_counter() > ends:
                return _good(answer)
        except NO_ANSWER:
            if time.perf_counter() > ends:
                raise
        await asyncio.sleep(TRY_AGAIN_S)


def _good(answer: Answer) -> Answer:
    if answer.status not in (200, 206):
        raise ValueError(answer.status)
    return answer
