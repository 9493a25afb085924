"""Progress is earned only by watching."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.playback import progress_bitmap
from lms.playback.progress_bitmap import BadBeat, Seen, Span, Verdict

NOON = datetime(2026, 10, 6, 12, tzinfo=UTC)
HOUR = 3600.0


def after(seconds):
    return NOON + timedelta(seconds=seconds)


def new(at=NOON):
    return Seen(b"", at)


def weigh(seen, spans, *, at, rate=1.0, seconds=HOUR):
    beat = progress_bitmap.checked_beat(0.0, rate, spans)
    return progress_bitmap.weigh(seen, beat, seconds=seconds, now=after(at))


def watch(seen, *, start, until, from_s, rate):
    """Play honestly: a heartbeat every 15 seconds, each with the bucket it left half played."""
    clock, place = start, from_s
    while clock < until:
        step = min(15, until - clock)
        clock += step
        begin, place = math.floor(place / 5) * 5, place + step * rate
        seen, verdict = weigh(seen, [(begin, place)], at=clock, rate=rate)
        assert verdict is Verdict.KEPT
    return seen


def test_hour_is_stored_in_ninety_bytes():
    seen = watch(new(), start=0, until=3600, from_s=0, rate=1.0)
    assert len(seen.buckets) == 90
    assert progress_bitmap.share(seen.buckets, HOUR) == 1.0


def test_hour_at_double_speed_is_earned_in_half_an_hour():
    seen = watch(new(), start=0, until=1800, from_s=0, rate=2.0)
    assert progress_bitmap.watched_seconds(seen.buckets, HOUR) == HOUR


def test_half_played_bucket_does_not_count():
    seen, verdict = weigh(new(), [(0, 12.4)], at=15)
    assert verdict is Verdict.KEPT
    assert progress_bitmap.parts(seen.buckets, HOUR) == (Span(0, 10),)


def test_half_played_bucket_counts_once_the_rest_is_played():
    seen, _ = weigh(new(), [(0, 12.4)], at=15)
    seen, _ = weigh(seen, [(10, 27.5)], at=30)
    assert progress_bitmap.parts(seen.buckets, HOUR) == (Span(0, 25),)


def test_last_bucket_counts_if_playback_ends_slightly_early():
    seen, _ = weigh(new(), [(55, 61.9)], at=15, seconds=62.3)
    assert progress_bitmap.watched_seconds(seen.buckets, 62.3) == pytest.approx(7.3)


def test_seeking_through_a_recording_earns_nothing():
    looks = [(at, at + 1.2) for at in range(0, 3600, 60)]
    seen, _ = weigh(new(), looks, at=75)
    assert progress_bitmap.watched_seconds(seen.buckets, HOUR) == 0


def test_claim_of_more_than_the_elapsed_time_earns_nothing():
    seen, verdict = weigh(new(), [(0, 600)], at=15)
    assert verdict is Verdict.TOO_SOON
    assert progress_bitmap.watched_seconds(seen.buckets, HOUR) == 0


def test_a_claimed_speed_above_the_players_highest_earns_nothing():
    seen, verdict = weigh(new(), [(0, 15)], at=15, rate=2.5)
    assert verdict is Verdict.TOO_FAST
    assert progress_bitmap.watched_seconds(seen.buckets, HOUR) == 0


def test_span_past_the_end_earns_nothing():
    seen, verdict = weigh(new(), [(3590, 3610)], at=15)
    assert verdict is Verdict.OUTSIDE
    assert progress_bitmap.watched_seconds(seen.buckets, HOUR) == 0


def test_backwards_span_earns_nothing():
    assert weigh(new(), [(20, 10)], at=15)[1] is Verdict.OUTSIDE


def test_repeated_heartbeat_counts_once():
    once, _ = weigh(new(), [(0, 15)], at=15)
    twice, verdict = weigh(once, [(0, 15)], at=15)
    assert verdict is Verdict.KEPT
    assert twice.buckets == once.buckets


def test_replayed_spans_need_no_elapsed_time():
    seen = watch(new(), start=0, until=60, from_s=0, rate=1.0)
    seen, verdict = weigh(seen, [(0, 60), (60, 75)], at=75)
    assert verdict is Verdict.KEPT
    assert progress_bitmap.parts(seen.buckets, HOUR) == (Span(0, 75),)


def test_waiting_does_not_accumulate_time_for_a_forged_heartbeat():
    seen, _ = weigh(new(), [(0, 15)], at=15)
    seen, _ = weigh(seen, [], at=1800)
    _, verdict = weigh(seen, [(15, 600)], at=1801)
    assert verdict is Verdict.TOO_SOON


def test_many_small_heartbeats_earn_no_more_than_double_speed():
    seen, clock, place = new(), 0.0, 0
    for _ in range(600):
        clock += 0.1
        seen, verdict = weigh(seen, [(place, place + 10)], at=clock, rate=2.0)
        place += 10 if verdict is Verdict.KEPT else 0
    slack = 2 * progress_bitmap.SLACK.total_seconds() * progress_bitmap.FASTEST
    assert (
        progress_bitmap.watched_seconds(seen.buckets, HOUR)
        <= 60 * 2 * progress_bitmap.DRIFT + slack
    )


def test_two_screens_earn_no_more_than_one():
    seen = new()
    kept = 0
    for beat in range(1, 21):
        for screen in range(4):
            start = screen * 900 + (beat - 1) * 30
            seen, verdict = weigh(seen, [(start, start + 30)], at=beat * 15, rate=2.0)
            kept += verdict is Verdict.KEPT
    assert kept <= 20 + 1


def test_gaps_are_the_parts_not_watched():
    seen, _ = weigh(new(), [(0, 10), (20, 32)], at=20, seconds=48.0)
    assert progress_bitmap.parts(seen.buckets, 48.0) == (Span(0, 10), Span(20, 30))
    assert progress_bitmap.gaps(seen.buckets, 48.0) == (Span(10, 20), Span(30, 48))


def test_recording_without_progress_is_one_gap():
    assert progress_bitmap.gaps(b"", 48.0) == (Span(0, 48),)
    assert progress_bitmap.parts(b"", 48.0) == ()


@pytest.mark.parametrize(
    ("position", "rate", "spans"),
    [
        (math.nan, 1.0, []),
        (-1.0, 1.0, []),
        (1.0, 0.0, []),
        (1.0, math.inf, []),
        (1.0, 1.0, [(0.0, math.inf)]),
        (1.0, 1.0, [(-5.0, 5.0)]),
        (1.0, 1.0, [(0.0, 1.0)] * 201),
    ],
)
def test_invalid_numbers_in_a_heartbeat_are_refused(position, rate, spans):
    with pytest.raises(BadBeat):
        progress_bitmap.checked_beat(position, rate, spans)


bitmaps = st.binary(max_size=12)
lengths = st.floats(min_value=0.5, max_value=400.0)


@given(one=bitmaps, other=bitmaps, seconds=lengths)
def test_merging_never_loses_a_bucket(one, other, seconds):
    both = progress_bitmap.merge(one, other, seconds=seconds)
    for kept in (one, other):
        alone = progress_bitmap.merge(kept, b"", seconds=seconds)
        assert progress_bitmap.merge(both, alone, seconds=seconds) == both


@given(kept=bitmaps, seconds=lengths)
def test_parts_and_gaps_together_are_the_whole_recording(kept, seconds):
    buckets = progress_bitmap.merge(kept, b"", seconds=seconds)
    pieces = [*progress_bitmap.parts(buckets, seconds), *progress_bitmap.gaps(buckets, seconds)]
    assert sum(span.ends_s - span.starts_s for span in pieces) == pytest.approx(seconds)
    assert progress_bitmap.watched_seconds(buckets, seconds) == pytest.approx(
        sum(span.ends_s - span.starts_s for span in progress_bitmap.parts(buckets, seconds))
    )


@given(
    claims=st.lists(
        st.tuples(st.floats(0, HOUR), st.floats(0, HOUR), st.floats(0.1, 60), st.floats(0.5, 2.0)),
        max_size=30,
    )
)
def test_no_series_of_heartbeats_earns_more_than_the_elapsed_time_allows(claims):
    seen, clock = new(), 0.0
    for start, length, wait, rate in claims:
        clock += wait
        seen, _ = weigh(seen, [(start, start + length)], at=clock, rate=rate)
    earned = progress_bitmap.watched_seconds(seen.buckets, HOUR)
    slack = progress_bitmap.SLACK.total_seconds()
    assert earned <= (clock + slack) * progress_bitmap.FASTEST * progress_bitmap.DRIFT + 1e-6


def test_heartbeat_is_shortened_by_the_last_seconds():
    beat = progress_bitmap.checked_beat(40.0, 2.0, [(0, 10), (30, 40)])
    assert progress_bitmap.without_last(beat, 0.0) == beat
    assert progress_bitmap.without_last(beat, 3.0).spans == (Span(0, 10), Span(30, 34))
    assert progress_bitmap.without_last(beat, 6.0).spans == (Span(0, 8),)
    cut = progress_bitmap.without_last(beat, 60.0)
    assert (cut.spans, cut.position_s) == ((), 0.0)
