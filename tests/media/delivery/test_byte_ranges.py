import pytest

from media.delivery.byte_ranges import Span, Unsatisfiable, is_known, wanted_span


@pytest.mark.parametrize(
    ("header", "start", "length", "open_ended"),
    [
        ("bytes=0-0", 0, 1, False),
        ("bytes=0-99", 0, 100, False),
        ("bytes=10-19", 10, 10, False),
        ("bytes=90-1000", 90, 10, False),
        ("bytes=0-", 0, 100, True),
        ("bytes=99-", 99, 1, True),
        ("bytes=-10", 90, 10, False),
        ("bytes=-1000", 0, 100, False),
    ],
)
def test_range_is_read_as_first_byte_and_length(header, start, length, open_ended):
    assert wanted_span(header, "", '"v"', 100) == Span(start, length, open_ended)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-4",
        "bytes=0-1,5-6",
        "bytes =0-1",
        "items=0-1",
        "bytes=0-1 ",
        "bytes=--1",
        "bytes=" + "9" * 30 + "-",
        "bytes=\u0661-\u0662x",
    ],
)
def test_anything_but_a_single_range_means_the_whole_file(header):
    assert wanted_span(header, "", '"v"', 100) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_range_past_the_end_is_unsatisfiable(header):
    with pytest.raises(Unsatisfiable):
        wanted_span(header, "", '"v"', 100)


def test_no_range_of_an_empty_file_is_satisfiable():
    with pytest.raises(Unsatisfiable):
        wanted_span("bytes=0-", "", '"v"', 0)


@pytest.mark.parametrize("if_range", ['"w"', 'W/"v"', "Tue, 24 Nov 2026 16:00:00 GMT"])
def test_a_range_of_another_version_means_the_whole_file(if_range):
    assert wanted_span("bytes=0-9", if_range, '"v"', 100) is None
    assert wanted_span("bytes=0-9", '"v"', '"v"', 100) == Span(0, 10, open_ended=False)


def test_only_an_open_range_is_capped():
    assert Span(5, 100, open_ended=True).capped(10) == Span(5, 10, open_ended=True)
    assert Span(5, 100, open_ended=False).capped(10) == Span(5, 100, open_ended=False)
    assert Span(5, 8, open_ended=True).capped(10) == Span(5, 8, open_ended=True)


@pytest.mark.parametrize("header", ['"v"', 'W/"v"', '"a", "v"', '"a",W/"v"', "*"])
def test_cached_version_is_recognized(header):
    assert is_known(header, '"v"')


@pytest.mark.parametrize("header", ["", '"a"', "v", '"vv"'])
def test_another_version_is_not_recognized(header):
    assert not is_known(header, '"v"')
