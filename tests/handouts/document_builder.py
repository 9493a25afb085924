"""Documents built byte by byte, so each part of them can be wrong."""

import io
import zipfile
import zlib
from collections.abc import Mapping

CONTENT = "application/vnd.openxmlformats-officedocument."
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
SLIDES = "http://schemas.openxmlformats.org/presentationml/2006/main"
WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def pdf(
    *extra: bytes,
    catalog: str = "",
    title: str = "",
    size: tuple[float, float] = (612, 792),
    pages: int = 1,
    page: str = "",
    texts: tuple[str, ...] = (),
) -> bytes:
    """Build a PDF: catalog, pages, information, then the extra objects from 10 on."""
    kids = " ".join(f"{100 + number} 0 R" for number in range(pages))
    draw = b"1 0 0 rg 0 0 300 792 re f"
    objects = {
        1: f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        2: f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        3: f"<< /Title ({title}) >>".encode(),
        4: stream(b"", draw),
        5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    }
    objects |= {10 + place: each for place, each in enumerate(extra)}
    box = f"[0 0 {size[0]} {size[1]}]"
    for number in range(pages):
        said = texts[number] if number < len(texts) else ""
        body = 100 + pages + number if said else 4
        if said:
            objects[body] = stream(b"", draw + written(said))
        objects[100 + number] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox {box} /Contents {body} 0 R"
            f" /Resources << /Font << /F1 5 0 R >> >> {page} >>"
        ).encode()
    return assembled(objects)


def written(text: str) -> bytes:
    """Return page content that draws a text line by line."""
    lines = [line.encode("cp1252").replace(b"(", b"\\(") for line in text.split("\n")]
    shown = b" Tj 0 -40 Td ".join(b"(" + line + b")" for line in lines)
    return b"\n0 g BT /F1 32 Tf 40 700 Td " + shown + b" Tj ET"


def stream(head: bytes, data: bytes) -> bytes:
    """Return a stream with the entries of `head`."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), head, data)


def assembled(objects: Mapping[int, bytes]) -> bytes:
    """Join objects into a PDF file with its cross-reference table."""
    out, places = bytearray(b"%PDF-1.7\n"), {}
    for number, body in sorted(objects.items()):
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table, last = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % last
    for number in range(1, last):
        kind = b"n" if number in places else b"f"
        out += b"%010d %05d %s \n" % (places.get(number, 0), 0, kind)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 3 0 R >>\n" % last
    return bytes(out) + b"startxref\n%d\n%%%%EOF" % table


def locked() -> bytes:
    """Return a PDF that opens only with a password."""
    key = b"<28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a>"
    lock = b"<< /Filter /Standard /V 1 /R 2 /P -4 /O %s /U %s >>" % (key, key)
    return pdf(lock).replace(
        b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 10 0 R /ID [<00112233> <00112233>]"
    )


def script_in_packed_objects() -> bytes:
    """Return a PDF with a script in a compressed object stream."""
    packed = zlib.compress(b"12 0 << /S /JavaScript /JS (app.alert(1)) >>")
    head = b"/Type /ObjStm /N 1 /First 5 /Filter /FlateDecode"
    return pdf(stream(head, packed))


def archive(parts: Mapping[str, bytes | str], *, packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP archive of the parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as made:
        for name, data in parts.items():
            made.writestr(name, data)
    return out.getvalue()


def types(kind: str, body: str, *more: str) -> str:
    """Return the content types of the parts, with that of the main part."""
    return (
        f'<?xml version="1.0"?><Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{body}" ContentType="{kind}"/>{"".join(more)}</Types>'
    )


def links(*said: tuple[str, str, str] | tuple[str, str, str, str]) -> str:
    """Return relations of a part: id, type, target, and "External" for external ones."""
    rows = "".join(
        f'<Relationship Id="{each[0]}" Type="{RELATIONS}/{each[1]}" Target="{each[2]}"'
        + (f' TargetMode="{each[3]}"/>' if len(each) > 3 else "/>")
        for each in said
    )
    return f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}/relationships">{rows}</Relationships>'


def core(title: str) -> str:
    """Return the core properties of a document."""
    return (
        f'<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></cp:coreProperties>'
    )


def pptx_parts(*slides: str, title: str = "") -> dict[str, bytes | str]:
    """Return the parts of a presentation; each slide has the lines of a text as paragraphs."""
    body = "ppt/presentation.xml"
    ids = "".join(f'<p:sldId id="{256 + n}" r:id="s{n}"/>' for n in range(len(slides)))
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": types(CONTENT + "presentationml.presentation.main+xml", body),
        "_rels/.rels": links(("r1", "officeDocument", body)),
        body: f'<p:presentation xmlns:p="{SLIDES}" xmlns:r="{RELATIONS}"><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>',
        # file names are in a different order than the slides
        "ppt/_rels/presentation.xml.rels": links(
            *((f"s{n}", "slide", f"slides/slide{len(slides) - n}.xml") for n in range(len(slides)))
        ),
        "docProps/core.xml": core(title),
    }
    for number, text in enumerate(slides):
        said = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in text.split("\n"))
        parts[f"ppt/slides/slide{len(slides) - number}.xml"] = (
            f'<p:sld xmlns:p="{SLIDES}" xmlns:a="{DRAWING}"><p:cSld>{said}</p:cSld></p:sld>'
        )
    return parts


def pptx(*slides: str, title: str = "", more: Mapping[str, bytes | str] | None = None) -> bytes:
    """Return a presentation with optional additional parts."""
    return archive({**pptx_parts(*slides, title=title), **(more or {})})


def docx_parts(*paragraphs: str, inside: str = "") -> dict[str, bytes | str]:
    """Return the parts of a Word document; `inside` is put after the paragraphs unchanged."""
    body = "word/document.xml"
    said = "".join(f"<w:p><w:r><w:t>{each}</w:t></w:r></w:p>" for each in paragraphs)
    return {
        "[Content_Types].xml": types(CONTENT + "wordprocessingml.document.main+xml", body),
        "_rels/.rels": links(("r1", "officeDocument", body)),
        body: f'<w:document xmlns:w="{WORDS}"><w:body>{said}{inside}</w:body></w:document>',
        "word/_rels/document.xml.rels": links(),
    }


def docx(
    *paragraphs: str, inside: str = "", more: Mapping[str, bytes | str] | None = None
) -> bytes:
    """Return a Word document with optional additional parts."""
    return archive({**docx_parts(*paragraphs, inside=inside), **(more or {})})
