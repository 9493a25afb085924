"""Number parsing and formatting: whole numbers from forms and URLs, and in tables."""


def read_figures(text: str, most: int) -> int | None:
    """Return the number that plain figures say; None for anything else, and for more than `most`."""
    figures = text.lstrip("0") or text[-1:]
    if not (text.isascii() and text.isdecimal() and len(figures) <= len(str(most))):
        return None
    number = int(figures)
    return number if number <= most else None


def counted(number: int) -> str:
    """Write a number as tables do: `18,204`."""
    return f"{number:,}"
