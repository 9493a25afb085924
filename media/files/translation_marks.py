"""Translation marks: mark sentences for translators; callers translate them."""


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's tools look for
    """Return the text unchanged; pybabel finds it by this function's name."""
    return text
