"""Number parsing and formatting: reads whole numbers from forms and URLs, and formats them for tables."""


def read_figures(text: str, most: int) -> int | None:
    """Return the number written in ASCII digits, or None for other text or a number above `most`."""
    # Compare lengths before int(), whose time grows with the length of the text.
    figures = text.lstrip("0") or text[-1:]
    if not (text.isascii() and text.isdecimal() and len(figures) <= len(str(most))):
        return None
    number = int(figures)
    return number if number <= most else None


def counted(number: int) -> str:
    """Return a number with thousands separators: `18,204`."""
    return f"{number:,}"
