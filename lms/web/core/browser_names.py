"""Browser names: describes a browser in a few words from its User-Agent header."""

from typing import Final

# The first match wins, because most browsers also claim to be others.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_MACHINES: Final = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "a Mac"),
    ("Linux", "Linux"),
)


def describe(user_agent: str) -> str:
    """Return a name such as "Firefox on Windows", or "A browser" if nothing is recognized."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "A browser")
    machine = next((name for sign, name in _MACHINES if sign in user_agent), None)
    return browser if machine is None else f"{browser} on {machine}"
