"""The progress bitmap: 5-second buckets that a person has watched; pure functions only.

Bucket `i` is bit `i % 8` of byte `i // 8`, set once the seconds [5i, 5i + 5) were played. Merging is
OR, so a beat can be repeated. New buckets require that enough time has passed at the player's highest
speed, so that seeking, replaying and forged beats earn nothing.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

BUCKET_S: Final = 5
FASTEST: Final = 2.0
# A recording at double speed can run slightly ahead of the server's clock: 2% in the long run, plus
# once the bucket half played at the previous beat and a request's round trip.
DRIFT: Final = 1.02
SLACK: Final = timedelta(seconds=5)
# Players report their position four times a second, so a span's edge is accurate to half a second.
EDGE_S: Final = 0.5
OVERRUN_S: Final = 1.0
MOST_SPANS: Final = 200


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a recording, [starts_s, ends_s) in seconds."""

    starts_s: float
    ends_s: float


@dataclass(frozen=True, slots=True)
class Beat:
    """A player's report: its position, speed, and what it has played since the last report."""

    position_s: float
    rate: float
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What is stored for a person and a recording; time before `earned_until` is already used up."""

    buckets: bytes
    earned_until: datetime


class Verdict(StrEnum):
    """The result for the spans of a beat: all are stored, or none."""

    KEPT = "kept"
    TOO_FAST = "too_fast"
    TOO_SOON = "too_soon"
    OUTSIDE = "outside"


class BadBeat(ValueError):
    """Not a valid beat: a number is missing, not finite, or negative."""


def without_last(beat: Beat, seconds: float) -> Beat:
    """Return a beat without its last `seconds` of clock time."""
    left = played = seconds * beat.rate
    spans: list[Span] = []
    for span in reversed(beat.spans):
        cut = min(left, span.ends_s - span.starts_s)
        left -= cut
        if span.ends_s - cut > span.starts_s:
            spans.insert(0, Span(span.starts_s, span.ends_s - cut))
    return Beat(max(0.0, beat.position_s - played), beat.rate, tuple(spans))


def bucket_count(seconds: float) -> int:
    """Return the number of buckets of a recording; the last can be shorter."""
    return max(1, math.ceil(seconds / BUCKET_S))


def checked_beat(position_s: float, rate: float, spans: Iterable[tuple[float, float]]) -> Beat:
    """Return a validated beat; raises BadBeat for numbers that no player could send."""
    beat = Beat(position_s, rate, tuple(Span(start, end) for start, end in spans))
    numbers = [position_s, rate, *(edge for span in beat.spans for edge in _edges(span))]
    if not all(math.isfinite(number) and number >= 0 for number in numbers):
        raise BadBeat("a beat's numbers are finite and not below zero")
    if rate == 0 or len(beat.spans) > MOST_SPANS:
        raise BadBeat("a beat has a speed, and a few stretches at most")
    return beat


def weigh(seen: Seen, beat: Beat, *, seconds: float, now: datetime) -> tuple[Seen, Verdict]:
    """Return what is stored after a beat, and the result for its spans.

    Only new buckets use time: their seconds at the highest speed, taken from the time since
    `seen.earned_until`. A beat that needs more, reaches beyond the end, or has an impossible speed
    earns nothing, and waiting does not save up time.
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
    """Return the buckets set in either bitmap, in as many bytes as the recording's length requires."""
    count = bucket_count(seconds)
    bits = (_bits(one) | _bits(other)) & ((1 << count) - 1)
    return bits.to_bytes((count + 7) // 8, "little")


def watched_seconds(buckets: bytes, seconds: float) -> float:
    """Return the number of seconds of the recording in set buckets."""
    bits, last = _bits(buckets), bucket_count(seconds) - 1
    whole = (bits & ((1 << last) - 1)).bit_count() * BUCKET_S
    return whole + (seconds - last * BUCKET_S if bits >> last & 1 else 0.0)


def share(buckets: bytes, seconds: float) -> float:
    """Return the share of the recording that was watched, 0 to 1."""
    return min(1.0, watched_seconds(buckets, seconds) / seconds)


def share_within(buckets: bytes, span: Span, *, seconds: float) -> float:
    """Return the share of a span that was watched, 0 to 1, by the buckets entirely inside it.

    Playing exactly the span earns no bucket that begins before it or ends after it. A span that
    contains no whole bucket is measured by the buckets it touches; one beyond the end gives 0.
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
    """Return the spans that were watched, in order."""
    return tuple(_runs(_bits(buckets), seconds))


def gaps(buckets: bytes, seconds: float) -> tuple[Span, ...]:
    """Return the spans that were not watched, in order."""
    return tuple(_runs(~_bits(buckets) & ((1 << bucket_count(seconds)) - 1), seconds))


class Tally:
    """Counts in how many bitmaps each bucket is set.

    The counts are stored bit-sliced, one slice per binary digit, so that adding a bitmap costs about as
    much as merging it.
    """

    def __init__(self) -> None:
        self._slices: list[int] = []

    def add(self, buckets: bytes) -> None:
        """Add a bitmap to the counts."""
        carried = _bits(buckets)
        for place, kept in enumerate(self._slices):
            self._slices[place], carried = kept ^ carried, kept & carried
        if carried:
            self._slices.append(carried)

    def counts(self, seconds: float) -> list[int]:
        """Return the count for each bucket of a recording of that length."""
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
