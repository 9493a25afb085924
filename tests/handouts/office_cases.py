"""Odd and hostile presentations and Word documents."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

from media.documents.document_check import (
    ACTIVE,
    BOMB,
    BROKEN,
    DTD,
    LINKED,
    LINKS,
    LOCKED,
    MACROS,
    NO_SLIDES,
    OTHER_OFFICE,
    OTHER_ZIP,
)
from media.files.file_types import OLD_OFFICE, OLD_OR_LOCKED
from tests.handouts.document_builder import (
    CONTENT,
    archive,
    docx,
    docx_parts,
    links,
    pdf,
    pptx,
    pptx_parts,
    types,
)
from tests.handouts.odd_document import Odd, taken


def bomb() -> bytes:
    """Return a presentation whose picture unpacks to more than a gigabyte."""
    out = io.BytesIO(pptx("Hello"))
    made = zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED)
    with made, made.open("ppt/media/image1.bmp", "w", force_zip64=True) as part:
        for _ in range(65):
            part.write(bytes(16 << 20))
    return out.getvalue()


def lying_bomb() -> bytes:
    """Return a presentation whose directory says that its 64 MB picture has a hundred bytes."""
    whole = archive({**pptx_parts("Hello"), "ppt/media/image1.bmp": bytes(64 << 20)})
    return whole.replace(struct.pack("<L", 64 << 20), struct.pack("<L", 100))


def shared_bytes() -> bytes:
    """Return a presentation with a thousand parts that share the same bytes in the file."""
    out = io.BytesIO(archive({**pptx_parts("Hello"), "ppt/media/a.bmp": bytes(1 << 20)}))
    with zipfile.ZipFile(out, "a") as made:
        one = made.getinfo("ppt/media/a.bmp")
        for number in range(900):
            other = zipfile.ZipInfo(f"ppt/media/b{number}.bmp")
            other.header_offset, other.CRC = one.header_offset, one.CRC
            other.compress_size, other.file_size = one.compress_size, one.file_size
            other.compress_type = one.compress_type
            made.filelist.append(other)
        made._didModify = True
    return out.getvalue()


def repacked(data: bytes, most: int = 20) -> bytes:
    """Return nested archives, each with the previous one as its part."""
    for _ in range(most):
        data = archive({"inner.zip": data}, packed=zipfile.ZIP_STORED)
    return data


def nested_bomb() -> bytes:
    """Return a presentation with an embedded sheet that unpacks to more than a gigabyte."""
    vast = {f"xl/{number}.bin": bytes(128 << 20) for number in range(9)}
    return pptx("Hello", more={"ppt/embeddings/sheet1.xlsx": archive(vast)})


def going_on() -> bytes:
    """Return a presentation whose picture is longer than both its headers say."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    begin = packer.compress(bytes(100)) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = begin + packer.compress(bytes(64 << 20)) + packer.flush()
    whole = archive({**pptx_parts("Hello"), "ppt/media/image1.bmp": packed}, packed=0)
    stored = struct.pack("<LLL", zlib.crc32(packed), len(packed), len(packed))
    said = struct.pack("<LLL", zlib.crc32(bytes(100)), len(packed), 100)
    local, _, directory = whole.replace(stored, said).rpartition(b"PK\x01\x02")
    deflated = struct.pack("<H", zipfile.ZIP_DEFLATED)
    out = local.rpartition(b"PK\x03\x04")
    assert directory
    last = out[2][:4] + deflated + out[2][6:]
    return out[0] + out[1] + last + b"PK\x01\x02" + directory[:6] + deflated + directory[8:]


def two_headers() -> bytes:
    """Return a presentation with a part whose size differs between its header and the directory."""
    whole = pptx("Hello", more={"ppt/media/a.bmp": bytes(5000)})
    one = struct.pack("<L", 5000)
    return whole.replace(one, struct.pack("<L", 5), 1)


def many_parts() -> bytes:
    return archive({**pptx_parts("Hello"), **{f"x/{n}": b"" for n in range(25_000)}})


def long_xml() -> bytes:
    return pptx("Hello", more={"ppt/big.xml": b" " * (70 << 20)})


LAUGHS = (
    '<!DOCTYPE p [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {new} "{f"&{old};" * 10}">'
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


def laughs() -> bytes:
    parts = docx_parts("Hello")
    parts["word/document.xml"] = LAUGHS + "<p>&i;</p>"
    return archive(parts)


def passwords() -> bytes:
    """Return a presentation whose archive marks its parts as encrypted."""
    return pptx("Hello").replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00"
    )


def with_type(kind: str) -> Callable[[], bytes]:
    return lambda: archive(
        {**pptx_parts("Hello"), "[Content_Types].xml": types(kind, "ppt/presentation.xml")}
    )


def linked(*relation: str) -> Callable[[], bytes]:
    """Make a document with an external relation."""
    said = links(("x", *relation, "External"))  # type: ignore[arg-type]
    return lambda: docx("Hello", more={"word/_rels/settings.xml.rels": said})


def linking(target: str, kind: str = "hyperlink") -> Callable[[], bytes]:
    """Make a presentation whose slide links to an external target."""
    said = links(
        ("x", kind, target, "External"), ("y", "hyperlink", "https://a.example", "External")
    )
    return lambda: pptx("One", more={"ppt/slides/_rels/slide1.xml.rels": said})


def with_dtd(name: str, encoding: str = "utf-8") -> Callable[[], bytes]:
    """Make a presentation with an additional part that declares a document type."""
    said = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    return lambda: pptx("One", more={name: said.encode(encoding)})


def instructed(field: str) -> str:
    return f"<w:p><w:r><w:instrText>{field}</w:instrText></w:r></w:p>"


def field(instruction: str, result: str = "") -> str:
    """Return a field as Word writes it; `result` is the text between its marks."""
    marks = (
        f'<w:r><w:fldChar w:fldCharType="{each}"/></w:r>' for each in ("begin", "separate", "end")
    )
    begin, separate, end = marks
    return f"{begin}{instructed(instruction)}{separate}{result}{end}"


OFFICE_CASES: tuple[Odd, ...] = (
    Odd("a presentation cut in half", "slides.pptx", lambda: pptx("One" * 999)[:900], BROKEN),
    Odd("a presentation without slides", "slides.pptx", pptx, NO_SLIDES),
    Odd("a ZIP archive", "slides.pptx", lambda: archive({"slides.pdf": pdf()}), OTHER_ZIP),
    Odd(
        "a spreadsheet",
        "table.pptx",
        with_type(CONTENT + "spreadsheetml.sheet.main+xml"),
        OTHER_OFFICE,
    ),
    Odd(
        "an old or locked Office file", "slides.ppt", lambda: OLD_OFFICE + bytes(999), OLD_OR_LOCKED
    ),
    Odd("an archive under a password", "slides.pptx", passwords, LOCKED),
    Odd(
        "macros by the file's type",
        "slides.pptx",
        with_type("application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml"),
        MACROS,
    ),
    Odd(
        "macros in a part",
        "words.docx",
        lambda: docx("Hello", more={"word/vbaProject.bin": OLD_OFFICE}),
        MACROS,
    ),
    Odd(
        "a template from elsewhere",
        "words.docx",
        linked("attachedTemplate", "http://evil.example/t.dotm"),
        LINKED,
    ),
    Odd(
        "an object from elsewhere",
        "words.docx",
        linked("oleObject", "mhtml:http://evil.example"),
        LINKED,
    ),
    Odd(
        "a picture from elsewhere",
        "words.docx",
        linked("image", "http://evil.example/1.png"),
        LINKED,
    ),
    Odd(
        "a link to the web in Word",
        "words.docx",
        linked("hyperlink", "https://a.example"),
        taken("docx"),
    ),
    Odd(
        "a link to an email address on a slide",
        "slides.pptx",
        linking("mailto:jo@library.example"),
        taken("pptx", 1),
    ),
    *(
        Odd(name, "slides.pptx", linking(*to), taken("pptx", 1, "links"))
        for name, to in (
            ("a slide's link to a server's folder", ("file://evil.example/share",)),
            ("a slide's link to a Windows share", ("\\\\evil\\share",)),
            ("a slide's link that is a script", ("javascript:alert(1)",)),
            ("a slide's link to a program", ("file:///C:/Windows/calc.exe",)),
            ("a slide's film on a server", ("file://evil.example/a.mp4", "video")),
        )
    ),
    Odd(
        "a link to a server's folder in Word",
        "words.docx",
        linked("hyperlink", "file://evil.example/share"),
        taken("docx", 0, "links"),
    ),
    Odd(
        "a link to a server that claims to be inside",
        "words.docx",
        lambda: docx(
            "Hello",
            more={"word/_rels/header1.xml.rels": links(("x", "hyperlink", "file://evil/a"))},
        ),
        taken("docx", 0, "links"),
    ),
    Odd(
        "a field that links to a server",
        "words.docx",
        lambda: docx("Hello", inside=instructed('HYPERLINK \\o "Read" "file://evil.example/a"')),
        LINKS,
    ),
    Odd(
        "a field in a header that links to a server",
        "words.docx",
        lambda: docx(
            "Hello",
            more={
                "word/header1.xml": f'<w:hdr xmlns:w="w">{instructed("HYPERLINK file://e")}</w:hdr>'
            },
        ),
        LINKS,
    ),
    Odd(
        "a shape that links to a server",
        "words.docx",
        lambda: docx("Hello", inside='<w:shape href="\\\\evil\\share"/>'),
        LINKS,
    ),
    Odd(
        "fields that link within and to the web",
        "words.docx",
        lambda: docx(
            "Hello",
            inside=field('HYPERLINK \\l "_Toc1"', field("PAGEREF _Toc1 \\h"))
            + field('HYPERLINK "https://a.example" \\o "Read"')
            + '<w:fldSimple w:instr="HYPERLINK mailto:jo@a.example"/>',
        ),
        taken("docx"),
    ),
    Odd(
        "a field that fetches from a server",
        "words.docx",
        lambda: docx("Hello", inside=field(r'INCLUDEPICTURE "\\\\evil\\share\\a.png"')),
        LINKED,
    ),
    Odd(
        "a field that starts a program",
        "words.docx",
        lambda: docx("Hello", inside=instructed("DDE") + instructed("AUTO cmd /k calc")),
        ACTIVE,
    ),
    Odd(
        "a control of ActiveX",
        "words.docx",
        lambda: docx("Hello", more={"word/activeX/activeX1.xml": "<a/>"}),
        ACTIVE,
    ),
    Odd(
        "a program packed into a slide",
        "slides.pptx",
        lambda: pptx(
            "One", more={"ppt/embeddings/o.bin": OLD_OFFICE + "\x01Ole10Native".encode("utf-16-le")}
        ),
        ACTIVE,
    ),
    Odd("a presentation that unpacks to 1 GB", "slides.pptx", bomb, BOMB),
    Odd("one whose directory lies", "slides.pptx", lying_bomb, BROKEN),
    Odd("one whose parts share their bytes", "slides.pptx", shared_bytes, BOMB),
    Odd("one of 25,000 parts", "slides.pptx", many_parts, BOMB),
    Odd("one part of 70 MB of XML", "slides.pptx", long_xml, BOMB),
    Odd("one whose part goes on behind its size", "slides.pptx", going_on, BROKEN),
    Odd("one whose headers disagree", "slides.pptx", two_headers, BROKEN),
    Odd("a sheet packed in that unpacks to 1 GB", "slides.pptx", nested_bomb, BOMB),
    Odd(
        "archives in archives",
        "slides.pptx",
        lambda: pptx("Hello", more={"ppt/embeddings/a.bin": repacked(b"")}),
        BOMB,
    ),
    Odd(
        "a sheet packed into a slide",
        "slides.pptx",
        lambda: pptx("Hello", more={"ppt/embeddings/a.xlsx": docx("1", "2")}),
        taken("pptx", 1),
    ),
    Odd("XML whose entities multiply", "words.docx", laughs, DTD),
    Odd("a document type in a theme", "slides.pptx", with_dtd("ppt/theme/theme1.xml"), DTD),
    Odd("one in wide letters", "slides.pptx", with_dtd("ppt/custom.xml", "utf-16"), DTD),
    Odd("one in a part's relations", "slides.pptx", with_dtd("ppt/_rels/a.xml.rels"), DTD),
    Odd("one in a drawing", "slides.pptx", with_dtd("ppt/drawings/vmlDrawing1.vml"), DTD),
    Odd(
        "a part outside its folder",
        "slides.pptx",
        lambda: pptx("One", more={"../../etc/cron.d/x": "* * * * * root sh"}),
        BROKEN,
    ),
)
