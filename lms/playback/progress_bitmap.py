"""The progress bitmap: 5-second buckets a person has watched; pure functions only.

Bucket `i` is bit `i % 8` of byte `i // 8`, set once the seconds [5i, 5i + 5) were played. Merging
is OR, so a beat may come twice. What a beat claims is paid for with time that has passed, at no
more than the player's highest speed, so that seeking, replaying and forging earn nothing.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

BUCKET_S: Final = 5
FASTEST: Final = 2.0
# A film at double speed may run a little ahead of the server's clock: 2 % in the long run, and at
# once the bucket that an earlier beat left half played and the round trip of a request.
DRIFT: Final = 1.02
SLACK: Final = timedelta(seconds=5)
# Players report their place four times a second, so the edge of a stretch is known to half a second.
EDGE_S: Final = 0.5
OVERRUN_S: Final = 1.0
MOST_SPANS: Final = 200


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a recording, [starts_s, ends_s) in its own seconds."""

    starts_s: float
    ends_s: float


@dataclass(frozen=True, slots=True)
class Beat:
    """What a player tells: where it stands, how fast it plays, what it played since it last told."""

    position_s: float
    rate: float
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What is kept of a person and a recording; `earned_until` is up to when time has been spent."""

    buckets: bytes
    earned_until: datetime


class Verdict(StrEnum):
    """What became of the stretches a beat claimed; all of them, or none."""

    KEPT = "kept"
    TOO_FAST = "too_fast"
    TOO_SOON = "too_soon"
    OUTSIDE = "outside"


class BadBeat(ValueError):
    """Not a beat at all: a number is missing, not finite or below zero."""


def without_last(beat: Beat, seconds: float) -> Beat:
    """Return a beat as it was that many seconds of a clock before: without what was played since."""
    left = played = seconds * beat.rate
    spans: list[Span] = []
    for span in reversed(beat.spans):
        cut = min(left, span.ends_s - span.starts_s)
        left -= cut
        if span.ends_s - cut > span.starts_s:
            spans.insert(0, Span(span.starts_s, span.ends_s - cut))
    return Beat(max(0.0, beat.position_s - played), beat.rate, tuple(spans))


def bucket_count(seconds: float) -> int:
    """Return how many buckets a recording of that length has; the last may be a short one."""
    return max(1, math.ceil(seconds / BUCKET_S))


def checked_beat(position_s: float, rate: float, spans: Iterable[tuple[float, float]]) -> Beat:
    """Return the beat; raises BadBeat for numbers that no player could send."""
    beat = Beat(position_s, rate, tuple(Span(start, end) for start, end in spans))
    numbers = [position_s, rate, *(edge for span in beat.spans for edge in _edges(span))]
    if not all(math.isfinite(number) and number >= 0 for number in numbers):
        raise BadBeat("a beat's numbers are finite and not below zero")
    if rate == 0 or len(beat.spans) > MOST_SPANS:
        raise BadBeat("a beat has a speed, and a few stretches at most")
    return beat


def weigh(seen: Seen, beat: Beat, *, seconds: float, now: datetime) -> tuple[Seen, Verdict]:
    """Return what is kept after a beat, and what became of its claim.

    Only buckets that were not kept before cost time: each its seconds at the highest speed. The
    time is what passed since `seen.earned_until`; a claim beyond it, beyond the end, or at a
    speed the player doesn't have earns nothing, and no time is saved up by waiting.
    """
    idle_until = max(seen.earned_until, now - SLACK)
    lost = Seen(seen.buckets, idle_until)
    if beat.rate > FASTEST:
        return lost, Verdict.TOO_FAST
    if any(s.ends_s <= s.starts_s or s.ends_s > seconds + OVERRUN_S for s in beat.spans):
        return lost, Verdict.OUTSIDE
    merged = merge(seen.buckets, _claimed(beat.spans, seconds), seconds=seconds)
    gained = watched_seconds(merged, seconds) - watched_seconds(seen.buckets, seconds)
    spent_until = seen.earned_until + timedelta(seconds=gained / (FASTEST * DRIFT))
    if spent_until > now + SLACK:
        return lost, Verdict.TOO_SOON
    return Seen(merged, max(spent_until, now - SLACK)), Verdict.KEPT


def merge(one: bytes, other: bytes, *, seconds: float) -> bytes:
    """Return the buckets set in either, in as many bytes as the recording's length asks for."""
    count = bucket_count(seconds)
    bits = (_bits(one) | _bits(other)) & ((1 << count) - 1)
    return bits.to_bytes((count + 7) // 8, "little")


def watched_seconds(buckets: bytes, seconds: float) -> float:
    """Return how many seconds of the recording are in set buckets."""
    bits, last = _bits(buckets), bucket_count(seconds) - 1
    whole = (bits & ((1 << last) - 1)).bit_count() * BUCKET_S
    return whole + (seconds - last * BUCKET_S if bits >> last & 1 else 0.0)


def share(buckets: bytes, seconds: float) -> float:
    """Return the part of the recording that was seen, 0 to 1."""
    return min(1.0, watched_seconds(buckets, seconds) / seconds)


def share_within(buckets: bytes, span: Span, *, seconds: float) -> float:
    """Return the part of a stretch that was seen, 0 to 1, by the buckets that lie in it whole.

    Who plays from its start to its end has earned no bucket that begins before or ends after it.
    A stretch that holds none goes by those it touches; one beyond the end was never seen.
    """
    count = bucket_count(seconds)
    first = math.ceil((span.starts_s - EDGE_S) / BUCKET_S)
    ends = math.floor((span.ends_s + EDGE_S) / BUCKET_S)
    if span.ends_s + EDGE_S >= seconds:
        ends = count
    if ends <= first:
        first, ends = math.floor(span.starts_s / BUCKET_S), math.ceil(span.ends_s / BUCKET_S)
    first, ends = max(first, 0), min(ends, count)
    if ends <= first:
        return 0.0
    mask = (1 << ends) - (1 << first)
    return (_bits(buckets) & mask).bit_count() / (ends - first)


def parts(buckets: bytes, seconds: float) -> tuple[Span, ...]:
    """Return the stretches that were seen, in order."""
    return tuple(_runs(_bits(buckets), seconds))


def gaps(buckets: bytes, seconds: float) -> tuple[Span, ...]:
    """Return the stretches that are still to be seen, in order."""
    return tuple(_runs(~_bits(buckets) & ((1 << bucket_count(seconds)) - 1), seconds))


class Tally:
    """In how many of several bitmaps each bucket is set.

    The counts are kept in slices, one bit of all of them in each, so that adding a bitmap costs about
    as much as merging it.
    """

    def __init__(self) -> None:
        self._slices: list[int] = []

    def add(self, buckets: bytes) -> None:
        """Count one bitmap more."""
        carried = _bits(buckets)
        for place, kept in enumerate(self._slices):
            self._slices[place], carried = kept ^ carried, kept & carried
        if carried:
            self._slices.append(carried)

    def counts(self, seconds: float) -> list[int]:
        """Return the count of each bucket of a recording of that length."""
        return [
            sum((kept >> bucket & 1) << place for place, kept in enumerate(self._slices))
            for bucket in range(bucket_count(seconds))
        ]


def _edges(span: Span) -> tuple[float, float]:
    return span.starts_s, span.ends_s


def _bits(buckets: bytes) -> int:
    return int.from_bytes(buckets, "little")


def _claimed(spans: Iterable[Span], seconds: float) -> bytes:
    count = bucket_count(seconds)
    bits = 0
    for span in spans:
        first = math.ceil((span.starts_s - EDGE_S) / BUCKET_S)
        ends = math.floor((span.ends_s + EDGE_S) / BUCKET_S)
        if span.ends_s + EDGE_S >= seconds:
            ends = count
        if ends > first:
            bits |= (1 << ends) - (1 << max(first, 0))
    return bits.to_bytes((max(count, bits.bit_length()) + 7) // 8, "little")


def _runs(bits: int, seconds: float) -> Iterator[Span]:
    start = 0
    while bits >> start:
        start += _trailing_zeros(bits >> start)
        length = _trailing_zeros(~(bits >> start))
        ends = (start + length) * BUCKET_S
        yield Span(float(start * BUCKET_S), min(float(ends), seconds))
        start += length


def _trailing_zeros(bits: int) -> int:
    return (bits & -bits).bit_length() - 1
