"""Rendering: an email's subject and bodies from its template, in a language, with our team's words."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from sqlalchemy.orm import Session

from lms.branding import read_branding
from lms.core.accent_colors import light_accent
from lms.core.languages import Language, language, read_language, say_again
from lms.core.model_base import CROCKFORD
from lms.mail.edits import NO_EDITS, Edits, translated, translated_number

# In templates, `data-text="none"` leaves an element out of the text, `data-text="--"` begins the signature.
UNSEEN: Final = "none"
SIGNATURE: Final = "--"
_PARAGRAPHS: Final = frozenset({"p", "div", "h1", "h2", "h3", "ul", "ol", "table", "blockquote"})
_LINES: Final = {"br": "\n", "tr": "\n", "li": "\n- "}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._unseen = ""  # the tag of an element that is left out, while it is open
        self._keeps_lines = False
        self._link = ("", 0)  # its address, and where its words begin

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._unseen:
            return
        if given.get("data-text") == UNSEEN:
            self._unseen = tag
            return
        if tag == "a":
            self._link = (given.get("href") or "", len(self.said))
        self._keeps_lines = "pre-line" in (given.get("style") or "")
        self.said.append("\n\n" if tag in _PARAGRAPHS else _LINES.get(tag, ""))
        if given.get("data-text") == SIGNATURE:
            self.said.append("--\n")

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            self._unseen = "" if tag == self._unseen else self._unseen
            return
        if tag == "a":
            self._end_link()
        self._keeps_lines = False
        self.said.append("\n\n" if tag in _PARAGRAPHS else "")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.said.append(data if self._keeps_lines else re.sub(r"\s+", " ", data))

    def _end_link(self) -> None:
        href, start = self._link
        words = "".join(self.said[start:]).strip()
        if not words:
            self.said.append(href)
        if words in href:  # an address, or one to write to
            return
        begins_line = "".join(self.said[:start]).rstrip(" ").endswith("\n")
        self.said.append(f":\n{href}\n" if begins_line else f" ({href})")


TEMPLATES: Final = Path(__file__).resolve().parents[2] / "templates"
TEMPLATE_KINDS: Final = (".html", ".xml")
LONGEST_SUBJECT: Final = 300
ID_PART: Final = f"[{CROCKFORD.upper()}]{{4}}"
BULK_FOOTER: Final = "<!-- bulk footer -->"
NUMBER: Final = re.compile(
    rf"(?<![\w/-])(?:(?:[A-Z]+-)?\d+(?:-\d+)+|{ID_PART}-{ID_PART})(?![\w/-])"
)
# The text of a link that shows its address; without break points, mail programs break inside words.
ADDRESS: Final = re.compile(r"(>https?://[^<>\s/]+)(/[^<>\s]+)(?=<)")
PART_ENDS: Final = re.compile(r"(?:&amp;|[/?=._-])(?=[^/])")
LOGO: Final = "<!-- logo -->"


class ReadTemplates(BaseLoader):
    """Templates as they are when a process starts: an upgrade replaces the files under running ones."""

    def __init__(self, folder: Path, under: str = "") -> None:
        self._folder = folder
        self._sources = {
            path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
            for path in (folder / under).rglob("*.*")
            if path.suffix in TEMPLATE_KINDS
        }

    def get_source(
        self, _environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        """Return a template's source, and the path of its file for tracebacks."""
        if template not in self._sources:
            raise TemplateNotFound(template)
        return self._sources[template], str(self._folder / template), lambda: True

    def list_templates(self) -> list[str]:
        """Return the names of all templates."""
        return sorted(self._sources)


@dataclass(frozen=True, slots=True)
class MailBranding:
    """The branding that an email shows; the colors are #rrggbb."""

    name: str
    contact_email: str
    accent: str
    on_accent: str


@dataclass(frozen=True, slots=True)
class Written:
    """The subject and the two bodies of an email."""

    subject: str
    text: str
    html: str


def write(
    branding: MailBranding, kind: str, subject: str, values: Mapping[str, object], edits: Edits
) -> Written:
    """Return the subject and body of an email with our team's words; `values` include the recipient.

    The language is that of the moment. Raises KeyError, TypeError or ValueError for words that can't be used.
    """
    values, subject = say_again((values, subject))
    spoken = language()
    if spoken is not Language.ENGLISH:
        edits = NO_EDITS  # our team writes in English
    line = _one_line(edits.subject_of(subject, values, house=branding.name))
    given = {
        "preheader": "",
        "action_url": "",
        "action_label": "",
        "calendar": None,
        **values,
        "subject": line,
        "branding": branding,
        "language": spoken,
        "edits": edits,
    }
    html = environment().get_template(f"mail/messages/{kind}.html").render(given)
    return Written(line, text_of(html), _with_line_breaks(html))


_OF_EMAILS: Final = ReadTemplates(TEMPLATES, "mail")


@cache
def environment() -> Environment:
    """Return the environment of the templates of emails."""
    made = Environment(
        loader=_OF_EMAILS,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    install: Any = made.install_gettext_callables  # type: ignore[attr-defined]  # the extension's
    install(translated, translated_number, newstyle=True)
    return made


def _with_line_breaks(html: str) -> str:
    """Return an email in which an address breaks between its parts, and a number such as 2026-0412 doesn't."""
    head, body, rest = html.partition("<body")
    rest = ADDRESS.sub(lambda found: found[1] + PART_ENDS.sub(r"\g<0><wbr>", found[2]), rest)
    whole = r'<span style="white-space: nowrap">\g<0></span>'
    texts = re.sub(r">[^<>]*<", lambda text: NUMBER.sub(whole, text[0]), rest)
    return f"{head}{body}{texts}"


def mail_branding(session: Session) -> MailBranding:
    """Return the branding that emails show."""
    facts = read_branding(session, contact="")
    accent = light_accent(facts.accent)
    return MailBranding(
        name=facts.name,
        contact_email=facts.contact_email,
        accent=accent.color,
        on_accent=accent.on,
    )


def bulk_footer(
    mail: str, address: str, unsubscribe: str, *, is_subscribed_to: bool
) -> tuple[str, str]:
    """Return the end of a bulk email, as text and as HTML that replaces BULK_FOOTER.

    `mail` is its HTML, which names its language. `address` is the seller's postal address and
    `unsubscribe` the link; either may be empty. An email that `is_subscribed_to` links to the
    recipient's subscriptions.
    """
    written_in = re.search(r'<html lang="([^"]+)"', mail)
    given = {
        "address": address,
        "unsubscribe": unsubscribe,
        "is_subscribed_to": is_subscribed_to,
        "language": read_language(written_in and written_in[1]) or Language.ENGLISH,
    }
    html = environment().get_template("mail/messages/_bulk_footer.html").render(given)
    return text_of(html), html


def logo_image(url: str) -> str:
    """Return the seller's logo as HTML that replaces LOGO; their name is beside it as text."""
    return environment().get_template("mail/messages/_logo.html").render({"url": url})


def _one_line(text: str) -> str:
    # a line break in a header would start another header
    return re.sub(r"[\s\x00-\x1f\x7f]+", " ", text).strip()[:LONGEST_SUBJECT]


def text_of(html: str) -> str:
    """Return an email's text: paragraphs apart, lists with dashes, and each link after its words."""
    reader = _Reader()
    reader.feed(html[max(0, html.find("<body")) :])
    reader.close()
    lines = (re.sub(" +", " ", line).strip() for line in "".join(reader.said).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
