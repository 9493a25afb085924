"""Zoom's participant reports, in the formats that Zoom and spreadsheet programs write."""

import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lms.attendance.zoom_csv import NO_TIME, TOO_MANY, Report, read_report
from lms.core.errors import Invalid

NEW_YORK = ZoneInfo("America/New_York")
HELD_AT = datetime(2026, 10, 6, 18, 0, tzinfo=UTC)  # 2:00 PM in New York
BLOCK = """Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants
812 3456 7890,"Mending; spines",10/06/2026 01:45:10 PM,10/06/2026 03:05:21 PM,host@example.org,81,3

"""
HEAD = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest"


def read(text: str | bytes, *, zone: ZoneInfo = NEW_YORK, held_at: datetime = HELD_AT) -> Report:
    data = text.encode() if isinstance(text, str) else text
    return read_report(io.BytesIO(data), zone=zone, near=held_at)


def rows(*lines: str, head: str = HEAD) -> str:
    return "\r\n".join((head, *lines)) + "\r\n"


def test_report_with_a_meeting_block_and_a_bom_is_read() -> None:
    line = "Bob Bright (Bobby),bob@example.org,10/06/2026 01:58:30 PM,10/06/2026 03:00:00 PM,62,Yes"
    report = read(b"\xef\xbb\xbf" + (BLOCK + rows(line)).encode())
    [stay] = report.stays
    assert (stay.name, stay.email) == ("Bob Bright (Bobby)", "bob@example.org")
    assert stay.began == HELD_AT - timedelta(seconds=90)
    assert stay.ended == HELD_AT + timedelta(hours=1)
    assert stay.line == 5
    assert report.faulty == ()


@pytest.mark.parametrize(
    ("joined", "left"),
    [
        ("10/06/2026 02:00:00 PM", "10/06/2026 02:50:00 PM"),
        ("10/06/2026 02:00 PM", "10/06/2026 02:50 PM"),
        ("10/6/2026 14:00", "10/6/2026 14:50"),
        ("06/10/2026 14:00:00", "06/10/2026 14:50:00"),
        ("06.10.2026 14:00:00", "06.10.2026 14:50:00"),
        ("2026-10-06 14:00:00", "2026-10-06 14:50:00"),
        ("2026-10-06T14:00:00", "2026-10-06T14:50:00"),
        ("2026-10-06T18:00:00Z", "2026-10-06T18:50:00Z"),
        ("2026/10/06 14:00", "2026/10/06 14:50"),
        ("Oct 6, 2026 02:00:00 PM", "Oct 6, 2026 02:50:00 PM"),
        ("Oct 06, 2026 14:00", "Oct 06, 2026 14:50"),
        ("6 October 2026 14:00", "6 October 2026 14:50"),
        ("10/06/26 02:00:00 PM", "10/06/26 02:50:00 PM"),
        ("10/06/2026 2:00:00\u202fPM", "10/06/2026 2:50:00\u202fPM"),
    ],
)
def test_times_are_read_in_every_format(joined: str, left: str) -> None:
    report = read(rows(f'Bob,bob@example.org,"{joined}","{left}",50,No'))
    [stay] = report.stays
    assert stay.began == HELD_AT
    assert stay.ended == HELD_AT + timedelta(minutes=50)


@pytest.mark.parametrize(
    ("clock", "minutes"),
    [
        ("12:00 AM", 0),
        ("12:59 am", 59),
        ("12:00 PM", 720),
        ("1:05 p.m.", 785),
        ("11:59 PM", 1439),
        ("00:00", 0),
        ("23:59", 1439),
    ],
)
def test_times_are_read_in_12_and_24_hour_format(clock: str, minutes: int) -> None:
    [stay] = read(rows(f'Bob,,"10/06/2026 {clock}","10/06/2026 {clock}",0,No')).stays
    assert stay.began == datetime(2026, 10, 6, 4, tzinfo=UTC) + timedelta(minutes=minutes)


@pytest.mark.parametrize("clock", ["13:00 PM", "24:10", "10:61", "110:30", "noon"])
def test_invalid_times_are_rejected(clock: str) -> None:
    [faulty] = read(rows(f'Bob,,"10/06/2026 {clock}","10/06/2026 02:00 PM",0,No')).faulty
    assert faulty.sentence == NO_TIME


@pytest.mark.parametrize(
    "when",
    [
        "9999-12-31 23:30",
        "12/31/9999 11:30 PM",
        "0001-01-01 00:10",
        "10/06/2026 02:00 PM +9999",
        "2026-10-06 14:00 GMT+99",
    ],
)
def test_row_with_an_impossible_time_is_reported(when: str) -> None:
    good = "Bob,bob@example.org,10/06/2026 02:00 PM,10/06/2026 02:50 PM,50,No"
    report = read(rows(good, f"Ann,ann@example.org,{when},{when},0,No"))
    assert [one.name for one in report.stays] == ["Bob"]
    assert [(one.line, one.sentence) for one in report.faulty] == [(3, NO_TIME)]


@pytest.mark.parametrize(
    "cell", ["(" * 130_000, "a@" + "." * 130_000 + "@"], ids=["brackets", "dots"]
)
def test_hostile_cell_is_read_like_any_other(cell: str) -> None:
    times = "10/06/2026 02:00 PM,10/06/2026 02:50 PM"
    report = read(rows(f"Bob,bob@example.org,{times},50,No", f"{cell},,{times},50,{cell[:9]}"))
    assert [one.name[:3] for one in report.stays] == ["Bob", cell[:3]]


def test_too_many_rows_are_rejected_without_reading_the_rest() -> None:
    row = "Ann,ann@example.org,2026-10-06 14:00,2026-10-06 15:00,60,No"
    broken = f'"Ann"x,{row}'
    with pytest.raises(Invalid, match=TOO_MANY):
        read(rows(*[row] * 20_001, broken))


def test_times_are_read_in_the_given_zone() -> None:
    line = "Bob,bob@example.org,10/06/2026 11:00:00 AM,10/06/2026 11:50:00 AM,50,No"
    [stay] = read(rows(line), zone=ZoneInfo("America/Los_Angeles")).stays
    assert stay.began == HELD_AT


@pytest.mark.parametrize(
    ("held", "joined", "left", "minutes", "stayed"),
    [
        ("05:30", "01:50", "01:10", "20", ("05:50", "06:10")),
        ("05:30", "01:50", "01:10", "", ("05:50", "06:10")),
        ("05:15", "01:15", "01:45", "30", ("05:15", "05:45")),
        ("06:15", "01:15", "01:45", "30", ("06:15", "06:45")),
        ("04:30", "12:30", "01:15", "45", ("04:30", "05:15")),
        ("04:30", "12:30", "01:15", "105", ("04:30", "06:15")),
        ("04:30", "12:30", "01:15", "", ("04:30", "05:15")),
        ("06:30", "01:45", "02:30", "45", ("06:45", "07:30")),
        ("06:30", "01:45", "02:30", "105", ("05:45", "07:30")),
    ],
)
def test_repeated_hour_is_resolved_by_duration_and_distance_to_the_start(
    held: str, joined: str, left: str, minutes: str, stayed: tuple[str, str]
) -> None:
    def at(clock: str) -> datetime:
        return datetime.fromisoformat(f"2026-11-01T{clock}+00:00")

    line = f"Bob,bob@example.org,11/01/2026 {joined} AM,11/01/2026 {left} AM,{minutes},No"
    report = read(rows(line), held_at=at(held))
    assert report.faulty == ()
    assert [(one.began, one.ended) for one in report.stays] == [(at(stayed[0]), at(stayed[1]))]


def test_time_with_a_zone_is_read_in_that_zone() -> None:
    line = "Bob,bob@example.org,2026-11-01T05:10:00Z,2026-11-01T05:40:00Z,30,No"
    near = datetime(2026, 11, 1, 6, 10, tzinfo=UTC)
    [stay] = read(rows(line), held_at=near).stays
    assert (stay.began, stay.ended) == (
        near - timedelta(hours=1),
        near - timedelta(minutes=30),
    )


def test_unusable_row_is_reported_with_its_line() -> None:
    report = read(
        BLOCK
        + rows(
            "Ann,ann@example.org,10/06/2026 02:00:00 PM,10/06/2026 02:50:00 PM,50,No",
            "Bob,bob@example.org,soon,10/06/2026 02:50:00 PM,50,No",
            "Cat,cat@example.org,10/06/2026 02:50:00 PM,10/06/2026 02:00:00 PM,50,No",
            "Dee,dee@example.org,10/06/2026,10/06/2026,50,No",
            ",,10/06/2026 02:00:00 PM,10/06/2026 02:50:00 PM,50,No",
            "Eve,eve@example.org,02:00 PM,02:50 PM,50,No",
        )
    )
    assert [one.name for one in report.stays] == ["Ann"]
    assert [one.line for one in report.faulty] == [6, 7, 8, 9, 10]


def test_person_who_only_waited_is_left_out() -> None:
    report = read(
        rows(
            "Ann,ann@example.org,10/06/2026 01:50:00 PM,10/06/2026 02:00:00 PM,10,No,,Yes",
            "Ann,ann@example.org,10/06/2026 02:00:00 PM,10/06/2026 02:50:00 PM,50,No,,No",
            head=f"{HEAD},Recording Consent,In Waiting Room",
        )
    )
    assert [one.line for one in report.stays] == [3]
    assert report.waited == 1


def test_webinar_report_has_several_tables_and_absent_people() -> None:
    report = read(
        """Attendee Report
Report Generated:,"Oct 7, 2026 9:01 AM"
Topic,Webinar ID,Actual Start Time,Actual Duration (minutes),# Registered
Mending spines,812 3456 7890,"Oct 6, 2026 1:45 PM",81,3

Host Details
Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes),Is Guest,Country/Region Name
Yes,Host,host@example.org,"Oct 6, 2026 1:45 PM","Oct 6, 2026 3:05 PM",81,No,United States
Attendee Details
Attended,User Name (Original Name),First Name,Last Name,Email,Registration Time,Approval Status,Join Time,Leave Time,Time in Session (minutes),Is Guest,Country/Region Name
Yes,Bob,Bob,Bright,bob@example.org,"Sep 6, 2026 1:45 PM",approved,"Oct 6, 2026 2:00 PM","Oct 6, 2026 2:50 PM",50,Yes,United States
No,Cat,Cat,Clay,cat@example.org,"Sep 6, 2026 1:45 PM",approved,--,--,--,Yes,
"""
    )
    assert [(one.email, one.is_host) for one in report.stays] == [
        ("host@example.org", True),
        ("bob@example.org", False),
    ]
    assert report.faulty == ()


def test_participants_address_is_read_despite_the_meetings_own_columns() -> None:
    head = (
        "Topic,Meeting ID,Host Name,User Email,Start Time,End Time,"
        "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest"
    )
    line = (
        "Mending,812,Host,host@example.org,10/06/2026 01:45:10 PM,10/06/2026 03:05:21 PM,"
        "Bob,bob@example.org,10/06/2026 02:00:00 PM,10/06/2026 02:50:00 PM,50,Yes"
    )
    [stay] = read(rows(line, head=head)).stays
    assert stay.email == "bob@example.org"


@pytest.mark.parametrize(
    "text",
    [
        "Name (Original Name),User Email,Total Duration (Minutes),Guest\nBob,bob@example.org,50,No\n",
        "nothing,of,this\n1,2,3\n",
        "",
    ],
)
def test_file_without_times_is_rejected(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(text)
    assert "file" in refused.value.fields


def test_semicolons_and_utf_16_are_read() -> None:
    text = rows(
        "Bob;bob@example.org;06/10/2026 14:00:00;06/10/2026 14:50:00;50;No",
        head=HEAD.replace(",", ";"),
    )
    [stay] = read(text.encode("utf-16")).stays
    assert stay.began == HELD_AT
