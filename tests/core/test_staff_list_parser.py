"""Staff lists: people read from uploaded files and pasted text."""

import io
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.core.errors import Invalid
from lms.models.seat_imports import Fault
from lms.organizations.staff_list_parser import Entry, read_file, read_pasted
from tests.seat_imports.workbooks import workbook
from tests.wait_until import PATIENCE_S

PEOPLE = "E-mail,Name\njane@example.org,Jane Doe\nzoë@example.org,Zoë Ångström\n"


def from_file(data: bytes) -> list[Entry]:
    """Return all entries in a file of these bytes."""
    return list(read_file(io.BytesIO(data)))


def brief(entries: list[Entry]) -> list[tuple[int, str, str]]:
    """Return each entry's line, address or fault, and name."""
    return [(one.line, one.fault or one.email, one.name) for one in entries]


def refusal_of(data: bytes) -> str:
    """Return the message with which a file is refused."""
    with pytest.raises(Invalid) as refused:
        from_file(data)
    assert refused.value.fields == {"file": refused.value.message}
    return refused.value.message


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_list_is_read_in_each_encoding_that_spreadsheet_programs_write(encoding: str) -> None:
    assert brief(from_file(PEOPLE.encode(encoding))) == [
        (2, "jane@example.org", "Jane Doe"),
        (3, "zoë@example.org", "Zoë Ångström"),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_list_is_read_with_each_delimiter_and_line_ending(delimiter: str, end: str) -> None:
    text = PEOPLE.replace(",", delimiter).replace("\n", end)
    assert [line for line, _, _ in brief(from_file(text.encode()))] == [2, 3]


def test_first_line_that_names_the_delimiter_is_used_and_counted() -> None:
    assert brief(from_file(b"sep=;\r\nemail;name\r\njane@example.org;Doe, Jane\r\n")) == [
        (3, "jane@example.org", "Doe, Jane")
    ]


@pytest.mark.parametrize(
    "headings",
    [
        "Name,E-mail,Branch",
        "Full Name,Email Address,Branch",
        "Employee,MAIL,Branch",
        "display name,User principal name,Branch",
        "Name,Email Address [Required],Branch",
        "Name,Address,Branch",
    ],
)
def test_columns_are_found_by_their_usual_names(headings: str) -> None:
    data = f"{headings}\nJane Doe,jane@example.org,Main\n".encode()
    assert brief(from_file(data)) == [(2, "jane@example.org", "Jane Doe")]


def test_workbook_is_read_like_a_csv_file() -> None:
    rows = [["Name", "E-mail"], ["Jane", "jane@example.org"], ["Joe", "joe"]]
    assert [(one.line, one.email, one.name) for one in from_file(workbook(rows))] == [
        (2, "jane@example.org", "Jane"),
        (3, "", "Joe"),
    ]
    assert brief(from_file(workbook([["jane@example.org"], ["joe@example.org"]]))) == [
        (1, "jane@example.org", ""),
        (2, "joe@example.org", ""),
    ]
    assert refusal_of(workbook([])) == "This list is empty."


def test_departments_and_branches_are_read_from_their_columns() -> None:
    rows = [
        ["E-mail", "Dept.", "Home branch"],
        ["jane@example.org", " Reference ", "Main"],
        ["joe@example.org", "", "x" * 150],
    ]
    found = from_file(workbook(rows))
    assert [(one.department, one.branch) for one in found] == [
        ("Reference", "Main"),
        ("", "x" * 100),
    ]
    assert from_file(b"email,department\nno address,Reference\n")[0].department == "Reference"


def test_first_and_last_name_are_joined() -> None:
    data = b"Last name;First name;E-mail\nDoe;Jane;jane@example.org\n"
    assert brief(from_file(data)) == [(2, "jane@example.org", "Jane Doe")]


def test_list_without_headings_is_read_from_its_first_line() -> None:
    data = b"Jane,Doe,jane@example.org\nJoe,Roe,joe@example.org\n"
    assert brief(from_file(data)) == [
        (1, "jane@example.org", "Jane Doe"),
        (2, "joe@example.org", "Joe Roe"),
    ]


def test_name_with_another_delimiter_is_read_correctly() -> None:
    data = b"Doe, Jane;jane@example.org\nRoe, Joe;joe@example.org\n"
    assert brief(from_file(data)) == [
        (1, "jane@example.org", "Doe, Jane"),
        (2, "joe@example.org", "Roe, Joe"),
    ]


def test_quoted_cell_can_have_line_breaks_and_the_next_row_keeps_its_number() -> None:
    data = b'email,name\njane@example.org,"Jane\n""JJ""\nDoe"\njoe@example.org,Joe\n'
    assert brief(from_file(data)) == [
        (2, "jane@example.org", 'Jane "JJ" Doe'),
        (5, "joe@example.org", "Joe"),
    ]


def test_blank_rows_are_skipped_but_counted() -> None:
    data = b"email,name\n\n,\njane@example.org,Jane\n\n"
    assert brief(from_file(data)) == [(4, "jane@example.org", "Jane")]


def test_invalid_row_is_returned_with_its_original_text() -> None:
    data = b"email,name\njane@example,Jane\n,Joe\nann@example.org; ann@example.net,Ann\n"
    assert [(one.line, one.raw, one.fault) for one in from_file(data)] == [
        (2, "jane@example", Fault.NOT_AN_ADDRESS),
        (3, "Joe", Fault.NO_ADDRESS),
        (4, "ann@example.org; ann@example.net", Fault.SEVERAL_ADDRESSES),
    ]


def test_text_file_of_mailboxes_is_read_as_an_email_program_writes_it() -> None:
    data = b'"Doe, Jane" <jane@example.org>;\nJoe <joe@example.org>\n'
    assert brief(from_file(data)) == [
        (1, "jane@example.org", "Doe, Jane"),
        (2, "joe@example.org", "Joe"),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("jane@example.org", [(1, "jane@example.org", "")]),
        (
            "jane@example.org, joe@example.org;ann@example.org\nbob@example.org",
            [
                (1, "jane@example.org", ""),
                (1, "joe@example.org", ""),
                (1, "ann@example.org", ""),
                (2, "bob@example.org", ""),
            ],
        ),
        (
            "Doe, Jane <jane@example.org>; Roe, Joe <joe@example.org>",
            [(1, "jane@example.org", "Jane Doe"), (1, "joe@example.org", "Joe Roe")],
        ),
        ('"Doe, Jane" <jane@example.org>', [(1, "jane@example.org", "Doe, Jane")]),
        ("<mailto:jane@example.org>", [(1, "jane@example.org", "")]),
        ("jane@example.org (Jane Doe)", [(1, "jane@example.org", "Jane Doe")]),
        ("Name\tE-mail\nJane Doe\tjane@example.org", [(2, "jane@example.org", "Jane Doe")]),
        ("Jane Doe\tjane@example.org", [(1, "jane@example.org", "Jane Doe")]),
        ("\u200bjane@example.org\u00a0", [(1, "jane@example.org", "")]),
        (
            "\n\njane@example.org\nJoe Roe\n",
            [(3, "jane@example.org", ""), (4, Fault.NO_ADDRESS, "")],
        ),
        (
            "Jane <jane@example.org>, Joe Roe",
            [(1, "jane@example.org", "Jane"), (1, Fault.NO_ADDRESS, "")],
        ),
    ],
)
def test_pasted_text_is_read_as_people_write_it(
    text: str, found: list[tuple[int, str, str]]
) -> None:
    assert brief(list(read_pasted(text))) == found


@pytest.mark.parametrize(
    ("begin", "hint"),
    [
        (b"PK\x03\x04....[Content_Types].xml", "Excel workbook (.xlsx)"),
        (b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "OpenDocument"),
        (b"PK\x03\x04photos/one.jpg", "ZIP file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel workbook"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"<html><table><tr><td>jane@example.org", "web page"),
    ],
)
def test_file_of_another_type_is_refused_by_its_name(begin: bytes, hint: str) -> None:
    assert hint in refusal_of(begin + b"\0\1\2" * 50)


def test_refusal_of_a_workbook_says_what_to_do() -> None:
    assert "save it as CSV UTF-8" in refusal_of(
        b"PK\x03\x04\x14\0\6\0[Content_Types].xml" + b"\0" * 90
    )


@pytest.mark.parametrize("nothing", [b"", b"\n\n  \r\n", b"\xef\xbb\xbf", b"email,name\n", b",,\n"])
def test_empty_list_is_refused(nothing: bytes) -> None:
    assert refusal_of(nothing) == "This list is empty."


def test_empty_pasted_text_is_refused() -> None:
    with pytest.raises(Invalid):
        list(read_pasted(" \n "))


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ("Zoë,zoe@example.org\n".encode() + b"Ren\xe9,rene@example.org\n", 2),  # two encodings
        (b"a@example.org\r\nb@example.org\r\nc\0d@example.org\r\n", 3),
        (b"a@example.org\nRen\x81e,b@example.org\n", 2),  # not a character of Windows-1252
        ("a@example.org\nb@example.org\n".encode("utf-16") + b"\n", 3),  # half a character
    ],
)
def test_unreadable_characters_are_refused_with_their_line(data: bytes, line: int) -> None:
    assert f"Line {line} has characters" in refusal_of(data)


@pytest.mark.parametrize(
    "data",
    [
        b'email,name\njane@example.org,"Jane\njoe@example.org,Joe\n',
        b'email,name\njane@example.org,"Jane" Doe\n',
        b'email,name\njane@example.org,"' + b"Jane\n" * 40_000,
    ],
)
def test_unclosed_quote_is_refused_with_the_line_it_starts_in(data: bytes) -> None:
    assert "Line 2 has quotation marks" in refusal_of(data)


def test_endless_line_is_refused() -> None:
    assert "Line 2 is too long" in refusal_of(b"email\n" + b"x" * (2 * 1024 * 1024))


def test_file_over_50_mb_is_refused_before_it_is_read() -> None:
    assert "larger than 50 MB" in refusal_of(b"x" * (50 * 1024 * 1024 + 1))


READ_IT = """
import sys
from pathlib import Path
from lms.organizations.staff_list_parser import read_file
with open(sys.argv[1], "rb") as file:
    count = sum(1 for _ in read_file(file))
status = Path("/proc/self/status").read_text().splitlines()
print(count, next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


@pytest.mark.slow
def test_file_of_50_mb_is_read_in_the_memory_of_a_small_one(tmp_path: Path) -> None:
    def read(rows: int) -> tuple[int, int]:
        path = tmp_path / f"{rows}.csv"
        with path.open("w") as file:
            file.write("E-mail;Name\n")
            file.writelines(f"person{row:07}@library.example.org;Pat Doe\n" for row in range(rows))
        done = subprocess.run(
            [sys.executable, "-c", READ_IT, path],
            capture_output=True,
            check=True,
            text=True,
            cwd=Path(__file__).parents[2],
            timeout=PATIENCE_S,
        )
        count, kilobytes = done.stdout.split()
        return int(count), int(kilobytes)

    few, small = read(1_000)
    many, large = read(1_240_000)
    assert (tmp_path / "1240000.csv").stat().st_size > 49 * 1024 * 1024
    assert (few, many) == (1_000, 1_240_000)
    assert large - small < 8 * 1024


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_with_a_message(data: bytes) -> None:
    with suppress(Invalid):
        entries = from_file(data)
        assert entries
        assert all(one.fault or one.email_key for one in entries)


@given(st.text(max_size=200))
def test_any_pasted_text_is_read_or_refused_with_a_message(text: str) -> None:
    with suppress(Invalid):
        for one in read_pasted(text):
            assert one.line >= 1
            assert len(one.raw) <= 200


ADDRESSES = st.lists(
    st.from_regex(r"[a-z]{1,8}[0-9]{0,3}@[a-z]{2,8}\.(org|com)", fullmatch=True),
    min_size=1,
    max_size=30,
)


@given(ADDRESSES, st.sampled_from([", ", "; ", "\n", " ;\r\n"]))
def test_pasted_addresses_are_returned_in_order(addresses: list[str], between: str) -> None:
    assert [one.email for one in read_pasted(between.join(addresses))] == addresses


@given(ADDRESSES, st.sampled_from(",;\t"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_file_returns_every_row_with_its_line(
    addresses: list[str], delimiter: str, encoding: str
) -> None:
    rows = [f"{one}{delimiter}Jane Ö. Doe" for one in addresses]
    data = "\r\n".join([f"E-Mail{delimiter}Name", *rows]).encode(encoding)
    assert brief(from_file(data)) == [
        (line, one, "Jane Ö. Doe") for line, one in enumerate(addresses, 2)
    ]


@pytest.mark.parametrize(
    "word",
    ["x" * 400_000 + "@", "a@" + "." * 200_000 + "@", "(" * 400_000, "<" * 400_000],
    ids=["letters", "dots", "brackets", "angles"],
)
def test_malicious_word_is_treated_as_an_invalid_address(word: str) -> None:
    [entry] = read_pasted(word)
    assert entry.fault in (Fault.NOT_AN_ADDRESS, Fault.NO_ADDRESS)
    assert len(entry.raw) <= 200
