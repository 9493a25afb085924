"""Markdown from staff: converted to clean HTML for pages and plain text for search."""

import re
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

_ALLOWED = (
    "p br strong em s a ul ol li blockquote code pre hr h3 h4 h5 h6 table thead tbody tr th td"
)
TAGS = frozenset(_ALLOWED.split())
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = frozenset({"http", "https", "mailto"})
LEVELS_BELOW_THE_PAGE = 2  # a page has its own h1 and h2
DEEPEST = 6


def to_html(source: str) -> str:
    """Return HTML that is safe in a page: no script, style, picture or other attribute.

    Headings start at h3, below the page's own.
    """
    tokens = _parser().parse(source)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            level = min(int(token.tag[1]) + LEVELS_BELOW_THE_PAGE, DEEPEST)
            token.tag = f"h{level}"
    return _clean(_parser().renderer.render(tokens, _parser().options, {}))


def to_inline_html(source: str) -> str:
    """Return clean HTML that fits inside a paragraph: emphasis, links, code and line breaks.

    A blank line in the source becomes two line breaks. Lists and headings stay as they were typed.
    """
    stripped = "\n".join(line.strip() for line in source.strip().splitlines())
    lines = re.sub(r"\n{3,}", "\n\n", stripped).split("\n")
    return _clean("<br>".join(_parser().renderInline(line) for line in lines))


def to_words(source: str) -> str:
    """Return only the words, in one line."""
    return " ".join(" ".join(_words(_parser().parse(source))).split())


def _clean(rendered: str) -> str:
    return nh3.clean(
        rendered,
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        url_schemes=set(SCHEMES),
        link_rel="noopener",
    )


def _words(tokens: list[Token]) -> list[str]:
    found: list[str] = []
    for token in tokens:
        if token.children is not None:
            found.append("".join(_inline(token.children)))
        elif token.content:
            found.append(token.content)
    return found


def _inline(tokens: list[Token]) -> list[str]:
    return [" " if token.type in ("softbreak", "hardbreak") else token.content for token in tokens]


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
